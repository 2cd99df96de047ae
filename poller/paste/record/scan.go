package record

import (
	"regexp"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/word"
)

// scanner reads the words, keys and groups of a line. A group stands in brackets, as in
// JSON and in what other languages print of their values, and may go on in the next lines.
type scanner struct {
	p          *Reading
	lines      []lines.Line
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
	r   *Record
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
	// lookahead bounds how far it is looked whether a bracket opens a group, and maxKey
	// the length of a key in a line, in bytes.
	lookahead, maxKey = 80, 48
	// maxDepth bounds how deep groups are nested: deeper brackets are passed over.
	maxDepth = 100
)

// has reports whether a byte is one of a set.
func has(set string, b byte) bool { return strings.IndexByte(set, b) >= 0 }

// byteAt returns a byte of the line, a space outside of it.
func (s *scanner) byteAt(at int) byte {
	if at < 0 || at >= len(s.text) {
		return ' '
	}
	return s.text[at]
}

// items reads what stands in a line, or in a group up to its closing bracket.
func (s *scanner) items(r *Record) {
	l := &level{r: r}
	for s.skip() {
		switch b := s.text[s.pos]; {
		case s.depth > 0 && has(closing, b):
			s.pos++
			s.end(l)
			return
		case has(",;|", b):
			s.pos++
			s.end(l)
		case s.opens():
			s.group(l)
		case has(quotes, b) && s.quoted(l, b):
		case has(":=", b) || s.depth > 0 && has(">"+opening, b):
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
	s.p.put(l.r, Value{Key: l.key, Text: text, Line: s.lines[s.at].Number, Assigned: l.assigned})
	*l = level{r: l.r, follows: true}
}

// await notes the key whose value follows a separator.
func (s *scanner) await(l *level, key string, separator int) {
	s.end(l)
	if s.depth > 0 {
		l.r.Form = Object
	} else if l.r.empty() {
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
	trimmed := word.TrimBlanks(rest)
	if trimmed == "" || !has(":=-", trimmed[0]) || strings.HasPrefix(trimmed, "::") {
		return 0
	}
	for _, sign := range []string{"=>", "->", ":=", "==", "=", ":"} {
		if after, ok := strings.CutPrefix(trimmed, sign); ok {
			if s.depth == 0 && after != "" && !has(" \t\"'"+opening, after[0]) && (sign == ":" || len(trimmed) < len(rest)) {
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
	r := &Record{Form: List, Key: l.key, Line: s.lines[s.at].Number}
	if s.text[s.pos] == '(' {
		r.Form = Row
	}
	s.pos++
	s.depth++
	s.items(r)
	s.depth--
	single := r.Form != Object && len(r.Values) == 1 && len(r.Inner) == 0
	switch n := s.separator(); {
	case single && n > 0 && s.depth > 0:
		s.await(l, r.Values[0].Text, n)
	case single && l.named && r.Values[0].Kind == word.Number && l.key != "":
	case single && l.named:
		s.put(l, r.Values[0].Text)
	default:
		s.p.enclose(l.r, r)
		*l = level{r: l.r, follows: true}
	}
}

// groupForm matches what stands in a group that begins with a key.
var groupForm = regexp.MustCompile(`^:?[A-Za-z_@$][\w.@-]{0,60}"?\s?(?:=|:(?:\s|["'\w]|$)|->|\]\s?=>|\s")`)

// opens reports whether a bracket opens a group. In a line it does where a quote, another
// bracket or a key follows; other brackets are punctuation. A key does not do behind a
// parenthesis without a name before it.
func (s *scanner) opens() bool {
	b := s.text[s.pos]
	switch {
	case !has(opening, b) || s.depth >= maxDepth:
		return false
	case s.depth > 0:
		return true
	}
	before, rest := s.byteAt(s.pos-1), word.TrimBlanks(s.text[s.pos+1:min(len(s.text), s.pos+lookahead)])
	switch {
	case before == '$':
		return false
	case rest == "" || has("\"'"+opening, rest[0]):
		return true
	}
	return (b != '(' || word.IsAlnum(before)) && groupForm.MatchString(rest)
}

// quoted reads a quoted text. In a line only a value under a key is one, or a string that
// holds a group.
func (s *scanner) quoted(l *level, q byte) bool {
	quote, inLine := strings.IndexByte(quotes, q), s.depth == 0 && l.key == ""
	if inLine && !has("{[", s.byteAt(s.pos+1)) {
		return false
	}
	end := -1
	if !s.unclosed[quote] {
		end = quoteEnd(s.text, s.pos+1, q)
	}
	content := s.text[s.pos+1 : max(end, s.pos+1)]
	switch {
	case end < 0 && (s.unclosed[quote] || s.depth == 0 || q != '"'):
		s.unclosed[quote] = true
		s.pos++
		return true
	case end < 0:
		content = s.text[s.pos+1:]
		content += s.wrapped()
	case inLine && !has(closing, s.text[end-1]):
		return false
	default:
		s.pos = end + 1
	}
	content = word.Unescape(content)
	if n := s.separator(); n > 0 && l.key == "" && s.depth > 0 {
		s.await(l, content, n)
	} else {
		s.put(l, content)
	}
	return true
}

// word reads a word, or the key that stands before a value.
func (s *scanner) word(l *level) {
	start := s.pos
	for s.pos++; s.pos < len(s.text) && !s.wordEnds(l, start); {
		s.pos++
	}
	raw := s.text[start:s.pos]
	next, n := s.byteAt(s.pos), s.separator()
	if n == 0 && s.depth == 0 && next == ':' {
		n = 1 // request_id:x
	}
	if n > 0 || s.depth == 0 && strings.HasPrefix(raw, "--") {
		if key, ok := s.keyOf(l, raw, n); ok {
			s.await(l, key, n)
			return
		}
	} else if has(opening, next) && s.opens() {
		l.named = true
		return
	}
	s.addWord(l, raw)
}

// addWord adds a word, without what stands around it but the start of a placeholder.
func (s *scanner) addWord(l *level, raw string) {
	w := word.Trim(raw)
	if end := strings.Index(raw, w) + len(w); end < len(raw) && has("{<[$", raw[end]) && word.MayBeAddress(w) {
		w += raw[end : end+1]
	}
	if w != "" && w != "&" && !strings.EqualFold(w, "and") {
		s.put(l, w)
	}
}

// keyOf returns the key that a word before a separator of n bytes is, and whether it is one:
// in a line the first word, any before an equals sign, and a known one before a colon or as
// a flag. The word before it may be a part of it, as in Request ID.
func (s *scanner) keyOf(l *level, raw string, n int) (key string, ok bool) {
	key = strings.TrimLeft(strings.Trim(raw, word.Around), "-@$")
	if s.depth > 0 {
		return key, l.key == "" && (word.IsKey(key) || word.IDShape(key).IsID())
	} else if !word.IsKey(key) {
		return "", false
	}
	class, last := s.p.ClassOf(key), len(l.r.Values)-1
	if l.follows && n > 0 && last >= 0 && l.r.Values[last].Key == "" {
		if both := l.r.Values[last].Text + " " + key; isBetter(word.ClassOf(both), class) {
			l.r.Values = l.r.Values[:last]
			return both, true
		}
	}
	first := n > 0 && l.r.empty() && l.key == ""
	return key, first || class.IsKnown() || strings.Contains(s.text[s.pos:s.pos+n], "=")
}

// isBetter reports whether a key of two words says more than the second word alone.
func isBetter(both, single word.Class) bool {
	return both <= word.IDKey && both < single || both == word.OtherKey && single >= word.IDKey || both == word.EndpointKey && single == word.PlainKey
}

// wordEnds reports whether a word that began at start ends here. In a group a sign ends a
// key, but is a part of a value.
func (s *scanner) wordEnds(l *level, start int) bool {
	switch b := s.text[s.pos]; {
	case word.IsAlnum(b) || b == '_' || b == '-' || b == '.' || b == '/':
		return false
	case has(" \t\r,;|", b):
		return true
	case b == '=' || b == ':':
		return s.keyEnds(l, b, start)
	case s.depth == 0:
		return s.opens()
	default:
		return has("{}[]()\"`", b)
	}
}

// keyEnds reports whether a sign in a word that began at start ends a key.
func (s *scanner) keyEnds(l *level, sign byte, start int) bool {
	next := s.byteAt(s.pos + 1)
	if s.depth > 0 {
		return l.key == "" && word.IsLetter(s.text[start]) && next != ':' && !strings.HasPrefix(s.text[s.pos+1:], "//") || sign == '=' && next == '>'
	}
	key := strings.Trim(s.text[start:s.pos], word.Around+"-")
	if sign == '=' {
		return len(key) < maxKey && word.IsKey(key)
	}
	return s.separator() > 0 || len(key) < maxKey && next != '/' && next != ':' && s.p.ClassOf(key).IsKnown()
}
