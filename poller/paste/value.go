package paste

import (
	"strings"
	"unicode"
)

// nodeKind is what a node is.
type nodeKind byte

const (
	scalar nodeKind = iota
	object          // keys and values
	list            // values
	tuple           // values that belong together, as the cells of a row do
	prose           // a line of text, with what stands in it
)

// node is a part of what was pasted: a value, or a record of values.
type node struct {
	kind nodeKind
	key  string // under which it stands, "" for none
	text string // of a scalar, or of a piece of a text
	line int
	kids []*node
	// quoted says that a scalar stood in quotes.
	quoted bool
	// best is the highest class of a key with an id in the node and below it.
	best class
	// words are those of a text.
	words []token
	// cells says that the node is a table's row, and assigned that it stands behind an
	// equals sign, as a variable's value does.
	cells, assigned bool
}

const (
	// maxDepth bounds how deep values are nested in each other. What is deeper is
	// read as if it stood there.
	maxDepth = 100
	// maxTexts bounds how deep texts are read that stand in strings.
	maxTexts = 6
	// mostLines and mostBytes bound a value over several lines.
	mostLines = 100_000
	mostBytes = 4 << 20
)

// scanner reads a value that begins with a bracket: JSON and what other languages
// print of theirs.
type scanner struct {
	text  string
	pos   int
	line  int // index in lines
	lines []line
	depth int
	// failed is up to where no closing quote was found, for each kind of quote.
	failed map[byte]int
}

// container reads what stands between brackets, from behind the opening one.
func (s *scanner) container(open byte) *node {
	n := &node{kind: list, line: s.number()}
	if open == '(' {
		n.kind = tuple
	}
	c := &collector{n: n}
	s.depth++
	defer func() { s.depth-- }()
	for {
		s.space()
		if s.pos >= len(s.text) {
			break
		}
		b := s.text[s.pos]
		switch {
		case b == '}' || b == ']' || b == ')':
			s.pos++
			if s.depth <= maxDepth {
				c.finish()
				return n
			}
			s.depth--
		case b == ',' || b == ';':
			s.pos++
			c.separate()
		case (b == ':' || b == '=') && c.last != nil && !c.keyed, strings.HasPrefix(s.text[s.pos:], "->"):
			s.marker()
			c.mark()
		case b == '{' || b == '[' || b == '(':
			s.pos++
			if s.depth >= maxDepth {
				s.depth++
				continue
			}
			c.add(s.container(b), false)
		default:
			s.scalar(c)
		}
	}
	c.finish()
	return n
}

// marker skips what stands between a key and its value.
func (s *scanner) marker() {
	for s.pos < len(s.text) && strings.IndexByte(":=->", s.text[s.pos]) >= 0 {
		s.pos++
	}
}

func (s *scanner) number() int {
	return s.lines[min(s.line, len(s.lines)-1)].number
}

// space skips white space and comments.
func (s *scanner) space() {
	for s.pos < len(s.text) {
		rest := s.text[s.pos:]
		switch b := rest[0]; {
		case b == '\n':
			s.line++
			s.pos++
		case b == ' ' || b == '\t' || b == '\r':
			s.pos++
		case strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 {
				end = len(rest) - 4
			}
			s.line += strings.Count(rest[:max(end+4, 2)], "\n")
			s.pos += max(end+4, 2)
		case strings.HasPrefix(rest, "//"), b == '#' && (len(rest) == 1 || rest[1] == ' '):
			end := strings.IndexByte(rest, '\n')
			if end < 0 {
				end = len(rest)
			}
			s.pos += end
		default:
			return
		}
	}
}

// scalar reads a quoted text or a bare word.
func (s *scanner) scalar(c *collector) {
	number := s.number()
	b := s.text[s.pos]
	if b == '"' || b == '\'' || b == '`' {
		if content, ok := s.quoted(b); ok {
			c.add(&node{text: content, line: number, quoted: true}, false)
			return
		}
		s.pos++
		return
	}
	start := s.pos
	for s.pos < len(s.text) && !s.wordEnds(start, c.keyed) {
		s.pos++
	}
	if s.pos == start {
		s.pos++
		return
	}
	word := s.text[start:s.pos]
	if s.pos < len(s.text) && (s.text[s.pos] == '(' || s.text[s.pos] == '{' || s.text[s.pos] == '[') || constructor(s.text[s.pos:]) {
		c.called = true // the name of what follows
		return
	}
	c.add(&node{text: word, line: number}, true)
}

// constructor reports whether a name is followed by a space and an opening brace.
func constructor(rest string) bool { return strings.HasPrefix(rest, " {") }

// wordEnds reports whether a bare word that began at start ends here. In a value a
// colon is a part of it.
func (s *scanner) wordEnds(start int, value bool) bool {
	b := s.text[s.pos]
	switch b {
	case ' ', '\t', '\r', '\n', ',', ';', '{', '}', '[', ']', '(', ')', '"', '\'', '`':
		return b != '\'' || s.pos == start
	case ':':
		if value || s.pos == start {
			return s.pos > start && s.pos+1 < len(s.text) && s.text[s.pos+1] == ' '
		}
		rest := s.text[s.pos+1:]
		return isLetter(s.text[start]) && !strings.HasPrefix(rest, "//") && !strings.HasPrefix(rest, ":")
	case '=':
		return !value || strings.HasPrefix(s.text[s.pos:], "=>")
	}
	return false
}

