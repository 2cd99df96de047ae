package poller

import (
	"time"

	"polltop/poller/backoff"
	"polltop/poller/queue"
)

// apply updates the task and the host's health with the outcome of one request, and
// schedules the task's next poll.
func (p *Poller) apply(r result) {
	if r.panicked != "" {
		panic(r.panicked)
	}
	now := p.now()
	r.host.removeFlight(r.flight)
	r.fault = r.flight.fault(r.fault)
	if r.fault == nil || r.fault.HTTP != 0 {
		r.host.heard(now)
	}
	p.stats.InFlight--
	p.dirty = true
	if r.operation.kind == create {
		p.applyCreation(r, now)
		return
	}
	if r.operation.kind != poll {
		p.applyOperation(r, now)
		return
	}
	h, slot, task := r.host, &p.slots[r.operation.seq], p.tasks[r.operation.seq]
	slot.asking = false
	if task == nil { // untracked during the poll
		h.plan.Remove(r.operation.seq)
		return
	}
	if r.fault == nil {
		p.stats.Answers++
		h.answered(r.flight, now)
		p.applyAnswer(h, slot, task, r.answer, now)
	} else {
		p.stats.Faults++
		p.applyFault(h, r.flight, slot, task, r.fault, now)
	}
}

// applyAnswer updates a task with the answer to a poll.
func (p *Poller) applyAnswer(h *host, slot *slot, task *Task, answer queue.Answer, now time.Duration) {
	if task.State.Terminal() { // a cancelation has ended it meanwhile
		h.plan.Remove(task.Seq)
		return
	}
	verdict := queue.Decide(task.Request.Base.Service(), answer, nil)
	next := observe(task, answer, verdict, p.stamp(now))
	p.mergeLogs(task.Seq, answer.Logs, task.Seq == p.opened)
	p.bodies.put(task.Seq, answer.Raw, next.Problem())
	slot.misses, slot.attempts = 0, 0
	if !next.State.Terminal() && next.State != Reading {
		p.scheduleNext(h, next, answer, now)
		return
	}
	h.plan.Observe(next.Seq, observation(next, answer), now)
	p.options.Store.PutAnswer(next.Seq, answer.Raw)
	p.endUnread(next)
	if next.State.Terminal() {
		h.live--
	}
	p.set(next)
	if next.State == Reading || p.options.Results && next.State == Succeeded {
		p.fetchInBackground(h, next.Seq)
	}
}

// applyFault updates a task after a poll without an answer. Its last known state stays.
func (p *Poller) applyFault(h *host, f *flight, slot *slot, task *Task, fault *queue.Fault, now time.Duration) {
	if task.State.Terminal() { // a cancelation has ended it meanwhile
		h.plan.Remove(task.Seq)
		return
	}
	raw := fault.Raw
	p.bodies.put(task.Seq, raw, false)
	fault.Raw = nil
	next := withPollError(task, fault)
	again := slot.attempts > 0 && task.Trouble != nil && task.Trouble.Kind == fault.Kind
	if slot.attempts == 0 || h.trouble == nil && f.endpoint.trouble == nil {
		slot.attempts = min(slot.attempts+1, 32)
	}
	switch fault.Kind {
	case queue.RateLimited:
		p.stats.RateLimited++
		if h.limitedByRate(f, task, fault, again, now) {
			slot.attempts--
			p.postpone(h, next, now, now)
			return
		}
	case queue.Unauthorized:
		p.failHost(h, f, fault, now)
		p.refuseKey(h, fault, now)
		if h.refusedAlone[task.Seq] {
			h.failAt(f, fault, now) // the key is good for others
		}
	case queue.Forbidden:
		p.failHost(h, f, fault, now)
		if h.refuses(f.endpoint, task.Seq, fault, now) {
			f.endpoint.recover()
			p.forbid(h, task.Request.Endpoint, fault)
			p.park(h, next)
			return
		}
	case queue.Missing:
		p.failHost(h, f, fault, now)
		p.applyNotFound(h, f, slot, task, fault, raw, now)
		return
	default:
		p.failHost(h, f, fault, now)
		h.failAt(f, fault, now)
	}
	p.retryLater(h, f.endpoint, next, h.retryWait(int(slot.attempts), fault), now)
}

