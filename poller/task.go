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
	// New has had no answer yet.
	New State = iota
	// Queued waits at the service (IN_QUEUE).
	Queued
	// Running is being worked on (IN_PROGRESS).
	Running
	// Reading has COMPLETED without an error in the status answer, at a service that
	// reports failures only in the result. The result is being fetched.
	Reading
	// Succeeded has COMPLETED without an error in the status answer or, if the service
	// reports failures only there, in the result.
	Succeeded
	// Failed has ended with an error.
	Failed
	// Canceled was canceled: neither success nor failure.
	Canceled
	// Expired has ended, but the service has deleted its result, so it is unknown whether
	// it succeeded.
	Expired
	// NotFound got 404 for all polls of about a minute.
	NotFound
	// Unread has COMPLETED at the service, but its result, which shows whether it
	// succeeded, could not be fetched or was not to be (NoResults).
	Unread
	// Retried did not succeed, but a later attempt with the same payload did.
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

// Unknown reports whether a task in this state has ended, and it is unknown whether it
// succeeded.
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
	// QueuePosition is the last known position in the queue; -1 for none.
	QueuePosition int32
	// Polls counts the requests made for the task's status.
	Polls uint32
	// Failures counts the failed polls since the last answer.
	Failures uint16
	// State is the last known state; a poll that fails does not change it.
	State State
	// Canceling is set from Cancel on, until the service declines it or the task ends.
	Canceling bool
	// CancelDue is set while a cancel of the user's has no answer. It survives a restart,
	// after which the cancel is sent only if the user confirms it.
	CancelDue bool
	// HookDue is set from the end of the task, with Options.Hook, until ClaimHook. It
	// survives a restart.
	HookDue bool
	// Fetched is set when Poller.Result returns the task's result.
	Fetched bool
	// Unrecognized is set when the last answer had no status or an unknown one, which is in
	// StatusWord. The task is polled on.
	Unrecognized bool

	Request queue.Request

	// Added is when the task was tracked, Queued and Started when it was first seen
	// queued and running, Ended when its end was seen, Seen the time of the last answer.
	Added, Queued, Started, Ended, Seen Stamp
	// Next is when the task will be polled again; 0 for never.
	Next Stamp

	// InferenceTime is the model's own time in seconds; -1 when not reported.
	InferenceTime float64
	// Error and ErrorType are the service's for a failure. In a state that is Unknown, Error
	// says why.
	Error, ErrorType string
	// StatusWord is the status word of the last answer, if it is not one of the protocol's.
	StatusWord string
	// NextStep is what the user can do after the end, one of queue.NextStep's words; "" while
	// the task is live and for nothing.
	NextStep string
	// ProviderError is the error of the model's provider, beside the service's.
	ProviderError string
	// ServiceRequestID is the service's id of the request whose answer showed the end, for
	// bug reports (x-fal-request-id, X-Comfy-Request-Id).
	ServiceRequestID string
	// Progress is the share of the work that is done, from 0 to 1; 0 also for unknown.
	Progress float32
	// OutputSummary describes the outputs in a few words, while the result is Fetched.
	OutputSummary string
	// Cost is the task's cost in CostUnit; the unit is "" for unknown.
	Cost     float64
	CostUnit string
	// Trouble is why the last poll brought no answer; nil after an answer.
	Trouble *queue.Fault

	// Payload is the number of the payload that the task was created from; 0 for none.
	// Attempt counts the tasks created from it, from 1. RetryOf is the request id of the
	// attempt before.
	Payload int64
	Attempt int32
	RetryOf string
}

// Unsent reports whether the task stands for a payload from which no task was created.
func (t *Task) Unsent() bool { return t.Request.ID == "" }

// Name returns the request id, or the payload that the task stands for.
func (t *Task) Name() string {
	if t.Unsent() && t.Payload != 0 {
		return "payload " + strconv.FormatInt(t.Payload, 10)
	}
	return t.Request.ID
}

