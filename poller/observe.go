package poller

import (
	"cmp"
	"math"

	"polltop/poller/queue"
)

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
