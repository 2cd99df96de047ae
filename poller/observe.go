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

// observe returns the task as an answer at the given time shows it.
func observe(old *Task, answer queue.Answer, now Stamp) *Task {
	t := *old
	t.Seen, t.Trouble, t.Failures = now, nil, 0
	t.Polls++
	t.QueuePosition = -1
	switch answer.Status {
	case queue.StatusInQueue:
		// A task that a restarted service queues again after it ran waits again,
		// and its run begins anew.
		t.State, t.Started = Queued, 0
		t.QueuePosition = int32(answer.QueuePosition)
		first(&t.Queued, now)
	case queue.StatusInProgress:
		t.State = Running
		first(&t.Started, now)
	case queue.StatusCompleted:
		t.Ended, t.Next, t.Canceling = now, 0, false
		t.InferenceTime = answer.InferenceTime
		t.Error, t.ErrorType = answer.Error, answer.ErrorType
		switch {
		case answer.Canceled():
			t.State = Canceled
		case answer.Failed():
			t.State = Failed
		default:
			t.State = Succeeded
		}
	}
	t.Request = withURLs(t.Request, answer.URLs)
	return &t
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

// disappoint returns the task after a poll that brought no answer: the last
// known state stays, and the trouble is told beside it.
func disappoint(old *Task, fault *queue.Fault) *Task {
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
	t := *disappoint(old, fault)
	t.State, t.Ended, t.Next, t.Canceling = NotFound, now, 0, false
	t.Error = fault.Message
	return &t
}
