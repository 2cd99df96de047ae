package index

import (
	"strings"

	"polltop/poller"
	"polltop/views"
)

// filter is a parsed filter. A task matches if all its terms match.
//
// Terms are separated by spaces. A term matches a task that contains it in its id, endpoint,
// label, status word (also the service's own), error type, error text, next step, the
// service's request id, the message of its last poll's trouble, or the word slow if it is
// slow. label: matches a task with a label, and label:x one with x in its label. A term with !
// before it matches if the rest does not. Quotes allow spaces and a leading ! in a term: "not
// found", "!important". The last quote may be missing, as it is while the user types; an empty
// term matches all tasks.
//
// The case of ASCII letters does not matter.
type filter []term

type term struct {
	text    string // in lower case, not empty without label
	label   bool   // only the label is searched for the text
	exclude bool
}

// labelPrefix begins a term that is searched for in the label only.
const labelPrefix = "label:"

// compileFilter parses a filter. Every text is valid.
func compileFilter(source string) (f filter) {
	for rest := source; rest != ""; {
		var t term
		if t, rest = nextTerm(rest); t.text != "" || t.label {
			f = append(f, t)
		}
	}
	return f
}

// nextTerm parses the first term of a filter, and returns the rest.
func nextTerm(source string) (t term, rest string) {
	rest = strings.TrimLeft(source, " \t")
	if rest, t.exclude = strings.CutPrefix(rest, "!"); rest == "" {
		return t, rest
	}
	if n := len(labelPrefix); len(rest) >= n && strings.EqualFold(rest[:n], labelPrefix) {
		t.label, rest = true, rest[n:]
	}
	var text strings.Builder
	quoted := false
	for i := range len(rest) {
		switch c := rest[i]; {
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\t'):
			t.text = text.String()
			return t, rest[i+1:]
		default:
			text.WriteByte(lower(c))
		}
	}
	t.text = text.String()
	return t, ""
}

// match reports whether a task matches all terms. It does not allocate.
func (f filter) match(task *poller.Task, slow bool) bool {
	for _, t := range f {
		if t.foundIn(task, slow) == t.exclude {
			return false
		}
	}
	return true
}

// foundIn reports whether a task contains the term's text.
func (t term) foundIn(task *poller.Task, slow bool) bool {
	label, trouble, pace := task.Request.Label, "", ""
	if t.label {
		return label != "" && indexFold(label, t.text) >= 0
	}
	if task.Trouble != nil {
		trouble = task.Trouble.Message
	}
	if slow {
		pace = "slow"
	}
	for _, text := range [...]string{
		task.Name(), task.Request.Endpoint, label, task.State.String(), pace, task.ErrorType, task.Error, task.NextStep,
		task.ProviderError, task.StatusWord, task.ServiceRequestID, trouble,
	} {
		if indexFold(text, t.text) >= 0 {
			return true
		}
	}
	return false
}

// find returns the range of a column's cell in which the first match of a term is; an empty
// range at the cell's end for none.
func (f filter) find(c views.Column, cell string) (from, to int) {
	from, to = len(cell), len(cell)
	switch c {
	case views.ColumnStatus, views.ColumnID, views.ColumnEndpoint, views.ColumnLabel, views.ColumnDetail:
	default:
		return from, to
	}
	for _, t := range f {
		if t.exclude || t.text == "" || t.label && c != views.ColumnLabel {
			continue
		}
		if at := indexFold(cell, t.text); at >= 0 && at < from {
			from, to = at, at+len(t.text)
		}
	}
	return from, to
}

// indexFold returns the index of the first part in s, ignoring the case of ASCII letters in s;
// -1 for none. part must be in lower case.
func indexFold(s, part string) int {
	for from := 0; from+len(part) <= len(s); from++ {
		n := 0
		for n < len(part) && lower(s[from+n]) == part[n] {
			n++
		}
		if n == len(part) {
			return from
		}
	}
	return -1
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
