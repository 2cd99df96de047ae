package paste

import (
	"regexp"
	"strings"
)

// scanner reads the words, keys and groups of a line. A group stands in brackets, as in
// JSON and in what other languages print of their values, and may go on in the next
// lines.
type scanner struct {
	p     *parser
	lines []line
	at    int    // index of the present line in lines
	text  string // of the present line
	pos   int
	depth int
	// first is the bracket of the outermost group.
	first byte
	// comment says that a comment goes on, and open that a group does not end in the
	// lines that there are.
	comment, open bool
	// unclosed holds the quotes that do not close on the present line.
	unclosed [256]bool
}

// scanText reads what is left of the line at an index into a node. It returns the index
// of the last line that it read, and whether all groups in it end.
func (p *parser) scanText(n *node, lines []line, at int, rest string) (last int, whole bool) {
	s := &scanner{p: p, lines: lines, at: at, text: rest}
	s.items(n)
	return s.at, !s.open
}

// words returns the words of a text that is on one line, and the keys in it.
func (p *parser) words(content string, number int) []*node {
	n := &node{form: text, line: number}
	p.scanText(n, []line{{number: number}}, 0, strings.ReplaceAll(content, "\n", " "))
	return n.kids
}

func (s *scanner) number() int { return s.lines[s.at].number }

// items reads what stands in a line, or in a group up to its closing bracket.
func (s *scanner) items(n *node) {
	c := &collector{p: s.p, n: n, line: s.depth == 0}
	for s.skip(c) {
		switch b := s.text[s.pos]; {
		case s.depth > 0 && strings.IndexByte("}])", b) >= 0:
			s.pos++
			c.end()
			return
		case b == ',' || b == ';' || b == '|':
			s.pos++
			c.end()
		case s.opens():
			c.add(s.group(b))
		case s.quoted(c, b), s.operator(c):
		default:
			s.word(c)
		}
	}
	c.end()
}

// group reads a group.
func (s *scanner) group(open byte) *node {
	n := &node{form: list, line: s.number()}
	if open == '(' {
		n.form = row
	}
	if s.depth == 0 {
		s.first = open
	}
	s.pos++
	s.depth++
	s.items(n)
	s.depth--
	return n
}

var (
	opening  = regexp.MustCompile(`^[{\[(]\s*(?:$|["'{\[(]|:?[A-Za-z_@$][\w.@-]{0,60}"?\s?(?:=|:(?:\s|["'\w]|$)|->|\]\s?=>|\s"))`)
	tuple    = regexp.MustCompile(`^\(\s*(?:$|["'{\[(])`)
	operator = regexp.MustCompile(`^(?:=>|->|:=|==?|:)(?:\s|$|["'{\[(])`)
)

// lookahead bounds how far it is looked whether a bracket opens a group, in bytes.
const lookahead = 80

// opens reports whether a bracket opens a group. In a line it does where a quote, another
// bracket or a key follows; other brackets are punctuation.
func (s *scanner) opens() bool {
	b := s.text[s.pos]
	switch {
	case strings.IndexByte("{[(", b) < 0 || s.depth >= maxDepth:
		return false
	case s.depth > 0:
		return true
	case s.pos > 0 && s.text[s.pos-1] == '$':
		return false
	}
	rest := s.text[s.pos:min(len(s.text), s.pos+lookahead)]
	if b == '(' && (s.pos == 0 || !isAlnum(s.text[s.pos-1])) {
		return tuple.MatchString(rest)
	}
	return opening.MatchString(rest)
}

// skip goes to the next word: over spaces, and in a group over comments and to the next
// line. It reports false where there is none.
func (s *scanner) skip(c *collector) bool {
	for {
		rest := strings.TrimLeft(s.text[s.pos:], " \t\r")
		s.pos = len(s.text) - len(rest)
		switch {
		case rest == "" && (s.depth == 0 || !s.nextLine()):
			return false
		case rest == "":
			if !c.keyed {
				c.last = nil
			}
		case s.depth == 0:
			return true
		case s.comment || strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest, "*/")
			s.comment = end < 0
			s.pos = len(s.text)
			if end >= 0 {
				s.pos += end + 2 - len(rest)
			}
		case strings.HasPrefix(rest, "//"), rest[0] == '#' && strings.HasPrefix(rest+" ", "# "):
			s.pos = len(s.text)
		default:
			return true
		}
	}
}

