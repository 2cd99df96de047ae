package script

import (
	"bufio"
	"fmt"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/report"
	"polltop/views/safe"
)

// watch is what is known while a script waits.
type watch struct {
	Options
	out    *bufio.Writer
	begun  time.Time
	heard  bool // an update has come
	fed    bool // all requests have been handed over
	tasks  map[int32]*poller.Task
	untold map[int32]bool // ended, but the result is awaited
	counts [poller.StateCount]int
	asked  int // tasks that were polled at least once
	live   map[place]int
	hosts  []poller.HostStatus
	stats  poller.Stats
	warned map[string]bool
	line   progressLine

	mu     sync.Mutex
	wanted map[queue.Key]struct{} // handed over, but in no update yet
}

// place is where tasks are stopped together.
type place struct {
	origin   queue.Origin
	endpoint string
}

func newWatch(o Options) *watch {
	return &watch{
		Options: o, out: bufio.NewWriterSize(o.Out, 64<<10), begun: o.Clock(),
		tasks: map[int32]*poller.Task{}, untold: map[int32]bool{}, live: map[place]int{},
		warned: map[string]bool{}, wanted: map[queue.Key]struct{}{},
	}
}

// want notes requests that will show up in an update.
func (w *watch) want(requests []queue.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range requests {
		w.wanted[r.Key()] = struct{}{}
	}
}

// wanting returns how many requests have not shown up yet.
func (w *watch) wanting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.tasks {
		if len(w.wanted) == 0 {
			break
		}
		delete(w.wanted, t.Request.Key())
	}
	return len(w.wanted)
}

// over reports whether there is nothing more to wait for.
func (w *watch) over() bool {
	if !w.fed || !w.heard || len(w.untold) > 0 {
		return false
	}
	if w.Once {
		return w.asked == len(w.tasks) && w.wanting() == 0
	}
	return w.ended() == len(w.tasks) && w.wanting() == 0
}

// ended returns how many tasks have ended.
func (w *watch) ended() int {
	n := 0
	for state, count := range w.counts {
		if poller.State(state).Terminal() {
			n += count
		}
	}
	return n
}

// stuck reports whether nothing can be learned any more of the tasks that have
// not ended: nobody is here to give another key.
func (w *watch) stuck() bool {
	if !w.fed || len(w.tasks) == 0 || w.wanting() > 0 || w.ended() == len(w.tasks) {
		return false
	}
	for at, n := range w.live {
		if n > 0 && !w.stopped(at) {
			return false
		}
	}
	return true
}

// stopped reports whether tasks of a place are asked no more.
func (w *watch) stopped(at place) bool {
	for _, h := range w.hosts {
		if h.Base.Origin() != at.origin {
			continue
		}
		// Who asks once does not wait for a host to come back.
		if h.Stopped != nil || w.Once && h.Outage != nil {
			return true
		}
		for _, f := range h.Forbidden {
			if f.Endpoint == at.endpoint {
				return true
			}
		}
	}
	return false
}

// observe takes in an update and tells what changed.
func (w *watch) observe(u poller.Update) error {
	w.heard, w.hosts, w.stats = true, u.Hosts, u.Stats
	failed := false
	for _, t := range u.Tasks {
		old := w.note(t)
		if err := w.tell(old, t); err != nil {
			return err
		}
		failed = failed || t.State == poller.Failed || t.State == poller.Canceled
	}
	w.warnHosts()
	if u.Keeping.Damage != "" {
		w.warn(u.Keeping.Damage)
	}
	if u.Unkept != nil {
		w.warn("not kept on disk: " + u.Unkept.Error())
	}
	if err := w.out.Flush(); err != nil {
		return err
	}
	w.progress(false)
	if failed && w.FailFast {
		return errFailFast
	}
	return nil
}

// note puts a task's latest snapshot in the place of the one before, which it
// returns; nil for none.
func (w *watch) note(t *poller.Task) *poller.Task {
	at := place{t.Request.Base.Origin(), t.Request.Endpoint}
	old := w.tasks[t.Seq]
	if old != nil {
		w.counts[old.State]--
		if asked(old) {
			w.asked--
		}
		if !old.State.Terminal() {
			w.live[place{old.Request.Base.Origin(), old.Request.Endpoint}]--
		}
	}
	w.tasks[t.Seq] = t
	w.counts[t.State]++
	if asked(t) {
		w.asked++
	}
	if !t.State.Terminal() {
		w.live[at]++
	}
	return old
}

// asked reports whether a poll has told something of a task, or why nothing can
// be told. That the service has no time just now (429) is neither.
func asked(t *poller.Task) bool {
	return t.Seen != 0 || t.State.Terminal() || t.Trouble != nil && t.Trouble.Kind != queue.RateLimited
}

// warnHosts says, once each, what stops the polling.
func (w *watch) warnHosts() {
	for _, h := range w.hosts {
		if h.Stopped != nil {
			w.warn(h.Base.Host() + " refuses the key: " + h.Stopped.Error())
		}
		for _, f := range h.Forbidden {
			w.warn(h.Base.Host() + " refuses " + f.Endpoint + " to the key: " + f.Fault.Error())
		}
		if h.Outage != nil {
			w.warn(h.Base.Host() + " does not answer: " + h.Outage.Error())
		}
	}
}

// warn says something once on the error output.
func (w *watch) warn(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.warned[text] {
		return
	}
	w.warned[text] = true
	w.line.clear(w.Err)
	fmt.Fprintln(w.Err, "polltop: "+safe.Line(text))
}

// tell tells what has happened to a task between two snapshots.
func (w *watch) tell(old, t *poller.Task) error {
	event := eventOf(old, t)
	if w.Once {
		event = ""
		if asked(t) && (old == nil || !asked(old)) {
			event = report.EventTask
		}
	}
	var result *queue.Result
	if t.State == poller.Succeeded && w.Results {
		made, pending := w.result(t)
		switch {
		case pending:
			w.untold[t.Seq] = true
			return nil
		case w.untold[t.Seq]:
			delete(w.untold, t.Seq)
			event = report.EventEnded
		}
		result = made
	}
	if event == "" {
		return nil
	}
	if w.JSON {
		return report.ObjectOf(t, event, w.Clock(), result).Encode(w.out)
	}
	return w.plain(event, t)
}

// result returns what a task has made, nil where that can't be learned, and
// whether it is still awaited.
func (w *watch) result(t *poller.Task) (made *queue.Result, pending bool) {
	f, ok := w.Poller.Result(t.Seq)
	switch {
	case ok && f.Pending, !ok && t.Seen >= poller.StampOf(w.begun):
		return nil, true
	case !ok:
		return nil, false // it ended in an earlier run, and nothing was kept
	case f.Fault != nil:
		w.warn("the result of " + t.Request.ID + " could not be fetched: " + f.Fault.Error())
		return nil, false
	}
	return &f.Result, false
}

// eventOf returns what has happened to a task between two snapshots; "" for
// nothing that is told.
func eventOf(old, t *poller.Task) string {
	switch {
	case old == nil && t.State == poller.New && t.Polls == 0:
		return report.EventAdded
	case old == nil && t.State != poller.New:
		return report.EventTask
	case old == nil || old.State != t.State:
		switch t.State {
		case poller.Queued:
			return report.EventQueued
		case poller.Running:
			return report.EventRunning
		case poller.Succeeded, poller.Failed, poller.Canceled, poller.NotFound:
			return report.EventEnded
		}
	}
	if t.Trouble != nil && (old == nil || old.Trouble == nil || old.Trouble.Error() != t.Trouble.Error()) {
		return report.EventTrouble
	}
	return ""
}
