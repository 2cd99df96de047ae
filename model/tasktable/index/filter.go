package index

import (
	"strings"

	"polltop/poller"
	"polltop/views"
)

// filter is a compiled filter: terms that must all hold.
//
// The language: terms are separated by spaces. A term holds for a task that has it as part of its
// id, endpoint, label, status word (also the service's own), error type, error text, next step,
// the service's request id, the message of the trouble that its last poll had, or the word slow
// if it is. label: holds for a task with a label, and label:x for one with x in it. A term with !
// before it holds where it would not without. Quotes keep spaces, and a ! that is meant as such,
// within a term: "not found", "!important". The quote at the end may be missing, as it is while
// the filter is being typed; a term without text holds for all.
//
// The case of ASCII letters does not matter; other text must be as given.
type filter []term

// term is one term of a filter.
type term struct {
	text    string // in lower case, not empty without label
	label   bool   // the text is looked for in the label alone
	exclude bool
}

// labelPrefix is before a term that holds for the label alone.
const labelPrefix = "label:"

// compileFilter reads a filter. Every text is one.
func compileFilter(source string) (f filter) {
	for rest := source; rest != ""; {
		var t term
		if t, rest = nextTerm(rest); t.text != "" || t.label {
			f = append(f, t)
		}
	}
	return f
}

// nextTerm reads the first term of a filter, and returns what is behind it.
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

// match reports whether all terms hold for a task. It does not allocate.
func (f filter) match(task *poller.Task, slow bool) bool {
	for _, t := range f {
		if t.found(task, slow) == t.exclude {
			return false
		}
	}
	return true
}

// found reports whether the task has the term's text somewhere.
func (t term) found(task *poller.Task, slow bool) bool {
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
		task.ProviderError, task.Word, task.ServiceRequestID, trouble,
	} {
		if indexFold(text, t.text) >= 0 {
			return true
		}
	}
	return false
}

// find returns where in a cell of a column the first text is that the filter looks for
// there; the cell's length twice for nowhere.
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

// indexFold returns where part, which is in lower case, is first within s, whatever the case of
// ASCII letters in s; -1 for nowhere.
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
