package paste

import (
	"regexp"
	"slices"
	"strings"

	"polltop/poller/paste/lines"
	"polltop/poller/paste/words"
)

// scanner reads the words, keys and groups of a line. A group stands in brackets, as JSON and other
// languages write their values, and may continue in the next lines.
type scanner struct {
	p          *parser
	lines      []*lines.Line
	at         int               // index of the present line in lines
	text       string            // of the present line
	pos, depth int               // the position in text, and how many groups are open
	unfinished bool              // a group does not end in lines
	cutOff     bool              // a group was cut off before its end
	unclosed   [len(quotes)]bool // quotes that are not closed on the present line
}

// level is the state of reading a line or a group.
type level struct {
	r        *record
	key      string // a key that waits for its value, "" for none
	assigned bool   // the key stands before an equals sign
	idNoun   string // the word before ids that says what they are of, "" for none
}

const (
	quotes  = "\"'`"
	opening = "{[("
	closing = "}])"
	// lookahead bounds the text that is searched behind a bracket or a key, maxKey a key in a line, both
	// in bytes, and maxDepth how deep groups are nested.
	lookahead, maxKey, maxDepth = 80, 48, 100
)

func has(set string, b byte) bool { return strings.IndexByte(set, b) >= 0 }

// readItems reads a line, or a group up to its closing bracket.
func (s *scanner) readItems(r *record) {
	l := &level{r: r}
	for s.skipBlanks() {
		switch b := s.text[s.pos]; {
		case s.depth > 0 && has(closing, b):
			s.pos++
			s.end(l)
			return
		case has(",;|", b):
			s.pos++
			s.end(l)
		case s.opens():
			s.readGroup(l)
		case has(quotes, b) && s.readQuoted(l, b):
		case has(":=", b):
			s.pos++
		default:
			s.readWord(l)
		}
	}
	s.end(l)
}

// end adds the key that waits for a value without one.
func (s *scanner) end(l *level) {
	if l.key != "" {
		s.addValue(l, "")
	}
}

// addValue adds a value under the key that waits for one. In a line, a noun such as jobs in jobs ID, ID
// and ID is the key of the ids right behind it.
func (s *scanner) addValue(l *level, text string) {
	noun, field := "", false
	switch {
	case s.depth > 0 || text == "" || words.HasDigit(text) && (l.key != "" || !words.IDKind(text).IsID()):
	case words.HasDigit(text):
		l.key, noun, field = l.idNoun, l.idNoun, strings.Contains(l.idNoun, "_")
	case text == "and":
		noun = l.idNoun
	default:
		if c := s.p.ClassOf(text); c == words.OtherKey || c <= words.TaskKey && l.key == "" {
			noun = text // also as in Authorization: Bearer ID
		}
	}
	s.p.addValue(l.r, value{Key: l.key, Text: text, Line: s.lines[s.at], Assigned: l.assigned, Field: field})
	*l = level{r: l.r, idNoun: noun}
}

// awaitValue sets the key whose value follows a separator of some length.
func (s *scanner) awaitValue(l *level, key string, separator int) {
	s.end(l)
	if s.depth > 0 {
		l.r.Form = object
	} else if len(l.r.Values)+len(l.r.Inner) == 0 {
		l.r.leadKey, l.r.leadRest = key, s.pos+separator
	}
	l.key, l.assigned = key, strings.Contains(s.text[s.pos:s.pos+separator], "=")
	s.pos += separator
}

var separators = []string{"=>", "->", ":=", "==", "=", ":"}

// separator returns the length of the separator between a key and its value at the position, 0 for none.
// In a line a blank, a quote or a group must follow, unless it is an = right behind the key.
func (s *scanner) separator() int {
	rest := s.text[s.pos:min(len(s.text), s.pos+lookahead)]
	next := words.TrimBlanks(rest)
	at := slices.IndexFunc(separators, func(s string) bool { return strings.HasPrefix(next, s) })
	if at < 0 {
		return 0
	}
	n := len(rest) - len(next) + len(separators[at])
	after, sign := rest[n:], rest[n-1]
	isOther := sign == ':' && strings.HasPrefix(after, ":")
	if isOther || s.depth == 0 && after != "" && !has(" \t\"'"+opening, after[0]) && (sign == ':' || has(" \t", rest[0])) {
		return 0
	}
	return n
}

// readGroup reads a group. A single value in it is a key if a separator follows, and is ignored if it is a
// length, as in string(4) "veo3".
func (s *scanner) readGroup(l *level) {
	r := &record{Form: list, Key: l.key, Line: s.lines[s.at]}
	if s.text[s.pos] == '(' {
		r.Form = row
	}
	named := s.pos > 0 && words.IsAlnum(s.text[s.pos-1])
	s.pos++
	s.depth++
	s.readItems(r)
	s.depth--
	for i := range r.Values {
		r.Values[i].Assigned = r.Values[i].Assigned || l.assigned && s.depth == 0
	}
	single := r.Form != object && len(r.Values) == 1 && len(r.Inner) == 0
	switch n := s.separator(); {
	case single && n > 0 && s.depth > 0:
		s.awaitValue(l, r.Values[0].Text, n)
	case single && named && r.Values[0].Kind == words.Number && l.key != "":
	default:
		s.p.addInner(l.r, r)
		*l = level{r: l.r}
	}
}

