package poller

import (
	"cmp"
	"math"
	"strconv"
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
	// that reports failures only in the result, which is being fetched.
	Reading
	// Succeeded has COMPLETED without an error; where the service reports failures
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
	// Retried did not succeed, and a later attempt with the same payload has.
	Retried
	// StateCount is how many states there are.
	StateCount
)

var stateWords = [StateCount]string{"new", "queued", "running", "reading", "done", "failed", "canceled", "expired", "not found", "unread", "retried"}

// String returns the word for the state.
func (s State) String() string {
	if s >= StateCount {
		return "unknown"
	}
	return stateWords[s]
}

// Terminal reports whether a task in this state has ended for good.
func (s State) Terminal() bool { return s >= Succeeded }

// Unknown reports whether a task in this state has ended, and nobody can say
// whether its work was done.
func (s State) Unknown() bool { return s == Expired || s == NotFound || s == Unread }

// Stamp is a time in milliseconds since the Unix epoch, 0 for never. A task has six:
// with time.Time, 100,000 tasks would take 10 MB more.
type Stamp int64

// StampOf returns the stamp of a time.
func StampOf(t time.Time) Stamp {
	if t.IsZero() {
		return 0
	}
	return Stamp(t.UnixMilli())
}

// Time returns the time, the zero one for never.
func (s Stamp) Time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(s))
}

// Sub returns the time since an earlier stamp, and 0 where either is never or the clock was
// set back between them.
func (s Stamp) Sub(earlier Stamp) time.Duration {
	if s == 0 || earlier == 0 || s < earlier {
		return 0
	}
	return time.Duration(s-earlier) * time.Millisecond
}

// Task is an immutable snapshot of a tracked request. A later state is another Task with
// the same Seq.
type Task struct {
	// Seq is the task's number in the order of addition, from 0. It identifies the task
	// in the program: it never changes and is never used again.
	Seq int32
	// QueuePosition is the last known place in the queue; -1 for none.
	QueuePosition int32
	// Polls counts the requests made for the task's status.
	Polls uint32
	// Failures counts the failed polls since the last answer.
	Failures uint16
	// State is the last known state; a poll that fails does not change it.
	State State
	// Canceling is set from an accepted cancel until the next poll.
	Canceling bool
	// CancelDue is set while a cancel of the user's has no answer. It survives a restart,
	// after which nothing is sent until the user confirms it again.
	CancelDue bool
	// HookDue is set from the end of the task, with Options.Hook, until ClaimHook. It
	// survives a restart.
	HookDue bool
	// Fetched is set when Poller.Result returns the task's result.
	Fetched bool
	// Unrecognized is set when the last answer had an unknown status, which is in Word,
	// or none. The task is polled on.
	Unrecognized bool

	Request queue.Request

	// Added is when the task was tracked, Queued and Started when it was first seen
	// queued and running, Ended when its end was seen, Seen the time of the last answer.
	Added, Queued, Started, Ended, Seen Stamp
	// Next is when the task will be polled again; 0 for never.
	Next Stamp

	// InferenceTime is the model's own time in seconds; -1 when not reported.
	InferenceTime float64
	// Error and ErrorType are the service's own for a failure. Where it is not known how
	// the task ended, Error says why.
	Error, ErrorType string
	// Word is the status word of the last answer where it is not the protocol's.
	Word string
	// NextStep is what the user can do about the end, one of queue.NextStep's words; ""
	// while it is live and for nothing.
	NextStep string
	// ProviderError is the provider's error beside the service's own.
	ProviderError string
	// ServiceRequestID is the service's id of the exchange that showed the end, for bug
	// reports (x-fal-request-id, X-Comfy-Request-Id).
	ServiceRequestID string
	// Progress is the share of the work that is done, from 0 to 1; 0 also for unknown.
	Progress float32
	// Made says in a few words what the result holds, while it is Fetched.
	Made string
	// Cost is the task's cost in CostUnit; the unit is "" for unknown.
	Cost     float64
	CostUnit string
	// Trouble is why the last poll brought no answer; nil after an answer.
	Trouble *queue.Fault

	// Payload is the number of the payload that it was created from; 0 for none. Attempt is
	// which attempt of that it is, from 1, and RetryOf the request id of the one before.
	Payload int64
	Attempt int32
	RetryOf string
}

// Unsent reports whether the task stands for a payload that none was created from.
func (t *Task) Unsent() bool { return t.Request.ID == "" }

// Name returns the request id, or which payload the task stands for.
func (t *Task) Name() string {
	if t.Unsent() && t.Payload != 0 {
		return "payload " + strconv.FormatInt(t.Payload, 10)
	}
	return t.Request.ID
}

// Problem reports whether the task failed or ended in an unknown way. A task that is unread
// because of NoResults is no problem.
func (t *Task) Problem() bool {
	return t.State == Failed || t.State.Unknown() && (t.State != Unread || t.Trouble != nil || t.Unsent())
}

