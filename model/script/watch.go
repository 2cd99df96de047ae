package script

import (
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/report"
)

const (
	redraw            = 100 * time.Millisecond // how often the progress line is drawn at most
	longWait          = 10 * time.Second       // the longest pause of a service that is not reported
	wordsMost         = 100                    // bounds the lines about unknown status words: the summary names them too
	unrecognizedNamed = 10                     // bounds the tasks with an unknown status that are named in a line

	// The failed polls in a row that count as the answer with Once. A refusal is confirmed first,
	// and a 429 says nothing about the task.
	onceRefused, onceLimited = 2, 3
)

// watch has the state of the tasks and of what was reported about them. One goroutine owns it.
type watch struct {
	options Options
	printer *printer
	started time.Time
	events  chan func() // what the goroutines beside the watch have it do
	crash   error       // a panic there

	tasks    []*poller.Task            // the latest snapshots, by Seq
	counts   report.Counts             // of tasks
	payloads map[int64]*poller.Payload // the watched ones, by number
	holds    []report.Hold             // what keeps tasks from being polled
	stats    poller.Stats

	watched map[queue.Key]bool // the requests that were named here, and those of tasks
	// unnamed are a session's tasks that were not named here: they are neither reported
	// nor counted. It is nil where no task is named, so that all are watched.
	unnamed map[queue.Key]*poller.Task

	updated     bool // the first update has come, with the tasks of an earlier run
	inputDone   bool // the input was read to its end
	inputFailed bool // that failed
	failed      bool // a task has failed or was canceled
	refused     bool // no request about any task is possible

	answered map[int32]bool // the tasks that Once has reported
	pending  map[int32]bool // those that have succeeded but wait for their results to be reported
	missing  int            // how many have succeeded without an output to download

	// What was reported, so that it is not said again.
	said          map[topic]string
	told          map[report.Held]report.Hold
	words         int // unknown status words of tasks
	notDownloaded int // failed downloads
}

// topic is what a message is about: a task's trouble or word, the disk, or a refused payload.
type topic struct {
	what string
	seq  int32 // of the task, if it is about one
}

// news reports whether a message was not the last one about its topic, and notes it.
func (w *watch) news(about topic, text string) bool {
	last, known := w.said[about]
	w.said[about] = text
	return !known || last != text
}

func newWatch(o Options) *watch {
	w := &watch{
		options: o, printer: newPrinter(o), started: o.Clock(), events: make(chan func()), said: map[topic]string{},
		pending: map[int32]bool{}, answered: map[int32]bool{}, payloads: map[int64]*poller.Payload{},
		told: map[report.Held]report.Hold{}, watched: make(map[queue.Key]bool, len(o.Requests)),
	}
	if len(o.Requests) > 0 || o.More != nil || o.Batch != 0 {
		w.unnamed = map[queue.Key]*poller.Task{}
	}
	return w
}

// tracked returns the number of tasks, with those that have no snapshot yet.
func (w *watch) tracked() int { return len(w.watched) }

// unseen returns how many of these have none.
func (w *watch) unseen() int { return w.tracked() - w.counts.Total() }

// counted returns the number of tasks by state.
func (w *watch) counted() report.Counts {
	counts := w.counts
	counts[poller.New] += w.unseen()
	return counts
}

// endReason returns why the run ends now, "" for not.
func (w *watch) endReason() string {
	switch {
	case w.options.FailFast && w.failed:
		return report.ReasonFailed
	case !w.inputDone || !w.updated || len(w.pending) > 0 || w.options.Downloads != nil && w.options.Downloads.Active():
		return ""
	case w.options.Once && len(w.answered) == w.tracked(), w.counts.Ended() == w.tracked() && w.toSubmit() == 0:
		return report.ReasonEnded
	case w.refused && w.unseen() == 0:
		return report.ReasonRefused
	}
	return ""
}

func (w *watch) apply(u poller.Update) {
	w.stats, w.updated, w.holds = u.Stats, true, nil
	for _, h := range u.Hosts {
		w.holds = append(w.holds, report.Holds(h, w.options.Clock())...)
	}
	w.applyPayloads(u.Payloads)
	for _, t := range u.Tasks {
		if w.named(t) {
			w.applyTask(t)
		}
	}
	for _, seq := range u.Dropped {
		w.drop(seq)
	}
	w.reportHolds()
	w.reportPersistence(u)
	w.judge()
}

