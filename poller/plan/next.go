package plan

import "time"

const (
	// wakeEvery is the grid that wake-ups are rounded up to, so that many tasks wake the caller only ten times a second.
	wakeEvery = 100 * time.Millisecond
	// newTaskAllowance is how many tasks may be polled in a burst because they are new, newTaskShare their share of all polls.
	newTaskAllowance, newTaskShare = 8, 0.1
)

// reason says why Next chose a task.
type reason uint8

const (
	reasonOther reason = iota
	reasonOpened
	reasonFresh
	reasonWorth
)

// offer returns a task from Next, and remembers why.
func (p *Planner) offer(t *task, why reason) (seq int32, ok bool, at time.Duration) {
	p.offered, p.offeredFor = t, why
	return t.seq, true, 0
}

// Next returns the task to poll now, at a rate in requests/s. If none is worth a poll it returns false and the time to call it
// again. With urgentOnly it returns only tasks that the user asked for, which may be of any endpoint.
func (p *Planner) Next(now time.Duration, rate float64, urgentOnly bool) (seq int32, ok bool, at time.Duration) {
	if t := p.nextUrgent(); t != nil {
		return p.offer(t, reasonOther)
	}
	if urgentOnly || rate <= 0 {
		return 0, false, Never
	}
	p.admit(now)
	p.beginRound(rate)
	if t := p.nextDeadline(now); t != nil {
		return p.offer(t, reasonOther)
	}
	opened, openedAt := p.openedTask()
	mayOpened := openedAt <= now
	if mayOpened && !p.lastWasOpened {
		return p.offer(opened, reasonOpened)
	}
	if p.newTaskTokens >= 1 {
		if t := p.nextFresh(false); t != nil {
			return p.offer(t, reasonFresh)
		}
	}
	t, at := p.nextWorth(now, rate)
	switch {
	case t != nil:
		return p.offer(t, reasonWorth)
	case mayOpened:
		return p.offer(opened, reasonOpened)
	}
	if at = min(at, openedAt); at < Never {
		at = (at + wakeEvery - 1) / wakeEvery * wakeEvery
	}
	return 0, false, at
}

// nextUrgent returns the first task that the user asked for, or nil.
func (p *Planner) nextUrgent() *task {
	isUrgent := func(seq int32) bool { return p.tasks[seq] != nil && p.tasks[seq].urgent }
	for len(p.urgent) > 0 && !isUrgent(p.urgent[0]) {
		p.urgent = p.urgent[1:]
	}
	for _, seq := range p.urgent {
		if isUrgent(seq) && !p.tasks[seq].inFlight {
			return p.tasks[seq]
		}
	}
	return nil
}

// openedTask returns the task that the user has open and when it may be polled.
func (p *Planner) openedTask() (*task, time.Duration) {
	t := p.tasks[p.opened]
	if t == nil || t.inFlight || t.failed || t.endpoint.blocked {
		return nil, Never
	}
	return t, p.allowedAt(t)
}

// allowedAt returns from when on a task may be polled, by the interval and the service's Retry-After.
func (p *Planner) allowedAt(t *task) time.Duration {
	if t.fresh {
		return t.waitingSince
	}
	return max(t.lastSeen+p.interval, t.waitingSince)
}

// nextFresh returns the first task that was never polled, or nil. Unless all is set it leaves out endpoints that start their tasks
// in order, because polls of a few tasks tell when the others start.
func (p *Planner) nextFresh(all bool) *task {
	var first *task
	for _, e := range p.admitted {
		isPolled := func(t *task) bool { return !t.fresh || t.removed || t.inFlight || t.failed }
		for len(e.fresh) > 0 && isPolled(e.fresh[0]) {
			e.fresh[0] = nil // for the garbage collector
			e.fresh = e.fresh[1:]
		}
		if len(e.fresh) > 0 && (all || !e.ordered()) {
			if t := e.fresh[0]; first == nil || t.lastSeen < first.lastSeen || t.lastSeen == first.lastSeen && t.seq < first.seq {
				first = t
			}
		}
	}
	return first
}

// nextWorth returns the task that is due first, if a poll of it is worth the price, or else when to call it again. While requests
// are scarce, it also returns a task that is not due yet, because a request left over is lost; that lowers the price.
func (p *Planner) nextWorth(now time.Duration, rate float64) (*task, time.Duration) {
	p.price.lower(now, rate)
	if !p.sawQueued {
		p.price.now = max(p.price.now, minGainPerRoundSecond*(p.pollAllTime-minRound).Seconds())
	}
	if !p.price.scarce() {
		p.refreshInTurn(now)
	}
	t := p.earliestDue(now)
	if t == nil {
		return nil, Never
	}
	at := t.times[key]
	if at <= now {
		return t, Never
	}
	if p.price.scarce() {
		// If tasks wait, a poll tells something about all of them, which its worth does not include.
		if p.allowedAt(t) <= now && (t.endpoint.sawQueued || p.worthOf(t, now) >= acceptableShare*p.price.now) {
			return t, Never
		}
		at = now + wakeEvery
	}
	p.price.idleSince = now
	return p.nextFresh(true), at
}

// earliestDue returns the task with the earliest key. It computes the keys of the first tasks anew: what was learned since may have
// made them due later.
func (p *Planner) earliestDue(now time.Duration) *task {
	for {
		t := p.earliest(func(e *endpoint) *queue { return &e.due })
		if t == nil || !mayRefresh(p.refreshLimit, now) {
			return t
		}
		before, at := t.times[key], p.keyOf(t)
		if at > before {
			t.endpoint.due.move(t, at)
		}
		if at <= max(before, now) {
			return t
		}
	}
}

// Dispatch marks a task as in flight.
func (p *Planner) Dispatch(seq int32, now time.Duration) {
	t := p.tasks[seq]
	if t == nil {
		return
	}
	why := reasonOther
	if p.offered == t {
		why = p.offeredFor
	}
	p.lastWasOpened = why == reasonOpened
	p.newTaskTokens = min(p.newTaskTokens+newTaskShare, newTaskAllowance)
	if why == reasonFresh {
		p.newTaskTokens--
	}
	if why == reasonWorth && !t.forced {
		late := now - t.times[key]
		p.backlog = max(late, 0)
		if (late < 0 || late > wakeEvery) && mayRefresh(p.refreshLimit, now) {
			p.price.follow(p.worthOf(t, now))
		}
	}
	p.dequeue(t)
	p.refreshInTurn(now)
	t.urgent, t.hastened = false, false
	t.inFlight = true
	t.polledAt = now
}