// QueueTime returns how long the task waited before it ran, as of now; false where it was
// never seen waiting.
func (t *Task) QueueTime(now Stamp) (time.Duration, bool) {
	return cmp.Or(t.Started, t.Ended, now).Sub(t.Queued), t.Queued != 0
}

// Ran returns how long the task has run or ran, as of now: the model's own time where the
// service reported it, as polls see the begin of a run late or not at all. It returns false where
// neither is known.
func (t *Task) Ran(now Stamp) (time.Duration, bool) {
	if t.Ended != 0 && t.InferenceTime >= 0 {
		return time.Duration(t.InferenceTime * float64(time.Second)), true
	}
	return t.RunTime(now)
}

// Waited returns how long the task has waited or waited before it ran, as of now, without
// what Ran returns. It returns false where it was never seen waiting, or where it can't be
// known how much of the time until its end was a run.
func (t *Task) Waited(now Stamp) (time.Duration, bool) {
	waited, ok := t.QueueTime(now)
	switch {
	case t.Ended == 0 || t.State == Canceled && t.Started == 0:
		return waited, ok
	case t.InferenceTime >= 0:
		ran, _ := t.Ran(now)
		return max(t.Ended.Sub(t.Queued)-ran, 0), ok
	}
	return waited, ok && t.Started != 0
}

// RunTime returns how long the task has run or ran, as of now; false where it was never
// seen running.
func (t *Task) RunTime(now Stamp) (time.Duration, bool) {
	return cmp.Or(t.Ended, now).Sub(t.Started), t.Started != 0
}

// observe returns the snapshot of a task after an answer. The verdict is what Decide made
// of the answer.
func observe(old *Task, answer queue.Answer, verdict queue.Verdict, now Stamp) *Task {
	t := *old
	t.Seen, t.Trouble, t.Failures = now, nil, 0
	t.Polls++
	t.QueuePosition, t.Unrecognized = -1, false
	t.Word, t.Progress = unusual(answer), float32(max(answer.Progress, 0))
	switch verdict.Outcome {
	case queue.OutcomeWaiting:
		// A task that a restarted service queues again after it ran waits again,
		// and its run begins anew.
		t.State, t.Started = Queued, 0
		t.QueuePosition = int32(answer.QueuePosition)
		t.Queued = cmp.Or(t.Queued, now)
	case queue.OutcomeRunning:
		t.State = Running
		t.Started = cmp.Or(t.Started, now)
	case queue.OutcomeUnclear:
		t.Unrecognized = true
	default:
		t.Ended, t.Canceling = now, false
		t.InferenceTime = answer.InferenceTime
		t.ProviderError = answer.ProviderError
		t.noteExchange(answer.ServiceRequestID, answer.Cost)
		t.finalize(verdict)
	}
	t.Request = t.Request.WithURLs(answer.URLs)
	return &t
}

// unusual returns the status word of an answer, "" where it is the protocol's own.
func unusual(answer queue.Answer) string {
	switch answer.Word {
	case queue.StatusInQueue, queue.StatusInProgress, queue.StatusCompleted:
		return ""
	}
	return answer.Word
}

// endStates maps final outcomes to states.
var endStates = map[queue.Outcome]State{
	queue.OutcomeReading: Reading, queue.OutcomeSucceeded: Succeeded, queue.OutcomeFailed: Failed,
	queue.OutcomeCanceled: Canceled, queue.OutcomeExpired: Expired, queue.OutcomeNotFound: NotFound,
}

// finalize sets how the task ended, or Reading where only the result shows it.
func (t *Task) finalize(v queue.Verdict) {
	t.State, t.Next, t.Trouble, t.Failures = endStates[v.Outcome], 0, nil, 0
	t.Error, t.ErrorType, t.NextStep = v.Error, v.ErrorType, string(v.NextStep)
}

// noteExchange sets the request id and cost of an exchange, where the answer has them.
func (t *Task) noteExchange(requestID string, cost queue.Cost) {
	t.ServiceRequestID = cmp.Or(requestID, t.ServiceRequestID)
	if cost.Known {
		t.Cost, t.CostUnit = cost.Amount, cost.Unit
	}
}

// withPollError returns the snapshot after a poll without an answer: the last known state
// stays, with the trouble beside it.
func withPollError(old *Task, fault *queue.Fault) *Task {
	t := *old
	t.Polls++
	t.fail(fault)
	return &t
}

// fail notes a failed request.
func (t *Task) fail(fault *queue.Fault) {
	if t.Trouble = fault; t.Failures < math.MaxUint16 {
		t.Failures++
	}
}

// giveUp ends a task that the service still does not know after all retries.
func giveUp(old *Task, fault *queue.Fault, now Stamp) *Task {
	t := *withPollError(old, fault)
	t.State, t.Ended, t.Next, t.Canceling = NotFound, now, 0, false
	t.Error, t.NextStep = fault.Message, string(queue.StepNothing)
	return &t
}
