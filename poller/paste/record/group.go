package record

import (
	"regexp"
	"strings"

	"polltop/poller/paste/word"
)

// mostWrapped bounds how many lines a terminal makes of a quoted text.
const mostWrapped = 20

// skip goes to the next word: over spaces, and in a group over comments and to the next
// line. It reports false where there is none.
func (s *scanner) skip() bool {
	for {
		for s.pos < len(s.text) && has(" \t\r", s.text[s.pos]) {
			s.pos++
		}
		rest := s.text[s.pos:]
		switch {
		case rest == "" && (s.depth == 0 || !s.nextLine()):
			return false
		case rest == "":
		case s.depth == 0:
			return true
		case s.comment || strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest, "*/")
			if s.comment = end < 0; s.comment {
				end = len(rest) - len("*/")
			}
			s.pos += max(end+len("*/"), 0)
		case strings.HasPrefix(rest, "//"), rest == "#", strings.HasPrefix(rest, "# "):
			s.pos = len(s.text)
		default:
			return true
		}
	}
}

// goesOn matches a line that can go on with a group.
var goesOn = regexp.MustCompile("^(?:[\"'`{}\\[\\](),:;.<#*%]|[-+]?[\\d.]|//|/\\*|[\\w.$@/-]+\\s*(?:[:=({\\[\"']|->|,\\S|,$)|(?:true|false|null|nil|None|NULL)$)")

// nextLine goes to the next line, if that can go on with the group. Where it can't, the
// group was cut off.
func (s *scanner) nextLine() bool {
	if s.at+1 >= len(s.lines) {
		s.open = true
		return false
	}
	if t := s.lines[s.at+1].Inner(); s.comment || t == "" || s.continues(t) {
		s.start(s.at+1, t, 0)
		return true
	}
	return false
}

// continues reports whether the next line can go on with the group.
func (s *scanner) continues(t string) bool {
	l, last, head := &s.lines[s.at+1], &s.lines[s.at], t[:min(len(t), lookahead)]
	if l.Indent > 0 && word.IsKey(head) {
		head += "," // a value may stand alone on a line that is indented
	}
	switch {
	case l.Prompt, t[0] == '{' && l.Indent == 0 && !has(",[({:> ", lastByte(s.text)):
		return false
	case l.Timed != last.Timed && !last.Blank(), last.Blank() && l.Indent == 0 && !has(closing, t[0]):
		return false
	}
	return t[0] == '"' || goesOn.MatchString(head)
}

// lastByte returns the last byte of a text that is no blank, a space where there is none.
func lastByte(text string) byte {
	text = " " + strings.TrimRight(text[max(0, len(text)-lookahead):], " \t")
	return text[len(text)-1]
}

// start goes to a place in a line.
func (s *scanner) start(at int, text string, pos int) {
	s.at, s.text, s.pos, s.unclosed = at, text, pos, [len(quotes)]bool{}
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

// wrapped returns the rest of a quoted text that a terminal broke, and goes behind it.
// Where the text does not end in the next lines, or not as a value does, it was cut off.
func (s *scanner) wrapped() (rest string) {
	s.pos = len(s.text)
	for i := s.at + 1; i < min(len(s.lines), s.at+mostWrapped); i++ {
		t := s.lines[i].Text
		end := quoteEnd(t, 0, '"')
		if end < 0 {
			rest += t
			continue
		}
		if after := word.TrimBlanks(t[end+1:]); after != "" && !has(",:"+closing, after[0]) {
			break
		}
		s.start(i, t, end+1)
		return rest + t[:end]
	}
	return ""
}
