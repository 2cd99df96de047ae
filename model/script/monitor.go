package script

import (
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/report"
)

const (
	redrawInterval = 100 * time.Millisecond // the least time between two progress lines
	longPause      = 10 * time.Second       // a service's pause up to this is not reported
	maxWordNotices = 100                    // bounds the notices about unknown status words; the summary names them too
	maxListed      = 10                     // bounds the tasks with an unknown status that one message lists

	// onceRefusals and onceRateLimits are how many consecutive failures count as the answer with Once:
	// a refusal is confirmed by a second one, and a 429 says nothing about the task.
	onceRefusals, onceRateLimits = 2, 3
)

// monitor holds the state of the tasks and what was reported about them. One goroutine owns it.
type monitor struct {
	options Options
	printer *printer
	started time.Time
	events  chan func() // functions that other goroutines want run on the monitor's own
	crash   error       // a panic in one of these goroutines

	tasks    []*poller.Task            // the latest snapshots, by Seq
	counts   report.Counts             // of tasks
	payloads map[int64]*poller.Payload // the followed ones, by number
	holds    []report.Hold             // what keeps tasks from being polled now
	stats    poller.Stats

	followed map[queue.Key]bool // the requests that are reported and counted
	// others are the tasks of a session that were not named here, which are neither reported nor
	// counted. It is nil where no task is named, so that all are followed.
	others map[queue.Key]*poller.Task

	hasUpdate   bool // the first update has arrived, with the tasks of an earlier run
	inputDone   bool // the input was read to its end
	inputFailed bool // reading the input failed
	failed      bool // a task has failed or was canceled
	refused     bool // no task can be polled with the present key

	answered       map[int32]bool // the tasks that Once has reported, by Seq
	awaitingResult map[int32]bool // the succeeded tasks that are reported once their results are fetched, by Seq
	withoutOutput  int            // succeeded tasks without an output to download

	// What was reported already.
	lastMessages    map[topic]string
	reportedHolds   map[report.HoldScope]report.Hold
	statusWords     int // unknown status words of tasks
	failedDownloads map[failedDownload]bool
}

// topic is what a message is about: "trouble" or "word" of a task, the "disk", or a refused "payload".
type topic struct {
	what string
	seq  int32 // the task's Seq, 0 if it is about no task
}

// isNew reports whether a message differs from the last one about its topic, and stores it as the last.
func (m *monitor) isNew(about topic, text string) bool {
	last, ok := m.lastMessages[about]
	m.lastMessages[about] = text
	return !ok || last != text
}

func newMonitor(o Options) *monitor {
	m := &monitor{
		options: o, printer: newPrinter(o), started: o.Clock(), events: make(chan func()), lastMessages: map[topic]string{}, failedDownloads: map[failedDownload]bool{},
		awaitingResult: map[int32]bool{}, answered: map[int32]bool{}, payloads: map[int64]*poller.Payload{},
		reportedHolds: map[report.HoldScope]report.Hold{}, followed: make(map[queue.Key]bool, len(o.Requests)),
	}
	if len(o.Requests) > 0 || o.More != nil || o.Batch != 0 {
		m.others = map[queue.Key]*poller.Task{}
	}
	return m
}

// tracked returns the number of followed tasks, including those without a snapshot.
func (m *monitor) tracked() int { return len(m.followed) }

// withoutSnapshot returns the number of followed tasks of which no snapshot has arrived.
func (m *monitor) withoutSnapshot() int { return m.tracked() - m.counts.Total() }

// countsByState counts the followed tasks. Those without a snapshot are New.
func (m *monitor) countsByState() report.Counts {
	counts := m.counts
	counts[poller.New] += m.withoutSnapshot()
	return counts
}

// endReason returns why the run ends now, "" if it goes on.
func (m *monitor) endReason() string {
	switch {
	case m.options.FailFast && m.failed:
		return report.ReasonFailed
	case !m.inputDone || !m.hasUpdate || len(m.awaitingResult) > 0 || m.options.Downloads != nil && m.options.Downloads.Active():
		return ""
	case m.options.Once && len(m.answered) == m.tracked(), m.counts.Ended() == m.tracked() && m.toSubmit() == 0:
		return report.ReasonEnded
	case m.refused && m.withoutSnapshot() == 0:
		return report.ReasonRefused
	}
	return ""
}

// apply applies an update of the poller.
func (m *monitor) apply(u poller.Update) {
	m.stats, m.hasUpdate, m.holds = u.Stats, true, nil
	for _, h := range u.Hosts {
		m.holds = append(m.holds, report.Holds(h, m.options.Clock())...)
	}
	m.applyPayloads(u.Payloads)
	for _, seq := range u.Dropped {
		m.remove(seq)
	}
	for _, t := range u.Tasks { // also others that have the Seqs of dropped ones
		if m.isFollowed(t) {
			m.applyTask(t)
		}
	}
	m.reportHolds()
	m.reportPersistence(u)
	m.checkRefused()
}

