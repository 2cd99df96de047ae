package poller

import (
	"slices"
	"time"

	"polltop/poller/backoff"
	"polltop/poller/queue"
)

const (
	// firstRetryDelay and maxRetryDelay bound the waits between the failed polls of a task, and
	// between the tries of an operation.
	firstRetryDelay = time.Second
	maxRetryDelay   = 30 * time.Second
	// maxTries is how often an operation is tried before its failure is reported.
	maxTries = 5
)

// notFoundDelays holds the waits after consecutive 404s about a task; after the last the task is
// given up. Not all replicas of a service know a new task yet, so it is polled for about a minute.
var notFoundDelays = []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 25 * time.Second}

// apply updates the task, and the health of its host and endpoint, with the outcome of one
// request, and schedules the next one.
func (p *Poller) apply(r *request) {
	if r.panicked != "" {
		panic(r.panicked)
	}
	now := p.now()
	h := r.host
	h.inFlight = slices.DeleteFunc(h.inFlight, func(f *request) bool { return f == r })
	if r.fault == nil || r.fault.HTTP != 0 {
		if h.unansweredSince, h.silenceReported = 0, false; len(h.inFlight) > 0 {
			h.unansweredSince = now
		}
	}
	p.stats.InFlight--
	p.dirty = true
	switch r.kind {
	case poll:
		p.applyPoll(r, now)
	case create:
		p.applyCreation(r, now)
	default:
		p.applyOperation(r, now)
	}
}

// applyPoll updates a task with the outcome of a poll.
func (p *Poller) applyPoll(r *request, now time.Duration) {
	task := p.tasks[r.seq]
	p.pollStates[r.seq].inFlight = false
	if r.fault == nil {
		p.stats.Answers++
		r.host.answered(r, now)
	} else {
		p.stats.Faults++
	}
	switch {
	case task == nil || task.State.Terminal(): // untracked or canceled meanwhile
		r.host.plan.Remove(r.seq)
	case r.fault == nil:
		p.applyAnswer(r, task, now)
	default:
		p.applyFault(r, task, now)
	}
}

// applyAnswer updates a task with the answer to a poll.
func (p *Poller) applyAnswer(r *request, task *Task, now time.Duration) {
	h, state, answer := r.host, &p.pollStates[task.Seq], r.answer
	verdict := queue.Decide(task.Request.Base.Service(), answer, nil)
	next := observe(task, answer, verdict, p.stamp(now))
	p.mergeLogs(task.Seq, answer.Logs, task.Seq == p.opened)
	p.cacheBody(task.Seq, answer.Raw, next.Problem())
	state.notFounds, state.failures = 0, 0
	ended := next.State.Terminal() || next.State == Reading
	if e := h.endpoint(next.Request.Endpoint); e.forbidden != nil && !ended {
		h.park(e, next)
		p.set(next)
		return
	}
	h.plan.Observe(next.Seq, observation(next, answer), now)
	if !ended {
		next.Next = h.nextPollOf(next, now)
		p.set(next)
		return
	}
	p.options.Store.PutAnswer(next.Seq, answer.Raw)
	p.endUnread(next)
	p.set(next)
	if next.State == Reading || p.options.FetchResults && next.State == Succeeded {
		p.enqueueFetch(next, true)
	}
}

// applyFault updates a task after a poll without an answer, but not its state.
func (p *Poller) applyFault(r *request, task *Task, now time.Duration) {
	h, state, fault := r.host, &p.pollStates[task.Seq], r.fault
	raw := fault.Raw
	p.cacheBody(task.Seq, raw, false)
	fault.Raw = nil
	next := withPollError(task, fault)
	repeated := state.failures > 0 && task.Trouble != nil && task.Trouble.Kind == fault.Kind
	if state.failures == 0 || h.trouble == nil && r.endpoint.trouble == nil {
		state.failures = min(state.failures+1, 32)
	}
	byRate := p.noteFault(r, repeated, now)
	wait := h.retryDelay(int(state.failures), fault)
	switch {
	case byRate && (task.Trouble == nil || task.Trouble.Kind != queue.RateLimited):
		// It is polled again first, unless its last poll was a 429 too: a few tasks that
		// always get one would delay all others.
		state.failures--
		wait = 0
	case fault.Kind == queue.Forbidden && h.applyForbidden(r, now):
		r.endpoint.recover()
		p.forbid(h, r.endpoint, fault)
	case fault.Kind == queue.Missing && !h.knowsNoTask(r.endpoint, task.Seen != 0, now):
		if int(state.notFounds) >= len(notFoundDelays) {
			h.plan.Remove(task.Seq)
			p.options.Store.PutAnswer(task.Seq, raw)
			next.giveUp(p.stamp(now))
			p.set(next)
			return
		}
		wait = notFoundDelays[state.notFounds]
		state.notFounds++
	}
	p.retryLater(h, next, wait, now)
}

