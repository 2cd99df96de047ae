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

// The reasons for which watching has ended.
const (
	ReasonEnded       = "ended"       // there was nothing left to learn
	ReasonFailed      = "failed"      // a task failed or was canceled, and that was to end it
	ReasonTimeout     = "timeout"     // the time was up
	ReasonRefused     = "refused"     // the services refuse the key for all that is live
	ReasonInterrupted = "interrupted" // a signal came
	ReasonError       = "error"       // polltop could not go on; standard error says why
)

// SummaryObject is what came of all tasks, for programs: the last object that
// is written. Its names are a promise as those of TaskObject are.
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

// Unknown returns how many tasks have ended in a way that nobody knows.
func (c Counts) Unknown() int { return c[poller.Expired] + c[poller.NotFound] + c[poller.Unread] }

// Ended returns how many tasks have ended.
func (c Counts) Ended() int { return c.Total() - c.Live() }

// UnrecognizedObject is a live task with a status that polltop does not know; "" for none.
type UnrecognizedObject struct {
	RequestID string `json:"request_id"`
	Status    string `json:"status"`
}

// Add notes what is in a summary beside the counts of states: the tasks' costs, those whose
// status is not known, and the payloads that created no task.
func (o *SummaryObject) Add(tasks []*poller.Task, s Submissions) {
	o.Cost = CostsOf(tasks)
	o.ToSubmit, o.SubmissionUnknown = s.Pending(), s[poller.PayloadUnknown]
	o.Rejected, o.GivenUp = s[poller.PayloadRejected], s[poller.PayloadGivenUp]
	unrecognized := Unrecognized(tasks)
	for _, t := range unrecognized[:min(len(unrecognized), objectsMost)] {
		o.Unrecognized = append(o.Unrecognized, UnrecognizedObject{RequestID: t.Request.ID, Status: t.StatusWord})
	}
}

// Unrecognized returns the live ones among tasks whose status polltop does not know.
func Unrecognized(tasks []*poller.Task) []*poller.Task {
	return slices.DeleteFunc(slices.Clone(tasks), func(t *poller.Task) bool { return t == nil || !t.Unrecognized || t.State.Terminal() })
}

// SummaryOf returns what came of the tasks at a moment: for what reason the
// watching of them ended, how long it took, and what was asked meanwhile.
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

// Costs are sums of what tasks cost, by unit.
type Costs map[string]float64

// CostsOf returns what tasks cost together, as far as services reported it.
func CostsOf(tasks []*poller.Task) Costs {
	costs := Costs{}
	for _, t := range tasks {
		if t != nil && t.CostUnit != "" {
			costs[t.CostUnit] += t.Cost
		}
	}
	return costs
}

// String returns the sums for people, such as "12.5 credits, 3 units"; "" for none.
func (c Costs) String() string {
	var parts []string
	for _, unit := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, safe.Line(views.Cost(c[unit], unit)))
	}
	return strings.Join(parts, ", ")
}

// States is a set of states of tasks.
type States map[poller.State]bool

// namesOfStates are what states are given by: their own words, and names of several.
var namesOfStates = func() (names []string) {
	for state := range poller.StateCount {
		names = append(names, dashed(state.String()))
	}
	return append(names, "succeeded", "unknown", "live", "ended")
}()

// named reports whether a name stands for a state.
func named(name string, state poller.State) bool {
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
// case. The error names the part that is none, and the names that there are.
func ParseStates(text string) (States, error) {
	states := States{}
	for part := range strings.SplitSeq(text, ",") {
		name := dashed(strings.ToLower(strings.TrimSpace(part)))
		found := false
		for state := range poller.StateCount {
			if named(name, state) {
				states[state], found = true, true
			}
		}
		if !found {
			return nil, fmt.Errorf("%q is no state: give some of %s, with commas between them", part, strings.Join(namesOfStates, ", "))
		}
	}
	return states, nil
}