// store stores a task's latest snapshot, and returns the one before, nil if there is none.
func (m *monitor) store(t *poller.Task) *poller.Task {
	for int(t.Seq) >= len(m.tasks) {
		m.tasks = append(m.tasks, nil)
	}
	old := m.tasks[t.Seq]
	if old != nil {
		m.counts[old.State]--
	} else {
		m.followed[t.Request.Key()] = true
	}
	m.counts[t.State]++
	m.tasks[t.Seq] = t
	return old
}

// applyTask applies a snapshot, and reports what has changed.
func (m *monitor) applyTask(t *poller.Task) {
	switch {
	case m.awaitingResult[t.Seq]:
		m.store(t)
		m.reportEnd(t)
		return
	case m.options.Once:
		m.applyOnce(t)
		return
	}
	old := m.store(t)
	stateChanged := t.State != poller.New && t.State != poller.Reading && (old == nil || old.State != t.State)
	newTrouble := m.hasNewTrouble(t)
	m.reportStatusWord(t)
	if stateChanged {
		m.reportState(t)
	} else if newTrouble {
		m.report(t, report.EventTrouble, nil, nil)
	}
}

func (m *monitor) reportState(t *poller.Task) {
	switch {
	case t.State.Terminal():
		m.reportOrAwaitEnd(t)
	case t.State == poller.Queued:
		m.report(t, report.EventQueued, nil, nil)
	case t.State == poller.New: // its status word is unknown
		m.report(t, report.EventTask, nil, nil)
	default:
		m.report(t, report.EventRunning, nil, nil)
	}
}

// hasNewTrouble reports whether a task has trouble that was not reported yet. A 429 concerns the host.
func (m *monitor) hasNewTrouble(t *poller.Task) bool {
	about := topic{"trouble", t.Seq}
	if t.Trouble == nil || t.State.Terminal() {
		delete(m.lastMessages, about)
		return false
	}
	return t.Trouble.Kind != queue.RateLimited && m.isNew(about, t.Trouble.Error())
}

// reportStatusWord reports an unknown status word of a task once.
func (m *monitor) reportStatusWord(t *poller.Task) {
	about := topic{"word", t.Seq}
	if !t.Unrecognized || t.State.Terminal() {
		delete(m.lastMessages, about)
	} else if m.statusWords < maxWordNotices && m.isNew(about, t.StatusWord) {
		m.statusWords++
		m.printer.notice(idOf(t) + ": " + views.UnrecognizedStatus(t))
	}
}

// reportOrAwaitEnd reports a task's end, if need be once its result is fetched.
func (m *monitor) reportOrAwaitEnd(t *poller.Task) {
	m.failed = m.failed || t.State == poller.Failed || t.State == poller.Canceled
	fetched, ok := m.options.Poller.Result(t.Seq)
	switch {
	case (m.options.Results || m.options.Downloads != nil) && t.State == poller.Succeeded:
		m.awaitingResult[t.Seq] = true
		if ok {
			m.reportEnd(t)
		} else { // another process polls the session, or the result was evicted
			m.options.Poller.Fetch(t.Seq)
		}
	case ok && t.Fetched && fetched.Fault == nil && !fetched.Pending: // fetched because only the result tells the end
		m.report(t, report.EventEnded, &fetched.Result, nil)
	default:
		m.report(t, report.EventEnded, nil, nil)
	}
}

// reportEnd reports the end of a succeeded task with its result, unless that is still being fetched.
func (m *monitor) reportEnd(t *poller.Task) {
	fetched, ok := m.options.Poller.Result(t.Seq)
	if ok && fetched.Pending {
		return
	}
	delete(m.awaitingResult, t.Seq)
	m.download(t, fetched, ok)
	if !ok {
		m.report(t, report.EventEnded, nil, nil)
		return
	}
	m.report(t, report.EventEnded, &fetched.Result, fetched.Fault)
}

// reportAwaiting reports the ends of tasks without their results, if why returns why they are not fetched.
func (m *monitor) reportAwaiting(why func(*poller.Task) *queue.Fault) {
	for _, t := range m.tasks {
		if t == nil || !m.awaitingResult[t.Seq] {
			continue
		}
		if fault := why(t); fault != nil {
			delete(m.awaitingResult, t.Seq)
			m.download(t, poller.FetchedResult{}, false)
			m.report(t, report.EventEnded, nil, fault)
		}
	}
}

// report writes an event of a task. result may be nil. fault is why the result could not be fetched.
func (m *monitor) report(t *poller.Task, event string, result *queue.Result, fault *queue.Fault) {
	now := m.options.Clock()
	if fault != nil {
		result = nil
		m.printer.notice("the result of " + idOf(t) + " could not be fetched: " + fault.Error())
	}
	if m.options.Progress == Plain || (m.options.Once && !m.options.JSON) {
		m.printer.line(report.Line(t, event, now, result))
	}
	if !m.options.JSON {
		return
	}
	object := report.ObjectOf(t, event, now, result)
	if fault != nil {
		object.Trouble = fault.Error()
	}
	m.printer.object(object)
}
