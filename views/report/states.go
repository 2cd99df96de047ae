package report

import (
	"fmt"
	"slices"
	"strings"

	"polltop/poller"
)

// States is a set of states of tasks.
type States map[poller.State]bool

// stateSets are names of sets of states, beside the states' own words.
var stateSets = []struct {
	name string
	has  func(poller.State) bool
}{
	{"succeeded", func(s poller.State) bool { return s == poller.Succeeded }},
	{"unknown", func(s poller.State) bool { return s == poller.NotFound || s == poller.Unread }},
	{"live", func(s poller.State) bool { return !s.Terminal() }},
	{"ended", poller.State.Terminal},
}

// wordOf returns the name by which a state is given.
func wordOf(s poller.State) string { return strings.ReplaceAll(s.String(), " ", "-") }

// StateNames returns all names that ParseStates reads.
func StateNames() []string {
	var names []string
	for state := range poller.StateCount {
		names = append(names, wordOf(state))
	}
	for _, set := range stateSets {
		names = append(names, set.name)
	}
	return names
}

// ParseStates reads names of states with commas between them, such as
// "failed,canceled", in any case. The error names the part that is none, and
// the names that there are.
func ParseStates(text string) (States, error) {
	states := States{}
	for part := range strings.SplitSeq(text, ",") {
		name := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(part)), " ", "-")
		if name == "cancelled" {
			name = "canceled"
		}
		if !slices.Contains(StateNames(), name) {
			return nil, fmt.Errorf("%q is no state: give some of %s, with commas between them", part, strings.Join(StateNames(), ", "))
		}
		for state := range poller.StateCount {
			in := wordOf(state) == name
			for _, set := range stateSets {
				in = in || set.name == name && set.has(state)
			}
			if in {
				states[state] = true
			}
		}
	}
	return states, nil
}
