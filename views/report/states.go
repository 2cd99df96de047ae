package report

import (
	"fmt"
	"slices"
	"strings"

	"polltop/poller"
)

// States is a set of states of tasks.
type States map[poller.State]bool

// stateSet is a name that states are given by.
type stateSet struct {
	name string
	has  func(poller.State) bool
}

// stateSets are the states' own words, and names of several.
var stateSets = func() (sets []stateSet) {
	for state := range poller.StateCount {
		sets = append(sets, stateSet{dashed(state.String()), func(s poller.State) bool { return s == state }})
	}
	return append(sets,
		stateSet{"succeeded", func(s poller.State) bool { return s == poller.Succeeded }},
		stateSet{"unknown", func(s poller.State) bool { return s == poller.NotFound || s == poller.Unread }},
		stateSet{"live", func(s poller.State) bool { return !s.Terminal() }},
		stateSet{"ended", poller.State.Terminal})
}()

func dashed(word string) string { return strings.ReplaceAll(word, " ", "-") }

// ParseStates reads names of states with commas between them, such as
// "failed,canceled", in any case. The error names the part that is none, and
// the names that there are.
func ParseStates(text string) (States, error) {
	states := States{}
	for part := range strings.SplitSeq(text, ",") {
		name := dashed(strings.ToLower(strings.TrimSpace(part)))
		if name == "cancelled" {
			name = "canceled"
		}
		at := slices.IndexFunc(stateSets, func(s stateSet) bool { return s.name == name })
		if at < 0 {
			var names []string
			for _, s := range stateSets {
				names = append(names, s.name)
			}
			return nil, fmt.Errorf("%q is no state: give some of %s, with commas between them", part, strings.Join(names, ", "))
		}
		for state := range poller.StateCount {
			if stateSets[at].has(state) {
				states[state] = true
			}
		}
	}
	return states, nil
}
