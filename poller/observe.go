package poller

import (
	"time"

	"polltop/poller/queue"
)

// missing is how long after each answer of "not found" a task is asked again;
// behind the last it is given up. A request that was only just created may not
// be known everywhere at once, so a few tries over about a minute are worth it.
var missing = []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 25 * time.Second}

const (
	// retryFirst and retryMost bound the waits of a task whose polls bring no
	// answer.
	retryFirst = time.Second
	retryMost  = 30 * time.Second
)

// observe returns the task as an answer at the given time shows it. The verdict is what
// the answer means.
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
		first(&t.Queued, now)
	case queue.OutcomeRunning:
		t.State = Running
		first(&t.Started, now)
	case queue.OutcomeUnclear, queue.OutcomeNone:
		t.Unrecognized = true
	default:
		t.Ended, t.Canceling = now, false
		t.InferenceTime = answer.InferenceTime
		t.ProviderError = answer.ProviderError
		t.told(answer.ServiceRequestID, answer.Cost)
		t.conclude(verdict)
	}
	t.Request = withURLs(t.Request, answer.URLs)
	return &t
}

// unusual returns the word that an answer has for a status, "" where it is the
// protocol's own.
func unusual(answer queue.Answer) string {
	switch answer.Status {
	case queue.StatusInQueue, queue.StatusInProgress, queue.StatusCompleted:
		if answer.Word == answer.Status.String() {
			return ""
		}
	}
	return answer.Word
}

// endStates are the states that final outcomes end a task in.
var endStates = map[queue.Outcome]State{
	queue.OutcomeReading: Reading, queue.OutcomeSucceeded: Succeeded, queue.OutcomeFailed: Failed,
	queue.OutcomeCanceled: Canceled, queue.OutcomeExpired: Expired, queue.OutcomeNotFound: NotFound,
}

// conclude sets how the task ended, or that its result is to be read.
func (t *Task) conclude(v queue.Verdict) {
	t.State, t.Next, t.Trouble, t.Failures = endStates[v.Outcome], 0, nil, 0
	t.Error, t.ErrorType, t.NextStep = v.Error, v.ErrorType, string(v.NextStep)
}

// told notes what an exchange told beside the outcome, as far as it did.
func (t *Task) told(requestID string, cost queue.Cost) {
	if requestID != "" {
		t.ServiceRequestID = requestID
	}
	if cost.Known {
		t.Cost, t.CostUnit = cost.Amount, cost.Unit
	}
}

// first sets a stamp that was never set.
func first(s *Stamp, now Stamp) {
	if *s == 0 {
		*s = now
	}
}

// withURLs returns the request with the addresses that an answer gave, where
// they differ from those that would be built: what the service says wins.
func withURLs(r queue.Request, given queue.URLs) queue.Request {
	if given == (queue.URLs{}) {
		return r // without building those to compare with
	}
	urls := queue.URLs{}
	if r.URLs != nil {
		urls = *r.URLs
	}
	changed := false
	keep := func(field *string, given, current string) {
		if given != "" && given != current {
			*field, changed = given, true
		}
	}
	keep(&urls.Status, given.Status, r.StatusURL())
	keep(&urls.Response, given.Response, r.ResponseURL())
	keep(&urls.Cancel, given.Cancel, r.CancelURL())
	if changed {
		r.URLs = &urls
	}
	return r
}

// withPollError returns the task after a poll that brought no answer: the last
// known state stays, and the trouble is told beside it.
func withPollError(old *Task, fault *queue.Fault) *Task {
	t := *old
	t.Polls++
	if t.Failures < 1<<16-1 {
		t.Failures++
	}
	t.Trouble = fault
	return &t
}

// giveUp ends a task that the service goes on not to know.
func giveUp(old *Task, fault *queue.Fault, now Stamp) *Task {
	t := *withPollError(old, fault)
	t.State, t.Ended, t.Next, t.Canceling = NotFound, now, 0, false
	t.Error, t.NextStep = fault.Message, string(queue.StepNothing)
	return &t
}
