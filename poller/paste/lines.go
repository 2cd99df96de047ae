package paste

import (
	"regexp"
	"strings"
)

// skip goes to the next word: over spaces, and in a group over comments and to the next
// line. It reports false where there is none.
func (s *scanner) skip() bool {
	for {
		rest := strings.TrimLeft(s.text[s.pos:], " \t\r")
		s.pos = len(s.text) - len(rest)
		switch {
		case rest == "" && (s.depth == 0 || !s.nextLine()):
			return false
		case rest == "":
		case s.depth == 0:
			return true
		case s.comment || strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest, "*/")
			if s.comment = end < 0; s.comment {
				end = len(rest) - 2
			}
			s.pos += max(end+2, 0)
		case strings.HasPrefix(rest, "//"), rest[0] == '#' && (len(rest) == 1 || rest[1] == ' '):
			s.pos = len(s.text)
		default:
			return true
		}
	}
}

// goesOn matches a line that can go on with a group; where it is indented, it may be a bare word.
var goesOn = regexp.MustCompile("^(?:[\"'`{}\\[\\](),:;.<#*%]|[-+]?[\\d.]|//|/\\*|[\\w.$@/-]+\\s*(?:[:=({\\[\"']|->|,\\S|,$)|(?:true|false|null|nil|None|NULL)$)")

// nextLine goes to the next line, if that can go on with the group. Where it can't, the
// group was cut off.
func (s *scanner) nextLine() bool {
	if s.at+1 >= len(s.lines) {
		s.open = true
		return false
	}
	l, last, before := &s.lines[s.at+1], &s.lines[s.at], strings.TrimRight(s.text, " \t")
	t := l.inner()
	head := t[:min(len(t), lookahead)]
	if l.indent > 0 && isKey(head) {
		head += ","
	}
	switch {
	case s.comment || t == "":
	case l.prompt || l.timed != last.timed && !last.blank(),
		last.blank() && l.indent == 0 && strings.IndexByte(closing, t[0]) < 0,
		t[0] == '{' && l.indent == 0 && before != "" && strings.IndexByte(",[({:>", before[len(before)-1]) < 0,
		t[0] != '"' && !goesOn.MatchString(head):
		return false
	}
	s.start(s.at+1, t, 0)
	return true
}

// start goes to a place in a line.
func (s *scanner) start(at int, text string, pos int) {
	s.at, s.text, s.pos, s.unclosed = at, text, pos, [len(quotes)]bool{}
}

// wrapped returns the rest of a quoted text that a terminal broke, and goes behind it.
// Where the text does not end in the next lines, or not as a value does, it was cut off.
func (s *scanner) wrapped() (rest string) {
	s.pos = len(s.text)
	for i := s.at + 1; i < min(len(s.lines), s.at+mostWrapped); i++ {
		t := s.lines[i].text
		end := quoteEnd(t, 0, '"')
		if end < 0 {
			rest += t
			continue
		}
		if after := trimBlanks(t[end+1:]); after != "" && strings.IndexByte(",:}])", after[0]) < 0 {
			break
		}
		s.start(i, t, end+1)
		return rest + t[:end]
	}
	return ""
}