// quoted reads a quoted text on the present line, or one that a terminal broke, which
// ends on the next before a comma, colon or bracket.
func (s *scanner) quoted(q byte) (string, bool) {
	if s.pos < s.failed[q] {
		return "", false
	}
	end := closing(s.text, s.pos+1, q)
	if end < 0 && s.pos+1 < len(s.text) && q == '"' {
		if eol := strings.IndexByte(s.text[s.pos:], '\n'); eol >= 0 {
			next := s.pos + eol + 1
			if end = closing(s.text, next, q); end >= 0 && endsValue(s.text[end+1:]) {
				content := s.text[s.pos+1:next-1] + s.text[next:end]
				s.pos, s.line = end+1, s.line+1
				return unescape(content), true
			}
		}
		rest := s.text[s.pos+1:]
		if eol := strings.IndexByte(rest, '\n'); eol >= 0 {
			rest = rest[:eol]
		}
		s.pos += 1 + len(rest) // cut off
		return unescape(rest), true
	}
	if end < 0 {
		if eol := strings.IndexByte(s.text[s.pos:], '\n'); eol >= 0 {
			s.failed[q] = s.pos + eol
		} else {
			s.failed[q] = len(s.text)
		}
		return "", false
	}
	content := s.text[s.pos+1 : end]
	s.pos = end + 1
	return unescape(content), true
}

// closing returns where a quote ends on the present line, from a place in it; -1 where
// it does not.
func closing(text string, from int, q byte) int {
	for i := from; i < len(text); i++ {
		switch b := text[i]; {
		case b == q:
			return i
		case b == '\\':
			i++
		case b == '\n':
			return -1
		}
	}
	return -1
}

// endsValue reports whether what follows a quote goes on as behind a value.
func endsValue(rest string) bool {
	rest = strings.TrimLeft(rest, " \t")
	return rest == "" || strings.IndexByte(",:}])\n", rest[0]) >= 0
}

var escapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`, `\/`, `/`, `\n`, "\n", `\r`, "\n", `\t`, "\t",
	`\u0022`, `"`, `\u003d`, "=", `\u0026`, "&", `\u003c`, "<", `\u003e`, ">", `\u002f`, "/", `\u002F`, "/", `\u003D`, "=", `\x22`, `"`)

// unescape decodes the escapes of a quoted text as far as ids, addresses and values in
// it need.
func unescape(text string) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	return escapes.Replace(text)
}

// collector puts values and their keys together.
type collector struct {
	n    *node
	last *node // the last value since a separator
	bare bool  // last is a bare word
	key  string
	// keyed says that a key waits for its value, and valued that the last has one.
	keyed, valued, called bool
}

// add adds a value. A bare word that follows another goes on with it.
func (c *collector) add(v *node, bare bool) {
	if c.last != nil && c.last.key == "" && !c.keyed && c.bare && len(c.last.text) > 1 && c.last.text[0] == ':' && unicode.IsLetter(rune(c.last.text[1])) {
		c.mark() // :key value
	}
	switch {
	case c.keyed:
		if v.kind == tuple && len(v.kids) == 1 && v.kids[0].kind == scalar && v.kids[0].quoted {
			v = v.kids[0] // Some("…")
		}
		v.key, c.keyed, c.n.kind = c.key, false, object
	case bare && c.bare && c.last != nil && len(c.last.text) < maxID*4:
		c.last.text += " " + v.text
		return
	case c.last != nil && c.last.key != "" && !bare && c.last.kind != scalar && len(c.last.kids) <= 1 && c.called:
		v.key = c.last.key // string(31) "…"
		*c.last = *v
		c.called = false
		return
	}
	c.n.kids = append(c.n.kids, v)
	c.last, c.bare = v, bare
}

// mark takes the last value for the key of the next.
func (c *collector) mark() {
	if c.last == nil {
		return
	}
	key := c.last.text
	if len(c.last.kids) == 1 && c.last.kids[0].kind == scalar {
		key = c.last.kids[0].text // [key] => value
	}
	if c.last.key != "" || len(c.n.kids) == 0 {
		// The last word of a value is the next key: a:b c:d.
		at := strings.LastIndexByte(c.last.text, ' ')
		if !c.bare || at < 0 {
			return
		}
		key, c.last.text = c.last.text[at+1:], c.last.text[:at]
	} else {
		c.n.kids = c.n.kids[:len(c.n.kids)-1]
	}
	c.key, c.keyed, c.last, c.called = key, true, nil, false
}

// separate ends a value.
func (c *collector) separate() {
	c.finish()
	c.last, c.called = nil, false
}

// finish gives a key that has no value an empty one.
func (c *collector) finish() {
	if c.keyed {
		c.keyed = false
		c.n.kind = object
		c.n.kids = append(c.n.kids, &node{key: c.key, line: c.n.line})
	}
}
