package lines

import (
	"strings"

	"polltop/poller/paste/word"
)

// groupPrefix returns how long the prefix is that tools put before lines of any kind: the
// name of a process, the sign of a quotation in mail, of curl.
func (l *Line) groupPrefix(t string) int {
	first, rest, _ := strings.Cut(t, " ")
	switch {
	case t[0] == '>':
		return len(t) - len(strings.TrimPrefix(t[1:], " "))
	case first == "<" || first == "*":
		l.Bullet = first == "*"
		return len(t) - len(strings.TrimLeft(rest, " "))
	case strings.HasSuffix(first, "]") && (strings.HasPrefix(first, "[pod/") || strings.HasPrefix(first, "[container/")):
		l.Group = first
		return len(t) - len(rest)
	}
	after, ok := strings.CutPrefix(strings.TrimLeft(rest, " "), "|")
	if dash := strings.LastIndexAny(first, "-_"); ok && dash > 0 && word.IsNumeral(first[dash+1:]) && word.IsKey(first) && (after == "" || after[0] == ' ') && !isCell(after) {
		l.Group = first
		return len(t) - len(strings.TrimPrefix(after, " "))
	}
	return 0
}

// isCell reports whether what follows the first bar of a line is a cell of a table rather than
// what a process wrote: an id alone, or with more bars behind it.
func isCell(t string) bool {
	cell, _, _ := strings.Cut(t, "|")
	return word.IDShape(word.Trim(strings.TrimSpace(cell))).IsID()
}

// textPrefix returns how long the prefix is that is a part of the text, as a table or a
// block may need it.
func (l *Line) textPrefix(t string) int {
	for _, prefix := range []func(t, first, rest string) int{l.signPrefix, l.timePrefix, levelPrefix} {
		first, rest, _ := strings.Cut(t, " ")
		if n := prefix(t, first, rest); n > 0 {
			return n
		}
	}
	return l.promptPrefix(t)
}

// signPrefix returns how long a bullet, a list number, a check box or another sign is.
func (l *Line) signPrefix(t, first, rest string) int {
	after := len(t) - len(word.TrimBlanks(rest))
	if first == "" || word.IsLetter(t[0]) {
		return 0
	}
	switch end := first[len(first)-1]; {
	case bullets[first], (end == '.' || end == ')') && len(first) <= maxListNumber && word.IsNumeral(strings.Trim(first, "(.)")):
		l.Bullet = true
		return after
	case signs[first], end == ':' && len(first) > 2 && first[0] == ':':
		return after
	case first == "[" && strings.HasPrefix(rest, "] "):
		return len(t) - len(word.TrimBlanks(rest[1:]))
	}
	return 0
}

// timePrefix returns how long a time is.
func (l *Line) timePrefix(t, first, rest string) int {
	from := 0
	switch {
	case months[first] && len(rest) > 3:
		from = len(t) - len(word.TrimBlanks(rest))
		from += 1 + strings.IndexByte(t[from:], ' ')
	case !word.IsNumeral(t[:1]) && t[0] != '[' && t[0] != '(':
		return 0
	}
	n := len(times.FindString(t[from:]))
	if n == 0 {
		return 0
	}
	l.Timed = true
	return from + n
}

// levelPrefix returns how long the level of a log line is, as in INFO, [INFO] and INFO:root:.
func levelPrefix(t, first, rest string) int {
	if first == "" || t[0] != '[' && !word.IsLetter(t[0]) {
		return 0
	}
	level, _, _ := strings.Cut(first, ":")
	if level = strings.Trim(level, "[]"); !logLevels[strings.ToLower(level)] {
		return 0
	}
	if len(level)+len("[]:") < len(first) {
		return strings.IndexByte(t, ':') + 1
	}
	return len(t) - len(strings.TrimPrefix(word.TrimBlanks(rest), "- "))
}

// promptPrefix returns how long the name of a process or a prompt is.
func (l *Line) promptPrefix(t string) int {
	if strings.Contains(t, "]:") {
		if n := len(process.FindString(t)); n > 0 {
			l.Timed = true
			return n
		}
	}
	if strings.ContainsAny(t, "$>#❯➜") || strings.HasPrefix(t, "...") || strings.Contains(t, "]: ") {
		n := len(prompt.FindString(t))
		l.Prompt = l.Prompt || n > 0
		return n
	}
	return 0
}
