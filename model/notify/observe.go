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

// Mode says what is reported, as --notify names it.
type Mode string

// The modes. All but Off report when everything has ended.
const (
	Off          Mode = "off"
	Done         Mode = "done"
	FirstFailure Mode = "first-failure" // and the first failure
	EachFailure  Mode = "failure"       // and each failure
)

// burst is how long failures are collected before they are reported together.
const burst = 10 * time.Second

// Notice is something to report.
type Notice struct{ Title, Text string }

// Observer decides what is to be reported. The first answer about a task is history:
// what was over by then is never reported.
type Observer struct {
	mode     Mode
	live     map[int32]bool // tasks that are not over: whether an answer reported so
	ended    map[poller.State]int
	notified bool // the first failure has been
	pending  map[string]int
	due      time.Time // when the pending failures are reported; zero for none
}

// New returns an observer that has seen nothing.
func New(mode Mode) *Observer {
	return &Observer{mode: mode, live: map[int32]bool{}, ended: map[poller.State]int{}, pending: map[string]int{}}
}

// Observe takes in the tasks that changed, and returns what is to be reported now.
// It is also called without tasks when Due has come.
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
		if o.live[t.Seq] { // else it was over by the first answer
			finished = true
			o.ended[t.State]++
			o.failed(t, now)
		}
		delete(o.live, t.Seq)
	}
	var notices []Notice
	over := finished && len(o.live) == 0
	if !o.due.IsZero() && (over || !now.Before(o.due)) {
		notices = append(notices, o.flush())
	}
	if over {
		notices = append(notices, o.summary())
	}
	return notices
}

// failed collects a failure, if failures are reported.
func (o *Observer) failed(t *poller.Task, now time.Time) {
	if !t.Problem() || o.mode == Done || o.mode == FirstFailure && o.notified {
		return
	}
	kind := cmp.Or(t.ErrorType, "failed")
	if t.State.Unknown() {
		kind = t.State.String()
	}
	o.pending[plain(kind)]++
	o.notified = true
	if o.due.IsZero() {
		o.due = now
		if o.mode == EachFailure { // else there is only one to wait for
			o.due = now.Add(burst)
		}
	}
}

// Forget leaves a task out that is tracked no more: the others may then have
// all ended, which is not reported, as nothing has.
func (o *Observer) Forget(seq int32) { delete(o.live, seq) }

// Due returns when Observe is to be called again, though nothing changed; the zero time for never.
func (o *Observer) Due() time.Time { return o.due }

// flush reports the failures that were collected.
func (o *Observer) flush() Notice {
	total := 0
	kinds := slices.SortedFunc(maps.Keys(o.pending), func(a, b string) int {
		return cmp.Or(cmp.Compare(o.pending[b], o.pending[a]), cmp.Compare(a, b))
	})
	var parts []string
	for _, kind := range kinds {
		total += o.pending[kind]
		if len(parts) < 3 {
			parts = append(parts, fmt.Sprintf("%d %s", o.pending[kind], kind))
		}
	}
	clear(o.pending)
	o.due = time.Time{}
	return Notice{Title: fmt.Sprintf("polltop: %d failed", total), Text: strings.Join(parts, ", ")}
}

// summary reports that all have ended, and counts anew from here.
func (o *Observer) summary() Notice {
	var parts []string
	for state := range poller.StateCount {
		if n := o.ended[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, state))
		}
	}
	clear(o.ended)
	o.notified = false
	return Notice{Title: "polltop: all ended", Text: strings.Join(parts, ", ")}
}
