package notify

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"polltop/poller"
)

// Mode is a value of --notify.
type Mode string

// The modes. All but Off report when everything has ended.
const (
	Off          Mode = "off"
	Done         Mode = "done"
	FirstFailure Mode = "first-failure" // and the first failure
	EachFailure  Mode = "failure"       // and each failure
)

// collectTime is how long failures are collected before one notice reports them.
const collectTime = 10 * time.Second

// Notice is a desktop notification.
type Notice struct{ Title, Text string }

// Observer decides what to report. It ignores tasks that had ended by their first answer.
type Observer struct {
	mode            Mode
	live            map[int32]bool // live tasks: whether an answer has confirmed that
	ended           map[poller.State]int
	failureReported bool // of the present batch
	failures        map[string]int
	due             time.Time // when the pending failures are reported; zero for none
}

func New(mode Mode) *Observer {
	return &Observer{mode: mode, live: map[int32]bool{}, ended: map[poller.State]int{}, failures: map[string]int{}}
}

// Observe returns what to report after a change of tasks. While tasks are live it must also be
// called about each second, without tasks, and after Forget.
func (o *Observer) Observe(tasks []*poller.Task, now time.Time) []Notice {
	if o.mode == Off || o.mode == "" {
		return nil
	}
	finished := false
	for _, t := range tasks {
		if !t.State.Terminal() {
			o.live[t.Seq] = t.State != poller.New
			continue
		}
		if o.live[t.Seq] { // else it had ended by the first answer
			finished = true
			o.ended[t.State]++
			o.addFailure(t, now)
		}
		delete(o.live, t.Seq)
	}
	var notices []Notice
	over := finished && len(o.live) == 0
	if !o.due.IsZero() && (len(o.live) == 0 || !now.Before(o.due)) {
		notices = append(notices, o.failureNotice())
	}
	if over {
		notices = append(notices, o.summaryNotice())
	}
	return notices
}

// addFailure adds a failed task to those that will be reported, if the mode reports it.
func (o *Observer) addFailure(t *poller.Task, now time.Time) {
	if !t.Problem() || o.mode == Done || o.mode == FirstFailure && o.failureReported {
		return
	}
	kind := cmp.Or(t.ErrorType, "failed")
	if t.State.Unknown() {
		kind = t.State.String()
	}
	o.failures[plain(kind)]++
	o.failureReported = true
	if o.due.IsZero() {
		o.due = now
		if o.mode == EachFailure { // else only this one is reported
			o.due = now.Add(collectTime)
		}
	}
}

// Forget removes a task that is no longer tracked. Even if it was the last live one, that is not
// reported as the end of all.
func (o *Observer) Forget(seq int32) { delete(o.live, seq) }

func (o *Observer) failureNotice() Notice {
	total := 0
	kinds := slices.SortedFunc(maps.Keys(o.failures), func(a, b string) int {
		return cmp.Or(cmp.Compare(o.failures[b], o.failures[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, kind := range kinds {
		total += o.failures[kind]
		if len(parts) < 3 {
			parts = append(parts, fmt.Sprintf("%d %s", o.failures[kind], kind))
		}
	}
	clear(o.failures)
	o.due = time.Time{}
	return Notice{Title: fmt.Sprintf("polltop: %d failed", total), Text: strings.Join(parts, ", ")}
}

// summaryNotice returns the notice that all have ended, and resets the counts.
func (o *Observer) summaryNotice() Notice {
	var parts []string
	for state := range poller.StateCount {
		if n := o.ended[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	clear(o.ended)
	o.failureReported = false
	return Notice{Title: "polltop: all ended", Text: strings.Join(parts, ", ")}
}