// keep stores a task's latest snapshot, and returns the one before, nil for none.
func (w *watch) keep(t *poller.Task) *poller.Task {
	for int(t.Seq) >= len(w.tasks) {
		w.tasks = append(w.tasks, nil)
	}
	old := w.tasks[t.Seq]
	if old != nil {
		w.counts[old.State]--
	} else {
		w.watched[t.Request.Key()] = true
	}
	w.counts[t.State]++
	w.tasks[t.Seq] = t
	return old
}

func (w *watch) applyTask(t *poller.Task) {
	switch {
	case w.pending[t.Seq]:
		w.keep(t)
		w.reportEnd(t)
		return
	case w.options.Once:
		w.applyOnce(t)
		return
	}
	old := w.keep(t)
	moved := t.State != poller.New && t.State != poller.Reading && (old == nil || old.State != t.State)
	news := w.troubled(t)
	w.reportWord(t)
	if moved {
		w.reportState(t)
	} else if news {
		w.report(t, report.EventTrouble, nil, nil)
	}
}

func (w *watch) reportState(t *poller.Task) {
	switch {
	case t.State.Terminal():
		w.ended(t)
	case t.State == poller.Queued:
		w.report(t, report.EventQueued, nil, nil)
	case t.State == poller.New: // its status is none that polltop knows
		w.report(t, report.EventTask, nil, nil)
	default:
		w.report(t, report.EventRunning, nil, nil)
	}
}

// troubled reports whether a task has trouble that was not reported yet. A 429 is not the task's.
func (w *watch) troubled(t *poller.Task) bool {
	about := topic{"trouble", t.Seq}
	if t.Trouble == nil || t.State.Terminal() {
		delete(w.said, about)
		return false
	}
	return t.Trouble.Kind != queue.RateLimited && w.news(about, t.Trouble.Error())
}

// reportWord reports an unknown status word of a task, once for each word.
func (w *watch) reportWord(t *poller.Task) {
	about := topic{"word", t.Seq}
	if !t.Unrecognized || t.State.Terminal() {
		delete(w.said, about)
	} else if w.words < wordsMost && w.news(about, t.Word) {
		w.words++
		w.printer.notice(short(t) + ": " + views.UnrecognizedStatus(t))
	}
}

// ended reports a task's end, or waits for its result first.
func (w *watch) ended(t *poller.Task) {
	w.failed = w.failed || t.State == poller.Failed || t.State == poller.Canceled
	fetched, ok := w.options.Poller.Result(t.Seq)
	switch {
	case (w.options.Results || w.options.Downloads != nil) && t.State == poller.Succeeded:
		w.pending[t.Seq] = true
		if ok {
			w.reportEnd(t)
		} else { // another process polls, or the result was evicted
			w.options.Poller.Fetch(t.Seq)
		}
	case ok && t.Fetched && fetched.Fault == nil && !fetched.Pending: // it was read to know the end
		w.report(t, report.EventEnded, &fetched.Result, nil)
	default:
		w.report(t, report.EventEnded, nil, nil)
	}
}

// reportEnd reports the end of a task that has succeeded, with the outcome of fetching its
// result, unless that is pending.
func (w *watch) reportEnd(t *poller.Task) {
	fetched, ok := w.options.Poller.Result(t.Seq)
	if ok && fetched.Pending {
		return
	}
	delete(w.pending, t.Seq)
	w.download(t, fetched, ok)
	if !ok {
		w.report(t, report.EventEnded, nil, nil)
		return
	}
	w.report(t, report.EventEnded, &fetched.Result, fetched.Fault)
}

// release reports the ends of tasks without waiting longer for their results.
func (w *watch) release(when func(*poller.Task) bool) {
	for _, t := range w.tasks {
		if t != nil && w.pending[t.Seq] && when(t) {
			delete(w.pending, t.Seq)
			w.report(t, report.EventEnded, nil, nil)
		}
	}
}

// report reports an event of a task. The result is nil for none, the fault why it was not fetched.
func (w *watch) report(t *poller.Task, event string, result *queue.Result, fault *queue.Fault) {
	now := w.options.Clock()
	if fault != nil {
		result = nil
		w.printer.notice("the result of " + short(t) + " could not be fetched: " + fault.Error())
	}
	if w.options.Progress == Plain || (w.options.Once && !w.options.JSON) {
		w.printer.line(report.Line(t, event, now, result))
	}
	if !w.options.JSON {
		return
	}
	object := report.ObjectOf(t, event, now, result)
	if fault != nil {
		object.Trouble = fault.Error()
	}
	w.printer.object(object)
}
