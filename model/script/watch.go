package script

import (
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/report"
)

// watch is what is known of the tasks, and what was told of them. One goroutine
// owns it.
type watch struct {
	options Options
	printer *printer
	started time.Time

	// tasks are the latest snapshots, by Seq: all that were handed out.
	tasks  []*poller.Task
	counts report.Counts // of tasks
	// waits says of the requests that were tracked, and of those of tasks, whether
	// they are still to be handed out; wanted counts those. A session hands out
	// more than was tracked here.
	waits  map[queue.Key]bool
	wanted int
	// aside are a session's tasks that were not named here: they are neither told
	// nor counted. It is nil where none is named and all are meant.
	aside map[queue.Key]*poller.Task
	// heard says that the poller has handed out what it knew at the start.
	heard bool
	// whole says that no more tasks are named, unread that reading what names
	// them has failed.
	whole, unread bool
	// answered says of which tasks Once has told, and how many they are.
	answered []bool
	looked   int
	// failed says that a task has failed or was canceled.
	failed bool
	// refused says that nothing can be learned of the tasks that were handed out.
	refused bool
	// crash is what the poller died of.
	crash error

	// words are the statuses that polltop does not know that were last told of tasks.
	words   map[int32]string
	oddTold int // how many times one was told
	// troubles are what was last told of tasks whose polls bring no answer.
	troubles map[int32]trouble
	// pending are the tasks that have succeeded and whose results are not there
	// yet; their end is not told yet.
	pending map[int32]bool

	hosts []poller.HostStatus
	told  hostsTold
	stats poller.Stats
	// persistence is what was last told of keeping the tasks on disk.
	persistence string
	pace        pace
}

// newWatch returns the watching of no task yet, from now on.
func newWatch(o Options) *watch {
	w := &watch{
		options: o, printer: newPrinter(o), started: o.Clock(), troubles: map[int32]trouble{}, words: map[int32]string{}, pending: map[int32]bool{},
		waits: make(map[queue.Key]bool, len(o.Requests)),
		told:  hostsTold{sick: map[queue.Origin]bool{}, forbidden: map[refusal]bool{}},
	}
	if len(o.Requests) > 0 || o.More != nil {
		w.aside = map[queue.Key]*poller.Task{}
	}
	return w
}

// trouble is what makes one trouble another one.
type trouble struct {
	kind    queue.FaultKind
	http    int
	message string
}

// counted returns how many tasks are in which state.
func (w *watch) counted() report.Counts {
	counts := w.counts
	counts[poller.New] += w.wanted
	return counts
}

// over returns the reason for which it ends now, "" for none.
func (w *watch) over() string {
	switch {
	case w.options.FailFast && w.failed:
		return report.ReasonFailed
	case !w.whole || !w.heard || len(w.pending) > 0:
		return ""
	case w.options.Once && w.looked == w.tracked(), w.counts.Ended() == w.tracked():
		return report.ReasonEnded
	case w.refused && w.wanted == 0:
		return report.ReasonRefused
	}
	return ""
}

// take takes in what changed and tells it.
func (w *watch) take(u poller.Update) error {
	w.hosts, w.stats, w.heard = u.Hosts, u.Stats, true
	w.pace.note(w.options.Clock(), u.Stats.Polls)
	for _, t := range u.Tasks {
		if !w.named(t) {
			continue
		}
		if err := w.change(t); err != nil {
			return err
		}
	}
	for _, seq := range u.Dropped {
		w.drop(seq)
	}
	w.tellHosts()
	if err := w.tellWaits(); err != nil {
		return err
	}
	w.reportPersistence(u)
	return w.judge()
}

// keep keeps a task's latest snapshot, and returns the one before, nil for none.
func (w *watch) keep(t *poller.Task) *poller.Task {
	for int(t.Seq) >= len(w.tasks) {
		w.tasks = append(w.tasks, nil)
		w.answered = append(w.answered, false)
	}
	old := w.tasks[t.Seq]
	if old != nil {
		w.counts[old.State]--
	} else {
		key := t.Request.Key()
		if w.waits[key] {
			w.wanted--
		}
		w.waits[key] = false
	}
	w.counts[t.State]++
	w.tasks[t.Seq] = t
	return old
}

