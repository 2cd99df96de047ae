package report

import (
	"fmt"
	"strings"

	"polltop/poller"
)

// States is a set of states of tasks.
type States map[poller.State]bool

// stateNames are the names that a set of states is given by: the word that the
// dashboard has for a state, and others that people and the API have.
var stateNames = []struct {
	name   string
	states []poller.State
}{
	{"new", []poller.State{poller.New}},
	{"queued", []poller.State{poller.Queued}},
	{"running", []poller.State{poller.Running}},
	{"reading", []poller.State{poller.Reading}},
	{"done", []poller.State{poller.Succeeded}},
	{"succeeded", []poller.State{poller.Succeeded}},
	{"failed", []poller.State{poller.Failed}},
	{"canceled", []poller.State{poller.Canceled}},
	{"expired", []poller.State{poller.Expired}},
	{"not-found", []poller.State{poller.NotFound}},
	{"unread", []poller.State{poller.Unread}},
	{"unknown", []poller.State{poller.NotFound, poller.Unread}},
	{"live", []poller.State{poller.New, poller.Queued, poller.Running, poller.Reading}},
	{"ended", []poller.State{poller.Succeeded, poller.Failed, poller.Canceled, poller.Expired, poller.NotFound, poller.Unread}},
}

// StateNames returns all names that ParseStates reads.
func StateNames() []string {
	names := make([]string, len(stateNames))
	for i, entry := range stateNames {
		names[i] = entry.name
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
		found := false
		for _, entry := range stateNames {
			if entry.name == name {
				found = true
				for _, state := range entry.states {
					states[state] = true
				}
			}
		}
		if !found {
			return nil, fmt.Errorf("%q is no state: give some of %s, with commas between them", part, strings.Join(StateNames(), ", "))
		}
	}
	return states, nil
}