// Problem reports whether the task failed, or ended in a state that is Unknown for another reason
// than NoResults.
func (t *Task) Problem() bool {
	return t.State == Failed || t.State.Unknown() && (t.State != Unread || t.Trouble != nil || t.Unsent())
}

// QueueTime returns the time from when the task was first seen queued until it was first seen
// running, as of now. It returns false if it was never seen queued.
func (t *Task) QueueTime(now Stamp) (time.Duration, bool) {
	return cmp.Or(t.Started, t.Ended, now).Sub(t.Queued), t.Queued != 0
}

// BestRunTime returns how long the task has run, as of now: the time that the service reported, because
// polls see the start late or not at all, or else RunTime. It returns false if neither is known.
func (t *Task) BestRunTime(now Stamp) (time.Duration, bool) {
	if t.Ended != 0 && t.InferenceTime >= 0 {
		return time.Duration(t.InferenceTime * float64(time.Second)), true
	}
	return t.RunTime(now)
}

// BestQueueTime returns how long the task has waited before it ran, as of now: the time since it was
// queued without BestRunTime. It returns false if it was never seen queued, or if it is
// unknown how long it ran.
func (t *Task) BestQueueTime(now Stamp) (time.Duration, bool) {
	waited, ok := t.QueueTime(now)
	switch {
	case t.Ended == 0 || t.State == Canceled && t.Started == 0:
		return waited, ok
	case t.InferenceTime >= 0:
		ran, _ := t.BestRunTime(now)
		return max(t.Ended.Sub(t.Queued)-ran, 0), ok
	}
	return waited, ok && t.Started != 0
}

// RunTime returns the time from when the task was first seen running until its end was seen, as of
// now. It returns false if it was never seen running.
func (t *Task) RunTime(now Stamp) (time.Duration, bool) {
	return cmp.Or(t.Ended, now).Sub(t.Started), t.Started != 0
}

// observe returns the snapshot of a task after an answer. The verdict is queue.Decide's.
func observe(old *Task, answer queue.Answer, verdict queue.Verdict, now Stamp) *Task {
	t := *old
	t.Seen, t.Trouble, t.Failures = now, nil, 0
	t.Polls++
	t.QueuePosition, t.Unrecognized = -1, false
	t.StatusWord, t.Progress = foreignWord(answer), float32(max(answer.Progress, 0))
	switch verdict.Outcome {
	case queue.OutcomeWaiting:
		// A restarted service may queue a task again that was running.
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

// foreignWord returns the status word of an answer, "" for one of the protocol's.
func foreignWord(answer queue.Answer) string {
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

// finalize sets how the task ended, or Reading if only the result shows it.
func (t *Task) finalize(v queue.Verdict) {
	t.State, t.Next, t.Trouble, t.Failures = endStates[v.Outcome], 0, nil, 0
	t.Error, t.ErrorType, t.NextStep = v.Error, v.ErrorType, string(v.NextStep)
}

// noteExchange sets the service's request id and the cost, if an answer has them.
func (t *Task) noteExchange(requestID string, cost queue.Cost) {
	t.ServiceRequestID = cmp.Or(requestID, t.ServiceRequestID)
	if cost.Known {
		t.Cost, t.CostUnit = cost.Amount, cost.Unit
	}
}

// withPollError returns the snapshot after a poll without an answer: the state stays as it was.
func withPollError(old *Task, fault *queue.Fault) *Task {
	t := *old
	t.Polls++
	t.fail(fault)
	return &t
}

// fail counts a failed request.
func (t *Task) fail(fault *queue.Fault) {
	if t.Trouble = fault; t.Failures < math.MaxUint16 {
		t.Failures++
	}
}

// giveUp ends a task whose polls all got 404, the last one too.
func (t *Task) giveUp(now Stamp) {
	t.State, t.Ended, t.Next, t.Canceling = NotFound, now, 0, false
	t.Error, t.NextStep = t.Trouble.Message, string(queue.StepNothing)
}