// groupForm matches the text of a group that begins with a key.
var groupForm = regexp.MustCompile(`^:?[A-Za-z_@$][\w.@-]*"?\s?(?:=|:(?:\s|["'\w]|$)|->|\]\s?=>|\s")`)

// opens reports whether a bracket opens a group. In a line, a quote, another bracket or a key must follow.
// Behind a parenthesis, a key counts only if a name stands before it, and then a quote may follow later.
func (s *scanner) opens() bool {
	b := s.text[s.pos]
	switch {
	case !has(opening, b) || s.depth >= maxDepth:
		return false
	case s.depth > 0:
		return true
	}
	before, rest := s.text[max(s.pos-1, 0)], words.TrimBlanks(s.text[s.pos+1:min(len(s.text), s.pos+lookahead)])
	arguments, _, _ := strings.Cut(rest, ")")
	isQuoted, isCall := rest == "" || has("\"'"+opening, rest[0]), b == '(' && words.IsAlnum(before)
	return before != '$' && (isQuoted || isCall && strings.ContainsAny(arguments, quotes) || (isCall || b != '(') && groupForm.MatchString(rest))
}

// readQuoted reads a quoted text. In a line it must stand behind a key or hold a group: else it returns false.
func (s *scanner) readQuoted(l *level, q byte) bool {
	quote, inLine := strings.IndexByte(quotes, q), s.depth == 0 && l.key == ""
	end := -1
	if !s.unclosed[quote] {
		end = lines.QuoteEnd(s.text, s.pos+1, q)
	}
	isGroup := s.pos+1 < len(s.text) && has("{[", s.text[s.pos+1]) || end > 0 && strings.Contains(s.text[s.pos:end], `\"`)
	if inLine && !isGroup {
		return false
	}
	if end < 0 {
		s.unclosed[quote] = true
		s.pos++
		return true
	}
	content := lines.Unescape(s.text[s.pos+1 : end])
	s.pos = end + 1
	if n := s.separator(); n > 0 && l.key == "" && s.depth > 0 {
		s.awaitValue(l, content, n)
	} else {
		s.addValue(l, content)
	}
	return true
}

// readWord reads a word, or a key before a separator: in a group any word, in a line the first one, one
// before an equals sign, and a meaningful one before a colon or as a flag.
func (s *scanner) readWord(l *level) {
	start := s.pos
	for s.pos++; s.pos < len(s.text) && !s.wordEnds(l, start); {
		s.pos++
	}
	raw := s.text[start:s.pos]
	n, isFlag := s.separator(), s.depth == 0 && strings.HasPrefix(raw, "--")
	if n > 0 || isFlag {
		if key := s.keyOf(l, raw, n); key != "" {
			s.awaitValue(l, key, n)
			return
		}
	} else if s.pos < len(s.text) && s.opens() {
		return // the name of the group
	}
	if w := words.Trim(raw); w != "" {
		s.addValue(l, w)
	}
}

// keyOf returns a word before a separator as a key, "" if it is none. n is the separator's length.
func (s *scanner) keyOf(l *level, raw string, n int) string {
	key := strings.TrimLeft(strings.Trim(raw, words.Punctuation), "-@$")
	isFirst := n > 0 && len(l.r.Values)+len(l.r.Inner) == 0 && l.key == ""
	switch {
	case s.depth > 0 && l.key == "" && words.IDKind(key).IsID():
		return key
	case s.depth > 0 && l.key != "" || !words.IsKey(key):
		return ""
	case s.depth > 0 || isFirst || s.p.ClassOf(key).IsMeaningful() || strings.Contains(s.text[s.pos:s.pos+n], "="):
		return key
	}
	return ""
}

// wordEnds reports whether the word that began at start ends at the position: at a blank, a bracket, or the
// sign behind a key.
func (s *scanner) wordEnds(l *level, start int) bool {
	switch b := s.text[s.pos]; {
	case words.IsAlnum(b) || has("_-./", b):
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

// keyEnds reports whether a sign ends the key that began at start. In a value, a sign is a part of it.
func (s *scanner) keyEnds(l *level, sign byte, start int) bool {
	after, key := s.text[s.pos+1:], strings.Trim(s.text[start:s.pos], words.Punctuation+"-")
	isPart := strings.HasPrefix(after, ":") || strings.HasPrefix(after, "//")
	switch {
	case s.depth > 0:
		return l.key == "" && words.IsLetter(s.text[start]) && !isPart || sign == '=' && strings.HasPrefix(after, ">")
	case sign == '=':
		return len(key) < maxKey && words.IsKey(key)
	}
	return s.separator() > 0
}
