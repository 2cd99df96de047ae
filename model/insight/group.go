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
	maxGroups = 500    // bounds the groups by error, without otherErrors
	maxLabels = 20_000 // bounds the cached labels of failures
)

// otherErrors is the group of the failures beyond maxGroups.
var otherErrors = groupKey{poller.Failed, "other errors"}

// group is a group while its tasks are counted.
type group struct {
	views.Group
	failed int
}

type groupKey struct {
	state poller.State
	label string
}

// Grouper groups tasks. It caches the labels of failures, because to find the patterns of their
// messages is most of the work.
type Grouper struct {
	labels map[failure]string
}

// failure is what decides to which group by error a task belongs.
type failure struct {
	state         poller.State
	kind, message string
}

// NewGrouper returns a grouper with an empty cache.
func NewGrouper() *Grouper { return &Grouper{labels: map[failure]string{}} }

// Group returns the groups of the tasks by one of views.Groupings, the largest first.
func (g *Grouper) Group(by string, tasks []*poller.Task) []views.Group {
	groups := map[groupKey]*group{}
	total := 0
	for _, t := range tasks {
		key, ok := g.keyOf(by, t)
		if !ok {
			continue
		}
		if groups[key] == nil && by == views.ByError && len(groups) >= maxGroups {
			key = otherErrors
		}
		if groups[key] == nil {
			groups[key] = &group{Group: views.Group{Label: key.label, State: key.state}}
		}
		groups[key].add(t)
		total++
	}
	out := make([]views.Group, 0, len(groups))
	for key, group := range groups {
		group.Contains = func(t *poller.Task) bool {
			ownKey, ok := g.keyOf(by, t)
			return ok && (ownKey == key || key == otherErrors && groups[ownKey] == nil)
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

// keyOf returns the key of a task's group; false if the grouping leaves it out.
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
		if len(g.labels) >= maxLabels {
			clear(g.labels)
		}
		label = f.label()
		g.labels[f] = label
	}
	return groupKey{t.State, label}, true
}

// label returns the error type and the message pattern of a failure as text.
func (f failure) label() string {
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
