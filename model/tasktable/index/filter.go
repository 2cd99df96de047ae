package index

import (
	"strings"

	"polltop/poller"
	"polltop/views"
)

// filter is a compiled filter: terms that must all hold.
//
// The language: terms are separated by spaces. A term holds for a task that
// has it as part of its id, endpoint, label, status word (also the service's own), error
// type, error text, next step, the service's request id, the message of the trouble
// that its last poll had, or the word slow if it is. label: holds for a task with a
// label, and label:x for one with x in it. A term with ! before it
// holds where it would not without. Quotes keep spaces, and a ! that is meant
// as such, within a term: "not found", "!important". The quote at the end may
// be missing, as it is while the filter is being typed; a term without text
// holds for all.
//
// The case of ASCII letters does not matter; other text must be as given.
type filter struct {
	terms []term
}

// term is one term of a filter.
type term struct {
	text    string // in lower case, not empty without label
	label   bool   // the text is looked for in the label alone
	exclude bool
	// states has the bit of each state whose word contains text.
	states uint32
	// slow says that the word slow contains text.
	slow bool
}

// labelPrefix is before a term that holds for the label alone.
const labelPrefix = "label:"

// compileFilter reads a filter. Every text is one.
func compileFilter(source string) filter {
	var f filter
	for rest := source; rest != ""; {
		var t term
		if t, rest = nextTerm(rest); t.label {
			f.terms = append(f.terms, t)
			continue
		}
		if t.text == "" {
			continue
		}
		t.slow = containsFold("slow", t.text)
		for state := range poller.StateCount {
			if containsFold(state.String(), t.text) {
				t.states |= 1 << state
			}
		}
		f.terms = append(f.terms, t)
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
			text.WriteByte(lower[c])
		}
	}
	t.text = text.String()
	return t, ""
}

// match reports whether all terms hold for a task. It does not allocate.
func (f filter) match(task *poller.Task, slow bool) bool {
	for i := range f.terms {
		if t := &f.terms[i]; t.found(task, slow) == t.exclude {
			return false
		}
	}
	return true
}

// found reports whether the task has the term's text somewhere.
func (t *term) found(task *poller.Task, slow bool) bool {
	label := task.Request.Label
	if t.label {
		return label != "" && (t.text == "" || containsFold(label, t.text))
	}
	for _, text := range [...]string{
		task.Name(), task.Request.Endpoint, label, task.ErrorType, task.Error, task.NextStep,
		task.ProviderError, task.Word, task.ServiceRequestID,
	} {
		if containsFold(text, t.text) {
			return true
		}
	}
	return t.states&(1<<task.State) != 0 || t.slow && slow || task.Trouble != nil && containsFold(task.Trouble.Message, t.text)
}

// lower maps the ASCII capital letters to small ones and all else to itself.
var lower = func() (table [256]byte) {
	for i := range table {
		c := byte(i)
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		table[i] = c
	}
	return table
}()

// find returns where in a cell of a column the first text is that the filter looks for
// there; the cell's length twice for nowhere.
func (f filter) find(c views.Column, cell string) (from, to int) {
	from, to = len(cell), len(cell)
	switch c {
	case views.ColumnStatus, views.ColumnID, views.ColumnEndpoint, views.ColumnLabel, views.ColumnDetail:
	default:
		return from, to
	}
	for _, t := range f.terms {
		if t.exclude || t.text == "" || t.label && c != views.ColumnLabel {
			continue
		}
		if at := indexFold(cell, t.text); at >= 0 && at < from {
			from, to = at, at+len(t.text)
		}
	}
	return from, to
}

// containsFold reports whether part, which is in lower case and not empty, is
// within s, whatever the case of ASCII letters in s.
func containsFold(s, part string) bool { return indexFold(s, part) >= 0 }

// indexFold returns where that is first; -1 for nowhere.
func indexFold(s, part string) int {
	head, tail := part[0], part[1:]
	for i := 0; i+len(tail) < len(s); i++ {
		if lower[s[i]] == head && hasPrefixFold(s[i+1:], tail) {
			return i
		}
	}
	return -1
}

// hasPrefixFold reports whether s, which is no shorter than prefix, begins with
// it, whatever the case of ASCII letters in s.
func hasPrefixFold(s, prefix string) bool {
	for i := range len(prefix) {
		if lower[s[i]] != prefix[i] {
			return false
		}
	}
	return true
}
