package insight

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller"
	"polltop/views"
	"polltop/views/safe"
)

const (
	groupsMost = 500    // bounds how many groups by error there are, without others
	labelsMost = 20_000 // bounds how many failures are remembered
)

// others is the group of the failures that came when there were groupsMost.
var others = groupKey{poller.Failed, "other errors"}

// group is a group as it is being counted.
type group struct {
	views.Group
	failed int
}

type groupKey struct {
	state poller.State
	label string
}

// Grouper groups tasks. It remembers what it called the failures that it saw,
// within bounds, as finding the patterns of their messages is most of the work.
type Grouper struct {
	labels map[failure]string
}

// failure is what decides to which group by error a task belongs.
type failure struct {
	state         poller.State
	kind, message string
}

// NewGrouper returns a grouper that remembers nothing yet.
func NewGrouper() *Grouper { return &Grouper{labels: map[failure]string{}} }

// Group returns the groups of the tasks, the largest first.
func (g *Grouper) Group(by string, tasks []*poller.Task) []views.Group {
	groups := map[groupKey]*group{}
	total := 0
	for _, t := range tasks {
		key, ok := g.keyOf(by, t)
		if !ok {
			continue
		}
		if groups[key] == nil && by == views.ByError && len(groups) >= groupsMost {
			key = others
		}
		if groups[key] == nil {
			groups[key] = &group{Group: views.Group{Label: key.label, State: key.state}}
		}
		groups[key].add(t)
		total++
	}
	out := make([]views.Group, 0, len(groups))
	for key, group := range groups {
		// A task belongs to a group, or to the others, by its snapshot alone.
		group.Contains = func(t *poller.Task) bool {
			own, ok := g.keyOf(by, t)
			return ok && (own == key || key == others && groups[own] == nil)
		}
		group.Share = float64(group.Count) / float64(total)
		if by == views.ByEndpoint || by == views.ByLabel {
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

func (g *group) add(t *poller.Task) {
	if g.Count++; g.Count == 1 {
		g.NextStep = t.NextStep
	} else if g.NextStep != t.NextStep {
		g.NextStep = views.StepsDiffer
	}
	if t.Problem() {
		g.failed++
	}
	at := cmp.Or(t.Ended, t.Added)
	if g.First == 0 || at < g.First {
		g.First = at
	}
	if at >= g.Last {
		g.Last, g.Example = at, t
	}
}

// keyOf returns what a task shares with others of its group; false for one that is not grouped.
func (g *Grouper) keyOf(by string, t *poller.Task) (groupKey, bool) {
	switch by {
	case views.ByEndpoint:
		return groupKey{poller.Succeeded, cmp.Or(t.Request.Endpoint, "(no endpoint told)")}, true
	case views.ByLabel:
		return groupKey{poller.Succeeded, cmp.Or(t.Request.Label, "(no label)")}, true
	case views.ByState:
		return groupKey{t.State, t.State.String()}, true
	case views.ByNextStep:
		return groupKey{poller.Failed, cmp.Or(t.NextStep, "(no next step is known)")}, t.Problem()
	}
	if !t.Problem() {
		return groupKey{}, false
	}
	f := failure{t.State, t.ErrorType, t.Error}
	label, ok := g.labels[f]
	if !ok {
		if len(g.labels) >= labelsMost {
			clear(g.labels)
		}
		label = f.label()
		g.labels[f] = label
	}
	return groupKey{t.State, label}, true
}

// label returns what a failure has in common with others, for people.
func (f failure) label() string {
	// What a hostile message would do to a terminal is no part of its kind.
	pattern := Pattern(safe.Line(f.message))
	switch {
	case f.state.Unknown():
		return f.state.String() + ": " + pattern
	case f.kind == "", strings.HasPrefix(pattern, f.kind+": "):
		return pattern
	case pattern == "":
		return f.kind
	}
	return f.kind + ": " + pattern
}