// limitedByRate updates the health after a 429, and reports whether the rate caused it, not the
// task, so that the task is polled again first. A task whose last poll was a 429 too waits:
// a few that always are would keep all others waiting.
func (h *host) limitedByRate(f *flight, task *Task, fault *queue.Fault, again bool, now time.Duration) bool {
	ofHost := h.limited(f, fault, again, now)
	if !ofHost && !fault.LimitsCreation() {
		h.failAt(f, fault, now)
	}
	return ofHost && (task.Trouble == nil || task.Trouble.Kind != queue.RateLimited)
}

// failHost updates the host's health with a failed request.
func (p *Poller) failHost(h *host, f *flight, fault *queue.Fault, now time.Duration) {
	if h.fail(f, fault, now) {
		p.options.Service.CloseIdle()
	}
}

// refuseKey stops all requests to a host once it is certain that it refuses the key,
// as it is where there is no key to send.
func (p *Poller) refuseKey(h *host, fault *queue.Fault, now time.Duration) {
	if fault.HTTP == 0 || h.keyRefused() {
		h.recover()
		h.stopped = fault
	}
}

// retryWait returns how long a task waits after a number of failed polls in a row.
func (h *host) retryWait(attempts int, fault *queue.Fault) time.Duration {
	wait := backoff.Delay(h.random, retryFirst, attempts-1, retryMost)
	if fault.HTTP < 500 && fault.Kind != queue.RateLimited {
		return wait
	}
	asked := fault.RetryAfter
	if attempts == 1 {
		asked = min(asked, MaxFirstHold)
	}
	return max(wait, asked)
}

// retryLater schedules a retry after a wait, or for when the endpoint may be asked.
func (p *Poller) retryLater(h *host, e *endpoint, next *Task, wait, now time.Duration) {
	if p.parked(h, next) {
		return
	}
	if next.Trouble.Kind == queue.RateLimited {
		h.plan.DeferRefused(next.Seq, now+wait, now)
	} else {
		h.plan.Defer(next.Seq, now+wait, now)
	}
	due, _ := h.plan.DueAt(next.Seq)
	switch {
	case e.refusals > 0: // it is asked once more, to be certain
		h.setAside(e, next.Seq, true)
		due = max(e.probeAt, now)
	case e.trouble != nil:
		due = max(due, e.probeAt)
	}
	next.Next = p.stamp(due)
	p.set(next)
}

// applyNotFound updates a task that the service does not know. The answer counts toward
// giving up the task only where the service knows other tasks.
func (p *Poller) applyNotFound(h *host, f *flight, slot *slot, task *Task, fault *queue.Fault, raw []byte, now time.Duration) {
	if task.Seen != 0 {
		h.failAt(f, fault, now)
		f.endpoint.known = true
	} else if f.endpoint.denials++; f.endpoint.denials == unknownTasks {
		f.endpoint.deniedAt = task.Request.QueueURL()
	}
	next := withPollError(task, fault)
	if h.deniesAll(f.endpoint, task.Seen != 0, now) {
		p.retryLater(h, f.endpoint, next, h.retryWait(int(slot.attempts), fault), now)
		return
	}
	if int(slot.misses) >= len(missing) {
		h.live--
		h.plan.Remove(task.Seq)
		p.options.Store.PutAnswer(task.Seq, raw)
		p.set(giveUp(task, fault, p.stamp(now)))
		return
	}
	wait := missing[slot.misses]
	slot.misses++
	p.retryLater(h, f.endpoint, next, wait, now)
}

// park removes a task from the schedule whose endpoint the key may not use.
func (p *Poller) park(h *host, t *Task) {
	h.plan.Remove(t.Seq)
	t.Next = 0
	endpoint := t.Request.Endpoint
	h.parked[endpoint] = append(h.parked[endpoint], t.Seq)
	p.set(t)
}

// forbid parks the tasks of an endpoint that the service refuses to the key. Others go on,
// because the documented 403 is about the model. Tasks whose poll is under way are parked
// when it returns.
func (p *Poller) forbid(h *host, endpoint string, fault *queue.Fault) {
	if h.forbidden[endpoint] != nil {
		return
	}
	h.forbidden[endpoint] = fault
	for i, t := range p.tasks {
		if t == nil || t.Request.Endpoint != endpoint || p.slots[i].asking {
			continue
		}
		if _, waits := h.plan.DueAt(t.Seq); waits || h.plan.IsAside(t.Seq) {
			parked := *t
			p.park(h, &parked)
		}
	}
}