// goesOn matches a line that can go on with a group, and bareWord one that can where it
// is indented.
var (
	goesOn   = regexp.MustCompile("^(?:[\"'`{}\\[\\](),:;.<#*%]|[-+]?[\\d.]|//|/\\*|[\\w.$@/-]+\\s*(?:[:=({\\[\"']|->|,\\S|,$)|(?:true|false|null|nil|None|NULL)$)")
	bareWord = regexp.MustCompile(`^[\w.$@/-]+$`)
)

// nextLine goes to the next line, if that can go on with the group. Where it can't, the
// group was cut off.
func (s *scanner) nextLine() bool {
	if s.at+1 >= len(s.lines) {
		s.open = true
		return false
	}
	l := &s.lines[s.at+1]
	t := l.inner()
	before := strings.TrimRight(s.text, " \t")
	switch {
	case s.comment || t == "":
	case l.prompt || l.timed != s.lines[s.at].timed && !s.lines[s.at].blank(),
		s.lines[s.at].blank() && l.indent == 0 && strings.IndexByte("}])", t[0]) < 0,
		t[0] == '{' && s.first == '{' && l.indent == 0 && before != "" && strings.IndexByte(",[({:>", before[len(before)-1]) < 0,
		!goesOn.MatchString(t[:min(len(t), lookahead)]) && (l.indent == 0 || !bareWord.MatchString(t)):
		return false
	}
	s.at++
	s.text, s.pos, s.unclosed = t, 0, [256]bool{}
	return true
}

// closing returns where a quote ends, from a place in a text; -1 where it does not.
func closing(text string, from int, q byte) int {
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

// quoted reads a quoted text. In a line only a value under a key is one, or a string that
// holds a group.
func (s *scanner) quoted(c *collector, q byte) bool {
	if strings.IndexByte("\"'`", q) < 0 || s.depth == 0 && !c.keyed && (s.pos+1 == len(s.text) || strings.IndexByte("{[", s.text[s.pos+1]) < 0) {
		return false
	}
	end := -1
	if !s.unclosed[q] {
		end = closing(s.text, s.pos+1, q)
	}
	switch {
	case end < 0 && s.depth > 0 && q == '"' && !s.unclosed[q]:
		content := s.text[s.pos+1:] + s.wrapped()
		c.add(&node{text: unescape(content), line: s.number(), quoted: true})
		return true
	case end < 0:
		s.unclosed[q] = true
		s.pos++
		return true
	case s.depth == 0 && !c.keyed && strings.IndexByte("}]", s.text[end-1]) < 0:
		return false
	}
	c.add(&node{text: unescape(s.text[s.pos+1 : end]), line: s.number(), quoted: true})
	s.pos = end + 1
	return true
}

// mostWrapped bounds how many lines a terminal makes of a quoted text.
const mostWrapped = 5

// wrapped returns the rest of a quoted text that a terminal broke, and goes behind it.
// Where the text does not end in the next lines, or not as a value does, it was cut off.
func (s *scanner) wrapped() (rest string) {
	s.pos = len(s.text)
	for i := s.at + 1; i < len(s.lines) && i <= s.at+mostWrapped; i++ {
		t := s.lines[i].text
		end := closing(t, 0, '"')
		if end < 0 {
			rest += t
			continue
		}
		if after := strings.TrimLeft(t[end+1:], " \t"); after != "" && strings.IndexByte(",:}])", after[0]) < 0 {
			break
		}
		s.at, s.text, s.pos, s.unclosed = i, t, end+1, [256]bool{}
		return rest + t[:end]
	}
	return ""
}

var escapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`, `\/`, `/`, `\n`, "\n", `\r`, "\n", `\t`, "\t",
	`\u0022`, `"`, `\u003d`, "=", `\u0026`, "&", `\u003c`, "<", `\u003e`, ">", `\u002f`, "/", `\u002F`, "/", `\u003D`, "=", `\x22`, `"`)

// unescape decodes the escapes of a quoted text as far as ids, addresses and values in
// it need.
func unescape(text string) string { return escapes.Replace(text) }

// operator reads what stands between a key and its value.
func (s *scanner) operator(c *collector) bool {
	rest := s.text[s.pos:]
	after := strings.TrimLeft(rest, ":=->")
	switch {
	case len(after) == len(rest) || s.depth == 0 && !operator.MatchString(rest[:min(len(rest), 4)]),
		s.depth > 0 && (rest[0] == '-' || rest[0] == '>') && !strings.HasPrefix(rest, "->"):
		return false
	case c.last == nil && rest[0] == ':':
		c.symbol = !c.keyed
		s.pos++
		return true
	}
	s.pos += len(rest) - len(after)
	if !c.keyed {
		c.mark(rest[0])
	}
	return true
}
