package paste

import (
	"strings"

	"polltop/poller/paste/lines"
)

// skipBlanks moves to the next word, in a group also to one in the next lines. It returns false if there is
// none.
func (s *scanner) skipBlanks() bool {
	for {
		rest := strings.TrimLeft(s.text[s.pos:], " \t\r")
		if left, comment := lines.Uncomment(rest); s.depth > 0 && s.p.ModelIn(comment) == "" {
			rest = left
		}
		s.pos = len(s.text) - len(rest)
		if rest != "" || s.depth == 0 || !s.nextLine() {
			return rest != ""
		}
	}
}

// nextLine moves to the next line. If that can't continue the group, the group was cut off.
func (s *scanner) nextLine() bool {
	if s.at+1 >= len(s.lines) {
		s.unfinished = true
		return false
	}
	next := s.lines[s.at+1]
	t := next.Content
	if next.IsComment() {
		t = ""
	}
	if t != "" && !s.continues(next, t) {
		s.cutOff = true
		return false
	}
	s.at, s.text, s.pos, s.unclosed = s.at+1, t, 0, [len(quotes)]bool{}
	return true
}

// continues reports whether the next line can continue the group.
func (s *scanner) continues(next *lines.Line, t string) bool {
	last := s.lines[s.at]
	end := strings.TrimRight(s.text[max(0, len(s.text)-lookahead):], " \t")
	switch {
	case next.Process != last.Process, next.Prompt, last.Content == "" && next.Indent == 0 && !has(closing, t[0]):
		return false
	case t[0] == '{' && next.Indent == 0 && (end == "" || !has(",[({:>", end[len(end)-1])):
		return false
	}
	return next.Indent > 0 || strings.ContainsAny(t[:min(len(t), lookahead)], ":=,\"'`{}[]().;<>")
}
