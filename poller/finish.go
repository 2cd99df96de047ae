package poller

import (
	"time"

	"polltop/poller/queue"
)

// finish takes in what came of a request; of a poll, the task's next snapshot, the host's
// health, and when the task is asked again.
func (p *Poller) finish(r result) {
	if r.panicked != "" {
		panic(r.panicked)
	}
	now := p.now()
	r.host.flights--
	p.stats.InFlight--
	p.dirty = true
	if r.errand.kind != poll {
		p.finishErrand(r, now)
		return
	}
	h, slot, task := r.host, &p.slots[r.errand.seq], p.tasks[r.errand.seq]
	slot.asking = false
	if task == nil { // untracked while it was asked
		h.plan.Remove(r.errand.seq)
		return
	}
	if r.fault == nil {
		p.stats.Answers++
		h.answered(now)
		p.answered(h, slot, task, r.answer, now)
	} else {
		p.stats.Faults++
		p.faulted(h, slot, task, r.fault, now)
	}
}

// answered takes in an answer about a task.
func (p *Poller) answered(h *host, slot *slot, task *Task, answer queue.Answer, now moment) {
	if task.State.Terminal() { // a cancelation has ended it meanwhile
		h.plan.Remove(task.Seq)
		return
	}
	verdict := queue.Decide(task.Request.Base.Service(), answer, nil)
	next := observe(task, answer, verdict, p.stamp(now))
	p.share(next)
	p.logs.merge(task.Seq, answer.Logs, task.Seq == p.opened)
	p.bodies.put(task.Seq, answer.Raw, next.Problem())
	slot.misses, slot.attempts = 0, 0
	if !next.State.Terminal() && next.State != Reading {
		p.told(h, next, answer, now)
		return
	}
	h.plan.Observe(next.Seq, observation(next, answer), now)
	p.options.Keeper.PutAnswer(next.Seq, answer.Raw)
	p.leaveUnread(next)
	if next.State.Terminal() {
		h.live--
	}
	p.set(next)
	if next.State == Reading || p.options.Results && next.State == Succeeded {
		p.readLater(h, next.Seq)
	}
}

// faulted takes in a poll that brought no answer.
func (p *Poller) faulted(h *host, slot *slot, task *Task, fault *queue.Fault, now moment) {
	if task.State.Terminal() { // a cancelation has ended it meanwhile
		h.plan.Remove(task.Seq)
		return
	}
	raw := fault.Raw
	p.bodies.put(task.Seq, raw, false)
	fault.Raw = nil
	next := disappoint(task, fault)
	switch fault.Kind {
	case queue.RateLimited:
		p.stats.RateLimited++
		h.alive(now)
		h.limited(now, fault.RetryAfter)
		// It says nothing of the task: it is the first to be asked again.
		p.putOff(h, next, now, now)
	case queue.Unauthorized:
		h.alive(now)
		h.stopped = fault
		p.putOff(h, next, now, now)
	case queue.Forbidden:
		h.alive(now)
		p.forbid(h, task.Request.Endpoint, fault)
		p.park(h, next)
	case queue.Missing:
		h.alive(now)
		p.missed(h, slot, task, fault, raw, now)
	default:
		// Only a host that does not answer at all is unreachable. One that answers
		// with nonsense or with its own failure is there, and other tasks may
		// fare better.
		if fault.Kind == queue.Unreachable || fault.Kind == queue.TimedOut {
			h.failed(now, fault)
		} else {
			h.alive(now)
		}
		if fault.RetryAfter > 0 && (fault.Kind == queue.ServerError || fault.Kind == queue.Gateway) {
			h.wait(now, fault.RetryAfter)
		}
		slot.attempts = min(slot.attempts+1, 32)
		wait := jitter(doubled(retryFirst, int(slot.attempts)-1, retryMost))
		p.putOff(h, next, now+wait, now)
	}
}

// missed takes in an answer that the service does not know the task.
func (p *Poller) missed(h *host, slot *slot, task *Task, fault *queue.Fault, raw []byte, now moment) {
	if int(slot.misses) >= len(missing) {
		h.live--
		h.plan.Remove(task.Seq)
		p.options.Keeper.PutAnswer(task.Seq, raw)
		p.set(giveUp(task, fault, p.stamp(now)))
		return
	}
	wait := missing[slot.misses]
	slot.misses++
	p.putOff(h, disappoint(task, fault), now+wait, now)
}

// park sets aside a task whose endpoint the key may not use.
func (p *Poller) park(h *host, t *Task) {
	h.plan.Remove(t.Seq)
	t.Next = 0
	endpoint := t.Request.Endpoint
	h.parked[endpoint] = append(h.parked[endpoint], t.Seq)
	p.set(t)
}

// forbid notes that the service refuses an endpoint to the key, and parks its
// tasks: only those, as the documentation's 403 speaks of the model. Those in
// flight are parked when they come back.
func (p *Poller) forbid(h *host, endpoint string, fault *queue.Fault) {
	if h.forbidden[endpoint] != nil {
		return
	}
	h.forbidden[endpoint] = fault
	for i, t := range p.tasks {
		if t == nil || t.Request.Endpoint != endpoint || p.slots[i].asking {
			continue
		}
		if _, waits := h.plan.Waits(t.Seq); waits {
			parked := *t
			p.park(h, &parked)
		}
	}
}

// stamp returns the wall-clock time of a moment that is now or to come. Only
// what is told to people uses it; the schedule keeps to its own clock.
func (p *Poller) stamp(m moment) Stamp {
	return StampOf(time.Now().Add(m - p.now()))
}