// change takes in a task's next snapshot.
func (w *watch) change(t *poller.Task) error {
	if w.pending[t.Seq] {
		w.keep(t)
		return w.settle(t)
	}
	if w.options.Once {
		return w.look(t)
	}
	old := w.keep(t)
	moved := t.State != poller.New && t.State != poller.Reading && (old == nil || old.State != t.State)
	news := w.troubled(t)
	w.tellWord(t)
	switch {
	case moved && t.State.Terminal():
		return w.ended(t)
	case moved && t.State == poller.Queued:
		return w.tell(t, report.EventQueued, nil, nil)
	case moved:
		return w.tell(t, report.EventRunning, nil, nil)
	case news:
		return w.tell(t, report.EventTrouble, nil, nil)
	}
	return nil
}

// troubled reports whether a task has trouble that was not told yet. That the
// host asks to slow down is none of the task's.
func (w *watch) troubled(t *poller.Task) bool {
	if t.Trouble == nil || t.State.Terminal() {
		delete(w.troubles, t.Seq)
		return false
	}
	now := trouble{t.Trouble.Kind, t.Trouble.HTTP, t.Trouble.Message}
	if now.kind == queue.RateLimited || w.troubles[t.Seq] == now {
		return false
	}
	w.troubles[t.Seq] = now
	return true
}

// wordsMost bounds how many lines tell of statuses that polltop does not know: at the
// end the summary names them.
const wordsMost = 100

// tellWord tells that a task has a status that polltop does not know, once for each
// word.
func (w *watch) tellWord(t *poller.Task) {
	if !t.Unrecognized || t.State.Terminal() {
		delete(w.words, t.Seq)
		return
	}
	if told, known := w.words[t.Seq]; known && told == t.Word {
		return
	}
	w.words[t.Seq] = t.Word
	if w.oddTold++; w.oddTold <= wordsMost {
		w.printer.notice(short(t) + ": " + views.UnrecognizedStatus(t))
	}
}

// ended tells of a task's end, or waits with that for its result.
func (w *watch) ended(t *poller.Task) error {
	w.failed = w.failed || t.State == poller.Failed || t.State == poller.Canceled
	if w.options.Results && t.State == poller.Succeeded {
		fetched, ok := w.options.Poller.Result(t.Seq)
		if !ok {
			// Another process polls, or it had to make room.
			w.options.Poller.Fetch(t.Seq)
		}
		if !ok || fetched.Pending {
			w.pending[t.Seq] = true
			return nil
		}
		return w.settle(t)
	}
	if fetched, ok := w.options.Poller.Result(t.Seq); ok && t.Fetched && fetched.Fault == nil && !fetched.Pending {
		return w.tell(t, report.EventEnded, &fetched.Result, nil) // it was read to know the end
	}
	return w.tell(t, report.EventEnded, nil, nil)
}

// settle tells of the end of a task that has succeeded, with what came of
// fetching its result.
func (w *watch) settle(t *poller.Task) error {
	fetched, ok := w.options.Poller.Result(t.Seq)
	if ok && fetched.Pending {
		return nil
	}
	delete(w.pending, t.Seq)
	if !ok {
		return w.tell(t, report.EventEnded, nil, nil)
	}
	return w.tell(t, report.EventEnded, &fetched.Result, fetched.Fault)
}

// release tells of the ends of those tasks whose results are not waited for any
// more.
func (w *watch) release(when func(*poller.Task) bool) error {
	for _, t := range w.tasks {
		if len(w.pending) == 0 {
			return nil
		}
		if t == nil || !w.pending[t.Seq] || !when(t) {
			continue
		}
		delete(w.pending, t.Seq)
		if err := w.tell(t, report.EventEnded, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// tell tells an event. The result is nil where there is none; the fault is why
// it could not be fetched.
func (w *watch) tell(t *poller.Task, event string, result *queue.Result, fault *queue.Fault) error {
	now := w.options.Clock()
	if fault != nil {
		result = nil
		w.printer.notice("the result of " + short(t) + " could not be fetched: " + line(fault))
	}
	if w.options.Progress == Plain || (w.options.Once && !w.options.JSON) {
		w.printer.line(report.Line(t, event, now, result))
	}
	if !w.options.JSON {
		return nil
	}
	object := report.ObjectOf(t, event, now, result)
	if fault != nil {
		object.Trouble = fault.Error()
	}
	return w.printer.object(object)
}
