package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views"
	"polltop/views/safe"
)

// The reasons for which polltop stopped polling.
const (
	ReasonEnded       = "ended"       // all tasks have ended
	ReasonFailed      = "failed"      // a task failed or was canceled, and the user wants to stop then
	ReasonTimeout     = "timeout"     // the time is up
	ReasonRefused     = "refused"     // the services refuse the key for all live tasks
	ReasonInterrupted = "interrupted" // by a signal
	ReasonError       = "error"       // an error, which is on standard error
)

// SummaryObject is the outcome of all tasks as a JSON object, the last one that is written. Its names
// are as stable as those of TaskObject.
type SummaryObject struct {
	Time              string               `json:"time"`
	Event             string               `json:"event"`
	Reason            string               `json:"reason"`
	Tasks             int                  `json:"tasks"`
	Succeeded         int                  `json:"succeeded"`
	Failed            int                  `json:"failed"`
	Canceled          int                  `json:"canceled"`
	Expired           int                  `json:"expired"`
	Unknown           int                  `json:"unknown"`
	Retried           int                  `json:"retried"`
	Live              int                  `json:"live"`
	Cost              Costs                `json:"cost,omitempty"`
	Unrecognized      []UnrecognizedObject `json:"unrecognized_status,omitempty"`
	ToSubmit          int                  `json:"waiting_to_submit,omitempty"`
	SubmissionUnknown int                  `json:"submission_unknown,omitempty"`
	Rejected          int                  `json:"rejected,omitempty"`
	GivenUp           int                  `json:"given_up,omitempty"`
	Files             int                  `json:"files,omitempty"`
	FilesFailed       int                  `json:"files_failed,omitempty"`
	Polls             uint64               `json:"polls"`
	Requests          uint64               `json:"requests"`
	RateLimited       uint64               `json:"answered_429"`
	Elapsed           float64              `json:"elapsed_s"`
}

// Counts counts tasks by their states.
type Counts [poller.StateCount]int

// Total returns how many tasks there are.
func (c Counts) Total() int {
	total := 0
	for _, n := range c {
		total += n
	}
	return total
}

// Live returns how many tasks have not ended.
func (c Counts) Live() int {
	return c[poller.New] + c[poller.Queued] + c[poller.Running] + c[poller.Reading]
}

// Unknown returns how many tasks have ended with unknown outcome.
func (c Counts) Unknown() int { return c[poller.Expired] + c[poller.NotFound] + c[poller.Unread] }

// Ended returns how many tasks have ended.
func (c Counts) Ended() int { return c.Total() - c.Live() }

// UnrecognizedObject is a live task with a status that polltop does not know; Status is "" if the
// answer has none.
type UnrecognizedObject struct {
	RequestID string `json:"request_id"`
	Status    string `json:"status"`
}

// Add sets the costs of the tasks, those with unrecognized statuses, and the counts of payloads.
func (o *SummaryObject) Add(tasks []*poller.Task, s Submissions) {
	o.Cost = CostsOf(tasks)
	o.ToSubmit, o.SubmissionUnknown = s.Pending(), s[poller.PayloadUnknown]
	o.Rejected, o.GivenUp = s[poller.PayloadRejected], s[poller.PayloadGivenUp]
	unrecognized := Unrecognized(tasks)
	for _, t := range unrecognized[:min(len(unrecognized), maxObjects)] {
		o.Unrecognized = append(o.Unrecognized, UnrecognizedObject{RequestID: t.Request.ID, Status: t.StatusWord})
	}
}

// Unrecognized returns the live ones among tasks whose status polltop does not know.
func Unrecognized(tasks []*poller.Task) []*poller.Task {
	return slices.DeleteFunc(slices.Clone(tasks), func(t *poller.Task) bool { return t == nil || !t.Unrecognized || t.State.Terminal() })
}

// SummaryOf returns the outcome of tasks as of now: the reason for which polling stopped, how long it
// took, and the requests that were made.
func SummaryOf(counts Counts, stats poller.Stats, reason string, elapsed time.Duration, now time.Time) SummaryObject {
	return SummaryObject{
		Time: timeText(now), Event: EventSummary, Reason: reason,
		Tasks: counts.Total(), Live: counts.Live(),
		Succeeded: counts[poller.Succeeded], Failed: counts[poller.Failed],
		Retried: counts[poller.Retried], Canceled: counts[poller.Canceled], Expired: counts[poller.Expired],
		Unknown: counts[poller.NotFound] + counts[poller.Unread],
		Polls:   stats.Polls, Requests: stats.Requests, RateLimited: stats.RateLimited,
		Elapsed: math.Round(elapsed.Seconds()*1000) / 1000,
	}
}

// Costs are sums of the tasks' costs, by unit.
type Costs map[string]float64

// CostsOf returns the sums of the costs that services reported.
func CostsOf(tasks []*poller.Task) Costs {
	costs := Costs{}
	for _, t := range tasks {
		if t != nil && t.CostUnit != "" {
			costs[t.CostUnit] += t.Cost
		}
	}
	return costs
}

// String returns the sums as text, such as "12.5 credits, 3 units"; "" for none.
func (c Costs) String() string {
	var parts []string
	for _, unit := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, safe.Line(views.Cost(c[unit], unit)))
	}
	return strings.Join(parts, ", ")
}

// States is a set of states of tasks.
type States map[poller.State]bool

// stateNames are the names that ParseStates lists: the states' words, and names of several.
var stateNames = func() (names []string) {
	for state := range poller.StateCount {
		names = append(names, dashed(state.String()))
	}
	return append(names, "succeeded", "unknown", "live", "ended")
}()

// hasName reports whether a name is that of a state, or of several with it.
func hasName(name string, state poller.State) bool {
	switch name {
	case "succeeded":
		return state == poller.Succeeded
	case "unknown":
		return state == poller.NotFound || state == poller.Unread
	case "live":
		return !state.Terminal()
	case "ended":
		return state.Terminal()
	case "cancelled":
		return state == poller.Canceled
	}
	return name == dashed(state.String())
}

func dashed(word string) string { return strings.ReplaceAll(word, " ", "-") }

// ParseStates reads names of states with commas between them, such as "failed,canceled", in any
// case. The error names the wrong part and all names.
func ParseStates(text string) (States, error) {
	states := States{}
	for part := range strings.SplitSeq(text, ",") {
		name := dashed(strings.ToLower(strings.TrimSpace(part)))
		found := false
		for state := range poller.StateCount {
			if hasName(name, state) {
				states[state], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("%q is no state: give some of %s, with commas between them", part, strings.Join(stateNames, ", "))
		}
	}
	return states, nil
}
