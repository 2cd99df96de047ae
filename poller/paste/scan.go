package paste

import (
	"regexp"
	"strings"
)

// scanner reads the words, keys and groups of a line. A group stands in brackets, as in
// JSON and in what other languages print of their values, and may go on in the next lines.
type scanner struct {
	p          *parser
	lines      []line
	at         int    // index of the present line in lines
	text       string // of the present line
	pos, depth int
	// comment says that a comment goes on, and open that a group does not end in the
	// lines that there are.
	comment, open bool
	unclosed      [len(quotes)]bool // quotes that do not close on the present line
}

// level is a line or a group as far as it is read.
type level struct {
	r   *record
	key string // that waits for its value, "" for none
	// assigned says that the key stands before an equals sign, named that a name stands
	// right before the next group, and follows that a value stands before, with no
	// separator behind it.
	assigned, named, follows bool
}

const (
	quotes  = "\"'`"
	opening = "{[("
	closing = "}])"
	// around is what is trimmed off words, aroundCut off ids that are cut short.
	around    = aroundCut + "…"
	aroundCut = "\"'`“”‘’«»„()[]{}<>*•·|,;!?\\"
	// lookahead bounds how far it is looked whether a bracket opens a group, and maxKey
	// the length of a key in a line, in bytes.
	lookahead, maxKey = 80, 48
	// maxDepth bounds how deep groups are nested: deeper brackets are passed over.
	maxDepth = 100
	// mostWrapped bounds how many lines a terminal makes of a quoted text.
	mostWrapped = 20
)

// scan reads a text on one line into a record.
func (p *parser) scan(r *record, text string) {
	(&scanner{p: p, lines: []line{{number: r.line}}, text: text}).items(r)
}

// items reads what stands in a line, or in a group up to its closing bracket.
func (s *scanner) items(r *record) {
	l := &level{r: r}
	for s.skip() {
		switch b := s.text[s.pos]; {
		case s.depth > 0 && strings.IndexByte(closing, b) >= 0:
			s.pos++
			s.end(l)
			return
		case b == ',' || b == ';' || b == '|':
			s.pos++
			s.end(l)
		case s.opens():
			s.group(l)
		case strings.IndexByte(quotes, b) >= 0 && s.quoted(l, b):
		case strings.IndexByte(":=", b) >= 0 || s.depth > 0 && strings.IndexByte(">"+opening, b) >= 0:
			s.pos++
		default:
			s.word(l)
		}
	}
	s.end(l)
}

// end ends a value at a separator. A key that has no value gets an empty one.
func (s *scanner) end(l *level) {
	if l.key != "" {
		s.put(l, "")
	}
	l.follows, l.named = false, false
}

// put adds a value under the key that waits for one.
func (s *scanner) put(l *level, text string) {
	s.p.put(l.r, value{key: l.key, text: text, line: s.lines[s.at].number, assigned: l.assigned})
	*l = level{r: l.r, follows: true}
}

// await notes the key whose value follows a separator.
func (s *scanner) await(l *level, key string, separator int) {
	s.end(l)
	if s.depth > 0 {
		l.r.form = object
	} else if len(l.r.values)+len(l.r.inner) == 0 {
		l.r.lead, l.r.rest = key, s.pos+separator
	}
	l.key, l.assigned = key, strings.Contains(s.text[s.pos:s.pos+separator], "=")
	s.pos += separator
}

// separator returns how long the separator between a key and its value is that stands
// here, 0 for none. In a line one is attached to the key or stands before a space, a quote
// or a group, a colon always so.
func (s *scanner) separator() int {
	rest := s.text[s.pos:min(len(s.text), s.pos+lookahead)]
	trimmed := trimBlanks(rest)
	if trimmed == "" || strings.IndexByte(":=-", trimmed[0]) < 0 || strings.HasPrefix(trimmed, "::") {
		return 0
	}
	for _, sign := range []string{"=>", "->", ":=", "==", "=", ":"} {
		if after, ok := strings.CutPrefix(trimmed, sign); ok {
			if s.depth == 0 && after != "" && strings.IndexByte(" \t\"'{[(", after[0]) < 0 && (sign == ":" || len(trimmed) < len(rest)) {
				return 0
			}
			return len(rest) - len(after)
		}
	}
	return 0
}

