package poller

import (
	"slices"
	"time"

	"polltop/poller/backoff"
	"polltop/poller/queue"
)

const (
	// retryFirst and retryMost bound the waits of a task whose polls bring no answer, and those
	// between two tries of any other request.
	retryFirst = time.Second
	retryMost  = 30 * time.Second
	// maxTries is how often a request other than a poll is tried before its failure is reported.
	maxTries = 5
)

// missing holds the waits after each answer of "not found"; after the last the task is
// given up. A request that was just created may not be known to all replicas yet, so it is
// polled for about a minute.
var missing = []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 25 * time.Second}

// apply updates the task, and the health of its host and endpoint, with the outcome of one
// request, and has the next one made when it is worth it.
func (p *Poller) apply(r *request) {
	if r.panicked != "" {
		panic(r.panicked)
	}
	now := p.now()
	h := r.host
	h.flights = slices.DeleteFunc(h.flights, func(f *request) bool { return f == r })
	if r.fault == nil || r.fault.HTTP != 0 {
		if h.asked, h.silent = 0, false; len(h.flights) > 0 {
			h.asked = now
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
	p.slots[r.seq].asking = false
	if r.fault == nil {
		p.stats.Answers++
		r.host.answered(r, now)
	} else {
		p.stats.Faults++
	}
	switch {
	case task == nil || task.State.Terminal(): // untracked meanwhile, or ended by a cancelation
		r.host.plan.Remove(r.seq)
	case r.fault == nil:
		p.applyAnswer(r, task, now)
	default:
		p.applyFault(r, task, now)
	}
}

// applyAnswer updates a task with the answer to a poll.
func (p *Poller) applyAnswer(r *request, task *Task, now time.Duration) {
	h, slot, answer := r.host, &p.slots[task.Seq], r.answer
	verdict := queue.Decide(task.Request.Base.Service(), answer, nil)
	next := observe(task, answer, verdict, p.stamp(now))
	p.mergeLogs(task.Seq, answer.Logs, task.Seq == p.opened)
	p.keepBody(task.Seq, answer.Raw, next.Problem())
	slot.misses, slot.attempts = 0, 0
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
	if next.State == Reading || p.options.Results && next.State == Succeeded {
		p.startFetch(next, true)
	}
}

// applyFault updates a task after a poll without an answer. Its last known state stays.
func (p *Poller) applyFault(r *request, task *Task, now time.Duration) {
	h, slot, fault := r.host, &p.slots[task.Seq], r.fault
	raw := fault.Raw
	p.keepBody(task.Seq, raw, false)
	fault.Raw = nil
	next := withPollError(task, fault)
	again := slot.attempts > 0 && task.Trouble != nil && task.Trouble.Kind == fault.Kind
	if slot.attempts == 0 || h.trouble == nil && r.endpoint.trouble == nil {
		slot.attempts = min(slot.attempts+1, 32)
	}
	byRate := p.noteFault(r, again, now)
	wait := h.retryWait(int(slot.attempts), fault)
	switch {
	case byRate && (task.Trouble == nil || task.Trouble.Kind != queue.RateLimited):
		// It is polled again first. One whose last poll was a 429 too waits: a few that always
		// are would keep all others waiting.
		slot.attempts--
		wait = 0
	case fault.Kind == queue.Forbidden && h.refuses(r, now):
		r.endpoint.recover()
		p.forbid(h, r.endpoint, fault)
	case fault.Kind == queue.Missing && !h.deniesAll(r.endpoint, task.Seen != 0, now):
		if int(slot.misses) >= len(missing) {
			h.plan.Remove(task.Seq)
			p.options.Store.PutAnswer(task.Seq, raw)
			p.set(giveUp(task, fault, p.stamp(now)))
			return
		}
		wait = missing[slot.misses]
		slot.misses++
	}
	p.retryLater(h, next, wait, now)
}

// noteFault updates the health of the host and of the endpoint after a failed request, and
// reports whether the host's rate caused it. again says that the last one for the same was
// refused as well.
func (p *Poller) noteFault(r *request, again bool, now time.Duration) (byRate bool) {
	h, e, fault := r.host, r.endpoint, r.fault
	polled := r.kind == poll
	ofEndpoint := polled || causeOf(fault) == silent
	switch fault.Kind {
	case queue.RateLimited:
		p.stats.RateLimited++
		byRate = h.limited(r, again, now)
		ofEndpoint = polled && !byRate && !fault.LimitsCreation()
	case queue.Unreachable, queue.TimedOut, queue.ServerError, queue.Gateway:
		h.fail(r, now)
	case queue.Unauthorized:
		h.fail(r, now)
		if fault.HTTP == 0 || h.keyRefused() { // there is no key to send, or it is certain
			h.stop(fault)
		}
		ofEndpoint = polled && h.refusedAlone[r.seq] // the key is good for others
	default:
		if !polled { // the API answers, with a no
			h.alive(now)
			return false
		}
		h.fail(r, now)
		ofEndpoint = fault.Kind != queue.Forbidden
		if fault.Kind == queue.Missing {
			ofEndpoint = e.deny(p.tasks[r.seq])
		}
	}
	if ofEndpoint {
		h.failAt(r, now)
	}
	return byRate
}

// retryWait returns how long a task waits after a number of failed requests in a row.
func (h *host) retryWait(attempts int, fault *queue.Fault) time.Duration {
	wait := backoff.Delay(h.random, retryFirst, attempts-1, retryMost)
	if fault == nil || fault.HTTP < 500 && fault.Kind != queue.RateLimited {
		return wait
	}
	asked := fault.RetryAfter
	if attempts == 1 {
		asked = min(asked, MaxFirstHold)
	}
	return max(wait, asked)
}

// retryLater schedules a task whose poll failed again after a wait, or for when its endpoint may
// be asked.
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
		due = max(due, e.probeAt)
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

// requeue updates the health with the failure of an operation, and reports whether the operation
// was put back to be tried again.
func (p *Poller) requeue(r *request, now time.Duration) bool {
	byRate := p.noteFault(r, r.refusals > 0, now)
	switch {
	case r.fault.Kind == queue.RateLimited:
		r.refusals++
		wait := r.host.retryWait(r.refusals, r.fault)
		if byRate {
			wait = 0
		}
		r.tries-- // a refused request is no try
		r.tryAgain(now + wait)
		return true
	case r.kind == fetch:
		return p.retryFetch(r, now)
	case r.kind == cancel && mayPass(r.fault) && r.tries+1 < maxTries:
		r.tryAgain(now + r.host.retryWait(r.tries+1, r.fault))
		return true
	}
	return false
}

// tryAgain puts an operation back, due at a time.
func (r *request) tryAgain(due time.Duration) {
	r.tries++
	r.due = due
	r.host.enqueue(r.operation)
}
