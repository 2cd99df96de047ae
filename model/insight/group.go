package insight

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller"
	"polltop/views"
	"polltop/views/safe"
)

// groupsMost bounds how many groups there are: messages that are all different
// end up in the last.
const groupsMost = 500

// otherErrors is the label of the group of what came behind.
const otherErrors = "other errors"

// group is a group as it is being counted.
type group struct {
	views.Group
	failed int
}

// groupKey is what the tasks of a group share.
type groupKey struct {
	kind       string
	state      poller.State
	text, more string // endpoint or label, or error type and pattern
}

// Grouper groups tasks. It remembers the patterns of the messages that it saw,
// within bounds, as finding them is most of the work.
type Grouper struct {
	patterns map[string]string
}

// patternsMost bounds how many messages' patterns are remembered.
const patternsMost = 20_000

// NewGrouper returns a grouper that remembers nothing yet.
func NewGrouper() *Grouper { return &Grouper{patterns: map[string]string{}} }

// Group returns the groups of the tasks, the largest first.
func (g *Grouper) Group(kind string, tasks []*poller.Task) []views.Group {
	known := map[groupKey]bool{}
	groups := map[groupKey]*group{}
	total := 0
	for _, t := range tasks {
		key, ok := g.keyOf(kind, t)
		if !ok {
			continue
		}
		if kind == views.ByError && groups[key] == nil {
			if len(groups) >= groupsMost {
				key = groupKey{kind: views.ByError, state: poller.Failed, text: otherErrors}
			} else {
				known[key] = true
			}
		}
		if groups[key] == nil {
			groups[key] = &group{Group: views.Group{Label: key.label(), State: key.state, Match: g.matcher(key, known)}}
		}
		groups[key].add(t)
		total++
	}
	out := make([]views.Group, 0, len(groups))
	for _, group := range groups {
		group.Share = float64(group.Count) / float64(total)
		if kind == views.ByEndpoint || kind == views.ByLabel {
			group.Share = float64(group.failed) / float64(group.Count)
			if group.failed > 0 {
				group.State = poller.Failed
			}
		}
		out = append(out, group.Group)
	}
	slices.SortFunc(out, func(a, b views.Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Label, b.Label), cmp.Compare(a.State, b.State))
	})
	return out
}

// add counts a task in.
func (g *group) add(t *poller.Task) {
	if g.Count++; g.Count == 1 {
		g.NextStep = t.NextStep
	} else if g.NextStep != t.NextStep {
		g.NextStep = views.StepsDiffer
	}
	if t.Problem() {
		g.failed++
	}
	at := t.Ended
	if at == 0 {
		at = t.Added
	}
	if g.First == 0 || at < g.First {
		g.First = at
	}
	if at >= g.Last {
		g.Last, g.Example = at, t
	}
}

// matcher returns what reports whether a task belongs to the group of a key, by its
// snapshot alone. known are the groups by error that are not "other".
func (g *Grouper) matcher(key groupKey, known map[groupKey]bool) func(t *poller.Task) bool {
	return func(t *poller.Task) bool {
		own, ok := g.keyOf(key.kind, t)
		if key.text == otherErrors {
			return ok && !known[own]
		}
		return ok && own == key
	}
}

// keyOf returns what a task shares with others of its group; false for one that
// is not grouped.
func (g *Grouper) keyOf(kind string, t *poller.Task) (groupKey, bool) {
	switch kind {
	case views.ByEndpoint:
		return groupKey{kind: kind, state: poller.Succeeded, text: t.Request.Endpoint}, true
	case views.ByLabel:
		return groupKey{kind: kind, state: poller.Succeeded, text: t.Request.Label}, true
	case views.ByState:
		return groupKey{kind: kind, state: t.State}, true
	case views.ByNextStep:
		return groupKey{kind: kind, state: poller.Failed, text: t.NextStep}, t.Problem()
	}
	if !t.Problem() {
		return groupKey{}, false
	}
	return groupKey{kind: kind, state: t.State, text: t.ErrorType, more: g.pattern(t.Error)}, true
}

// pattern returns a message's pattern, remembered where it can be.
func (g *Grouper) pattern(message string) string {
	if p, ok := g.patterns[message]; ok {
		return p
	}
	if len(g.patterns) >= patternsMost {
		clear(g.patterns)
	}
	// What a hostile message would do to a terminal is no part of its kind.
	p := Pattern(safe.Line(message))
	g.patterns[message] = p
	return p
}

// label returns what a group has in common, for people.
func (k groupKey) label() string {
	switch {
	case k.kind == views.ByEndpoint && k.text == "":
		return "(no endpoint told)"
	case k.kind == views.ByLabel && k.text == "":
		return "(no label)"
	case k.kind == views.ByEndpoint, k.kind == views.ByLabel, k.text == otherErrors:
		return k.text
	case k.kind == views.ByNextStep && k.text == "":
		return "(no next step is known)"
	case k.kind == views.ByNextStep:
		return k.text
	case k.kind == views.ByState:
		return k.state.String()
	case k.state.Unknown():
		return k.state.String() + ": " + k.more
	case k.text == "", strings.HasPrefix(k.more, k.text+": "):
		return k.more
	case k.more == "":
		return k.text
	}
	return k.text + ": " + k.more
}