// noteFault updates the health of the host and of the endpoint after a failed request, and
// reports whether the host's rate caused it. repeated says that the last request for the same
// task failed in the same way.
func (p *Poller) noteFault(r *request, repeated bool, now time.Duration) (byRate bool) {
	h, e, fault := r.host, r.endpoint, r.fault
	isPoll := r.kind == poll
	ofEndpoint := isPoll || causeOf(fault) == noAnswer
	switch fault.Kind {
	case queue.RateLimited:
		p.stats.RateLimited++
		byRate = h.applyRateLimit(r, repeated, now)
		ofEndpoint = isPoll && !byRate && !fault.LimitsCreation()
	case queue.Unreachable, queue.TimedOut, queue.ServerError, queue.Gateway:
		h.fail(r, now)
	case queue.Unauthorized:
		h.fail(r, now)
		if fault.HTTP == 0 || h.keyRefusalConfirmed() { // 0: there is no key to send
			h.stop(fault)
		}
		ofEndpoint = isPoll && h.keyRefusedTasks[r.seq] // the key is accepted for others
	default:
		if !isPoll { // the API refuses the operation
			h.apiAnswered(now)
			return false
		}
		h.fail(r, now)
		ofEndpoint = fault.Kind != queue.Forbidden
		if fault.Kind == queue.Missing {
			ofEndpoint = e.notFound(p.tasks[r.seq])
		}
	}
	if ofEndpoint {
		h.failEndpoint(r, now)
	}
	return byRate
}

// retryDelay returns how long a task waits after a number of consecutive failures.
func (h *host) retryDelay(failures int, fault *queue.Fault) time.Duration {
	delay := backoff.Delay(h.random, firstRetryDelay, failures-1, maxRetryDelay)
	if fault == nil || fault.HTTP < 500 && fault.Kind != queue.RateLimited {
		return delay
	}
	retryAfter := fault.RetryAfter
	if failures == 1 {
		retryAfter = min(retryAfter, MaxFirstHold)
	}
	return max(delay, retryAfter)
}

// retryLater schedules a task whose poll failed after a wait, and shows when its endpoint is
// probed if that is later.
func (p *Poller) retryLater(h *host, next *Task, wait, now time.Duration) {
	e := h.endpoint(next.Request.Endpoint)
	if e.forbidden != nil {
		h.park(e, next)
		p.set(next)
		return
	}
	h.plan.Defer(next.Seq, now+wait, now, next.Trouble.Kind == queue.RateLimited)
	due := h.plan.DueAt(next.Seq)
	if e.trouble != nil {
		due = max(due, e.nextProbe)
	}
	next.Next = p.stamp(max(due, now))
	p.set(next)
}

// applyOperation updates the task with the outcome of an operation other than a poll.
func (p *Poller) applyOperation(r *request, now time.Duration) {
	task := p.tasks[r.seq]
	if r.fault == nil {
		r.host.answered(r, now)
	} else if p.requeue(r, now) {
		return
	}
	switch {
	case task == nil: // untracked meanwhile
	case r.kind == cancel:
		p.applyCancel(task, r, now)
	case r.kind == logs:
		p.applyLogs(task, r)
	default:
		p.applyResult(task, r, now)
	}
}

// requeue updates the health with the failure of an operation, enqueues the operation again if it
// may succeed later, and reports whether it did.
func (p *Poller) requeue(r *request, now time.Duration) bool {
	byRate := p.noteFault(r, r.rateLimits > 0, now)
	switch {
	case r.fault.Kind == queue.RateLimited:
		r.rateLimits++
		wait := r.host.retryDelay(r.rateLimits, r.fault)
		if byRate {
			wait = 0
		}
		r.tries-- // a 429 does not count as a try
		r.enqueueAgain(now + wait)
		return true
	case r.kind == fetch:
		return p.retryFetch(r, now)
	case r.kind == cancel && isTransient(r.fault) && r.tries+1 < maxTries:
		r.enqueueAgain(now + r.host.retryDelay(r.tries+1, r.fault))
		return true
	}
	return false
}

// enqueueAgain enqueues an operation for another try at a time.
func (r *request) enqueueAgain(due time.Duration) {
	r.tries++
	r.due = due
	r.host.enqueue(r.operation)
}
