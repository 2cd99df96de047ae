package plan

import "time"

const (
	// wakeEvery is the grid that wake-ups are rounded up to, so that many tasks wake the caller only ten times a second.
	wakeEvery = 100 * time.Millisecond
	// newTaskAllowance is how many tasks may be asked at once because they are new, newTaskShare their share of all requests.
	newTaskAllowance, newTaskShare = 8, 0.1
)

// reason says why Next chose a task.
type reason uint8

const (
	byOther reason = iota
	byOpened
	byNewness
	byWorth
)

// choose remembers why a task was chosen.
func (p *Planner) choose(t *task, why reason) (seq int32, ok bool, at time.Duration) {
	p.chosen, p.chosenBy = t, why
	return t.seq, true, 0
}

// Next returns the task to ask now, given the budget in requests/s. If none is worth a request it returns false and the time to
// look again. With urgentOnly it returns only tasks that the user asked for, which may be of any endpoint.
func (p *Planner) Next(now time.Duration, rate float64, urgentOnly bool) (seq int32, ok bool, at time.Duration) {
	if t := p.nextUrgent(); t != nil {
		return p.choose(t, byOther)
	}
	if urgentOnly || rate <= 0 {
		return 0, false, Never
	}
	p.admit(now)
	p.beginRound(rate)
	if t := p.pressed(now); t != nil {
		return p.choose(t, byOther)
	}
	opened, openedAt := p.openedTask()
	mayOpened := openedAt <= now
	if mayOpened && !p.openedLast {
		return p.choose(opened, byOpened)
	}
	if p.newTasks >= 1 {
		if t := p.nextNew(false); t != nil {
			return p.choose(t, byNewness)
		}
	}
	t, at := p.nextWorth(now, rate)
	switch {
	case t != nil:
		return p.choose(t, byWorth)
	case mayOpened:
		return p.choose(opened, byOpened)
	}
	if at = min(at, openedAt); at < Never {
		at = (at + wakeEvery - 1) / wakeEvery * wakeEvery
	}
	return 0, false, at
}

// nextUrgent returns the first task that the user asked for, or nil.
func (p *Planner) nextUrgent() *task {
	isUrgent := func(seq int32) bool { return p.tasks[seq] != nil && p.tasks[seq].is(urgent) }
	for len(p.urgent) > 0 && !isUrgent(p.urgent[0]) {
		p.urgent = p.urgent[1:]
	}
	for _, seq := range p.urgent {
		if isUrgent(seq) && !p.tasks[seq].is(inFlight) {
			return p.tasks[seq]
		}
	}
	return nil
}

// openedTask returns the task that is open in the pane and when it may be asked.
func (p *Planner) openedTask() (*task, time.Duration) {
	t := p.tasks[p.opened]
	if t == nil || t.is(inFlight|failed) || t.endpoint.blocked {
		return nil, Never
	}
	return t, p.rested(t)
}

// rested returns from when on a task may be asked again.
func (p *Planner) rested(t *task) time.Duration {
	if t.is(fresh) {
		return t.waiting
	}
	return max(t.seen+p.interval, t.waiting)
}

// nextNew returns the first task that was never asked, or nil. Unless all endpoints are meant, those that start their tasks in
// order are left out: when their other tasks start is known without asking them.
func (p *Planner) nextNew(all bool) *task {
	var first *task
	for _, e := range p.open {
		for len(e.fresh) > 0 && (!e.fresh[0].is(fresh) || e.fresh[0].is(gone|inFlight|failed)) {
			e.fresh[0] = nil // or it stays in memory with those behind it
			e.fresh = e.fresh[1:]
		}
		if len(e.fresh) > 0 && (all || !e.ordered()) {
			if t := e.fresh[0]; first == nil || t.seen < first.seen || t.seen == first.seen && t.seq < first.seq {
				first = t
			}
		}
	}
	return first
}

// nextWorth returns the task that is due first, if a request for it is worth the price, or nil and when to look again. While
// requests are scarce few are left unmade, though what they are worth is below the price; each of those lowers it.
func (p *Planner) nextWorth(now time.Duration, rate float64) (*task, time.Duration) {
	p.price.lower(now, rate)
	if !p.queued {
		p.price.now = max(p.price.now, minGainPerRoundSecond*(p.all-leastRound).Seconds())
	}
	if !p.price.scarce() {
		p.lookInTurn(now)
	}
	t := p.first(now)
	if t == nil {
		return nil, Never
	}
	at := t.times[key]
	if at <= now {
		return t, Never
	}
	if p.price.scarce() {
		// A poll of a task that may wait says something of all that wait with it, which its worth leaves out.
		if p.rested(t) <= now && (t.endpoint.queued || p.worthOf(t, now) >= acceptable*p.price.now) {
			return t, Never
		}
		at = now + wakeEvery
	}
	p.price.unmade = now
	return p.nextNew(true), at
}

// first returns the task with the earliest key, after computing anew the keys of those that come first: what was learned since
// may have made them due later.
func (p *Planner) first(now time.Duration) *task {
	for {
		t := p.earliest(func(e *endpoint) *queue { return &e.due })
		if t == nil || !mayLook(p.looks, now) {
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

// Dispatch notes that a task is being asked.
func (p *Planner) Dispatch(seq int32, now time.Duration) {
	t := p.tasks[seq]
	if t == nil {
		return
	}
	why := byOther
	if p.chosen == t {
		why = p.chosenBy
	}
	p.openedLast = why == byOpened
	p.newTasks = min(p.newTasks+newTaskShare, newTaskAllowance)
	if why == byNewness {
		p.newTasks--
	}
	if why == byWorth && !t.is(forced) {
		late := now - t.times[key]
		p.backlog = max(late, 0)
		if (late < 0 || late > wakeEvery) && mayLook(p.looks, now) {
			p.price.paid(p.worthOf(t, now))
		}
	}
	p.lift(t)
	p.lookInTurn(now)
	t.clear(urgent | hastened)
	t.set(inFlight)
	t.asked = now
}