// group reads a group. One that holds a single value, as in Some("x"), stands for it, and
// is a key where an arrow follows; a length, as in string(4) "veo3", is left out.
func (s *scanner) group(l *level) {
	r := &record{form: list, key: l.key, line: s.lines[s.at].number}
	if s.text[s.pos] == '(' {
		r.form = row
	}
	s.pos++
	s.depth++
	s.items(r)
	s.depth--
	single := r.form != object && len(r.values) == 1 && len(r.inner) == 0
	switch n := s.separator(); {
	case single && n > 0 && s.depth > 0:
		s.await(l, r.values[0].text, n)
	case single && l.named && r.values[0].kind == number && l.key != "":
	case single && l.named:
		s.put(l, r.values[0].text)
	default:
		s.p.enclose(l.r, r)
		*l = level{r: l.r, follows: true}
	}
}

// groupForm matches a group that begins with a key.
var groupForm = regexp.MustCompile(`^:?[A-Za-z_@$][\w.@-]{0,60}"?\s?(?:=|:(?:\s|["'\w]|$)|->|\]\s?=>|\s")`)

// opens reports whether a bracket opens a group. In a line it does where a quote, another
// bracket or a key follows; other brackets are punctuation. A key does not do behind a
// parenthesis without a name before it.
func (s *scanner) opens() bool {
	b := s.text[s.pos]
	switch {
	case strings.IndexByte(opening, b) < 0 || s.depth >= maxDepth || s.depth == 0 && s.pos > 0 && s.text[s.pos-1] == '$':
		return false
	case s.depth > 0:
		return true
	}
	rest := trimBlanks(s.text[s.pos+1 : min(len(s.text), s.pos+lookahead)])
	if rest == "" || strings.IndexByte("\"'"+opening, rest[0]) >= 0 {
		return true
	}
	return (b != '(' || s.pos > 0 && isAlnum(s.text[s.pos-1])) && !isDigit(rest[0]) && groupForm.MatchString(rest)
}

// quoted reads a quoted text. In a line only a value under a key is one, or a string that
// holds a group.
func (s *scanner) quoted(l *level, q byte) bool {
	quote, inLine := strings.IndexByte(quotes, q), s.depth == 0 && l.key == ""
	if inLine && (s.pos+1 == len(s.text) || strings.IndexByte("{[", s.text[s.pos+1]) < 0) {
		return false
	}
	end, content := -1, ""
	if !s.unclosed[quote] {
		end = quoteEnd(s.text, s.pos+1, q)
	}
	switch {
	case end < 0 && (s.unclosed[quote] || s.depth == 0 || q != '"'):
		s.unclosed[quote] = true
		s.pos++
		return true
	case end < 0:
		content = s.text[s.pos+1:]
		content += s.wrapped()
	case inLine && strings.IndexByte("}]", s.text[end-1]) < 0:
		return false
	default:
		content, s.pos = s.text[s.pos+1:end], end+1
	}
	if strings.IndexByte(content, '\\') >= 0 {
		content = escapes.Replace(content)
	}
	if n := s.separator(); n > 0 && l.key == "" && s.depth > 0 {
		s.await(l, content, n)
	} else {
		s.put(l, content)
	}
	return true
}

// quoteEnd returns where a quote ends, from a place in a text; -1 where it does not.
func quoteEnd(text string, from int, q byte) int {
	for i := from; i < len(text); i++ {
		switch text[i] {
		case q:
			return i
		case '\\':
			i++
		}
	}
	return -1
}

var escapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`, `\/`, `/`, `\n`, "\n", `\r`, "\n", `\t`, "\t",
	`\u0022`, `"`, `\u003d`, "=", `\u0026`, "&", `\u003c`, "<", `\u003e`, ">", `\u002f`, "/", `\u002F`, "/", `\u003D`, "=", `\x22`, `"`)

// word reads a word, or the key that stands before a value.
func (s *scanner) word(l *level) {
	start := s.pos
	for s.pos++; s.pos < len(s.text) && !s.wordEnds(l, start); {
		s.pos++
	}
	raw := s.text[start:s.pos]
	n := s.separator()
	if n == 0 && s.depth == 0 && s.pos < len(s.text) && s.text[s.pos] == ':' {
		n = 1 // request_id:x
	}
	if n > 0 || s.depth == 0 && strings.HasPrefix(raw, "--") {
		if key, ok := s.keyOf(l, raw, n); ok {
			s.await(l, key, n)
			return
		}
	} else if s.pos < len(s.text) && strings.IndexByte(opening, s.text[s.pos]) >= 0 && s.opens() {
		l.named = true
		return
	}
	word := trimWord(raw)
	if end := strings.Index(raw, word) + len(word); end < len(raw) && strings.IndexByte("{<[$", raw[end]) >= 0 && mayBeAddress(word) {
		word += raw[end : end+1] // a placeholder begins
	}
	if word != "" && word != "&" && !strings.EqualFold(word, "and") {
		s.put(l, word)
	}
}

// keyOf returns the key that a word before a separator of n bytes is, and whether it is one:
// in a line the first word, any before an equals sign, and a known one before a colon or as
// a flag. The word before it may be a part of it, as in Request ID.
func (s *scanner) keyOf(l *level, raw string, n int) (key string, ok bool) {
	key = strings.TrimLeft(strings.Trim(raw, around), "-@$")
	if !isKey(key) || s.depth > 0 && l.key != "" {
		return "", false
	}
	class, last := s.p.classOf(key), len(l.r.values)-1
	if s.depth == 0 && l.follows && n > 0 && last >= 0 && l.r.values[last].key == "" {
		both := l.r.values[last].text + " " + key
		if found := findClass(plainKey(both)); found <= classID && found < class || found == classOther && class >= classID || found == classEndpoint && class == classPlain {
			l.r.values = l.r.values[:last]
			return both, true
		}
	}
	first := n > 0 && len(l.r.values)+len(l.r.inner) == 0 && l.key == ""
	return key, first || s.depth > 0 || class.isKnown() || strings.Contains(s.text[s.pos:s.pos+n], "=")
}

// wordEnds reports whether a word that began at start ends here. In a group a sign ends a
// key, but is a part of a value.
func (s *scanner) wordEnds(l *level, start int) bool {
	switch b := s.text[s.pos]; {
	case b == ' ' || b == '\t' || b == '\r' || b == ',' || b == ';' || b == '|':
		return true
	case isAlnum(b) || b == '_' || b == '-' || b == '.' || b == '/':
		return false
	case (b == '=' || b == ':') && s.depth == 0:
		key, next := strings.Trim(s.text[start:s.pos], around+"-"), s.text[s.pos+1:min(len(s.text), s.pos+2)]
		return b == '=' && len(key) < maxKey && isKey(key) || b == ':' && (s.separator() > 0 || len(key) < maxKey && next != "/" && next != ":" && s.p.classOf(key).isKnown())
	case b == '=' || b == ':':
		rest := s.text[s.pos+1:]
		return l.key == "" && isLetter(s.text[start]) && !strings.HasPrefix(rest, "//") && !strings.HasPrefix(rest, ":") || b == '=' && strings.HasPrefix(rest, ">")
	case s.depth == 0:
		return s.opens()
	default:
		return strings.IndexByte("{}[]()\"`", b) >= 0
	}
}

// trimWord returns a word without what stands around it.
func trimWord(word string) string {
	if word == "" || isAlnum(word[0]) && isAlnum(word[len(word)-1]) {
		return word
	}
	if strings.Contains(word, "…") || strings.Contains(word, "...") {
		if cut := strings.Trim(word, aroundCut); isCut(cut) {
			return cut
		}
	}
	if isPlaceholder(word) && !strings.Contains(word, "/") {
		return word
	}
	return strings.TrimLeft(strings.TrimRight(strings.Trim(word, around), ".:"), "+-")
}
