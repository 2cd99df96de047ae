package poller

import (
	"time"

	"polltop/poller/queue"
)

// State is what is known of a task.
type State uint8

// The states of a task. Those from Succeeded on are terminal.
const (
	// New is a task that no answer has come for yet.
	New State = iota
	// Queued waits at the service (IN_QUEUE).
	Queued
	// Running is being worked on (IN_PROGRESS).
	Running
	// Reading has COMPLETED without an error in the status answer, at a service
	// that tells failures only in the result, which is being fetched.
	Reading
	// Succeeded has COMPLETED without an error; where the service tells failures
	// only in the result, that was read and holds none.
	Succeeded
	// Failed has ended with an error.
	Failed
	// Canceled was canceled: neither success nor failure.
	Canceled
	// Expired has ended, but the service does not keep its result any more, so
	// whether it succeeded can't be known.
	Expired
	// NotFound is a task that the service went on saying it does not know.
	NotFound
	// Unread has COMPLETED at the service, but its result, without which success
	// can't be known, could not be had or was not to be read.
	Unread
	// StateCount is how many states there are.
	StateCount
)

// String returns the word for the state.
func (s State) String() string {
	switch s {
	case New:
		return "new"
	case Queued:
		return "queued"
	case Running:
		return "running"
	case Reading:
		return "reading"
	case Succeeded:
		return "done"
	case Failed:
		return "failed"
	case Canceled:
		return "canceled"
	case Expired:
		return "expired"
	case NotFound:
		return "not found"
	case Unread:
		return "unread"
	}
	return "unknown"
}

// Terminal reports whether a task in this state has ended for good.
func (s State) Terminal() bool { return s >= Succeeded }

// Unknown reports whether a task in this state has ended, and nobody can say
// whether its work was done.
func (s State) Unknown() bool { return s == Expired || s == NotFound || s == Unread }

// Stamp is a moment in milliseconds since the Unix epoch, 0 for never. A task
// holds several; eight bytes each keep a hundred thousand tasks small.
type Stamp int64

// StampOf returns the stamp of a moment.
func StampOf(t time.Time) Stamp {
	if t.IsZero() {
		return 0
	}
	return Stamp(t.UnixMilli())
}

// Time returns the moment, or the zero time for a stamp of never.
func (s Stamp) Time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(s))
}

// Sub returns how long after the earlier stamp this one is, and 0 where either
// is never or the order is the other way round (the clock was set back).
func (s Stamp) Sub(earlier Stamp) time.Duration {
	if s == 0 || earlier == 0 || s < earlier {
		return 0
	}
	return time.Duration(s-earlier) * time.Millisecond
}

// Task is an immutable snapshot of all that is known of a tracked request.
// A later state is another Task with the same Seq.
type Task struct {
	// Seq is the task's place in the order of addition, from 0. It never
	// changes and is never given to another task: it is the task's identity
	// inside the program.
	Seq int32
	// QueuePosition is the last told place in the queue; -1 when none was.
	QueuePosition int32
	// Polls counts the requests made for the task's status.
	Polls uint32
	// Failures counts the polls since the last answer that brought none.
	Failures uint16
	// State is the last known state; a poll that fails does not change it.
	State State
	// Canceling says that the service was asked to cancel the task, and that no
	// poll has told yet what came of it.
	Canceling bool
	// CancelDue says that the user had the task canceled, and that the service has not
	// said anything to that yet. It stays over a restart, after which nothing is sent
	// until the user confirms it again.
	CancelDue bool
	// HookDue says that the task has ended while Options.Hook was set, and that
	// nobody has claimed it with ClaimHook yet. It stays over a restart.
	HookDue bool
	// Fetched says that the task's result has come: Poller.Result returns it.
	Fetched bool
	// Unrecognized says that the last answer had a status that polltop does not know,
	// or none: Word is it, "" for none. The task goes on being polled.
	Unrecognized bool
	// Slow is the dashboard's own: it runs or waits far longer than the others
	// of its endpoint did. The poller leaves it as it is.
	Slow bool

	Request queue.Request

	// Added is when the task was tracked, Queued and Started when it was first
	// seen queued and running, Ended when its end was seen, Seen when the
	// last answer about it came. Each is 0 until then.
	Added, Queued, Started, Ended, Seen Stamp
	// Next is when the task is to be asked again; 0 when it is not.
	Next Stamp

	// InferenceTime is the model's own time in seconds; -1 when not told.
	InferenceTime float64
	// Error and ErrorType explain a failure, as the service told it; for a task of
	// which it is not known how it ended, Error is why.
	Error, ErrorType string
	// Word is the service's own word for the status in its last answer, where that is
	// not the protocol's word for the state.
	Word string
	// NextStep is what the user can do about the end of the task, one of
	// queue.NextStep's words; "" while it is live and where nothing is to be done.
	NextStep string
	// ProviderError is what the model's provider said of a failure, beside the
	// service's own error.
	ProviderError string
	// ServiceRequestID is the service's own id of the exchange that told the end, for
	// bug reports (x-fal-request-id, X-Comfy-Request-Id).
	ServiceRequestID string
	// Progress is the share of the work that is done, from 0 to 1; 0 also when it was not told.
	Progress float32
	// Cost is what the service told that the task costs, in CostUnit; the unit is ""
	// when it told nothing.
	Cost     float64
	CostUnit string
	// Trouble is why the last poll brought no answer; nil when it brought one.
	Trouble *queue.Fault
}

// Problem reports whether the task ended in a way that asks for an explanation: it
// failed, or it can't be known how it ended. A task whose result was not to be read
// is none.
func (t *Task) Problem() bool {
	return t.State == Failed || t.State.Unknown() && (t.State != Unread || t.Trouble != nil)
}

// QueueTime returns how long the task waited before it ran, as of now, and
// whether that can be told: it cannot where the task was never seen waiting.
func (t *Task) QueueTime(now Stamp) (time.Duration, bool) {
	if t.Queued == 0 {
		return 0, false
	}
	until := now
	switch {
	case t.Started != 0:
		until = t.Started
	case t.Ended != 0:
		until = t.Ended
	}
	return until.Sub(t.Queued), true
}

// RunTime returns how long the task has run or ran, as of now, and whether
// that can be told: it cannot where the task was never seen running.
func (t *Task) RunTime(now Stamp) (time.Duration, bool) {
	if t.Started == 0 {
		return 0, false
	}
	if t.Ended != 0 {
		return t.Ended.Sub(t.Started), true
	}
	return now.Sub(t.Started), true
}
