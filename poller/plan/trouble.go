package plan

import "time"

// Has reports whether a task has not left.
func (p *Planner) Has(seq int32) bool { return p.tasks[seq] != nil }

// MayPoll reports whether a task is not in flight, and was not asked within the interval.
func (p *Planner) MayPoll(seq int32, now time.Duration) bool {
	t := p.tasks[seq]
	return t != nil && !t.is(inFlight) && p.rested(t) <= now
}

// Due returns a task of an endpoint that is due, whether its tasks may be asked or not: one whose last poll has not failed or, if
// there is none, with all one whose poll has. Else it returns when one will be. Different values of n choose different tasks.
func (p *Planner) Due(endpoint string, all bool, n int, now time.Duration) (seq int32, failed, ok bool, at time.Duration) {
	at = Never
	e := p.byName[endpoint]
	if e == nil {
		return 0, false, false, at
	}
	for _, q := range []*queue{&e.due, &e.retries} {
		if failed = q == &e.retries; len(q.tasks) == 0 || failed && !all {
			continue
		}
		for _, t := range []*task{q.tasks[n%len(q.tasks)], q.top()} {
			if t.times[key] <= now {
				return t.seq, failed, true, 0
			}
			at = min(at, t.times[key])
		}
	}
	return 0, false, false, at
}

// Hasten has a task that is not in flight asked before all others, once its endpoint's may be asked.
func (p *Planner) Hasten(seq int32) {
	if t := p.tasks[seq]; t != nil && !t.is(inFlight) {
		p.lift(t)
		t.set(hastened)
		p.ready(t, 0)
	}
}

// Defer takes back a task whose poll brought no answer: NextRetry offers it from the time until on. With until at or before now
// the failure was not the task's: Next offers it, before those that have waited less. The poll counts for the interval unless the
// service refused to look at it.
func (p *Planner) Defer(seq int32, until, now time.Duration, refused bool) {
	t := p.tasks[seq]
	if t == nil {
		return
	}
	counts := t.is(inFlight) && !refused
	p.lift(t)
	t.clear(inFlight)
	if until <= now {
		p.ready(t, t.seen)
	} else {
		if counts { // or tasks that only ever fail would grow to be worth more than all others
			t.seen = t.asked
			t.clear(fresh)
		}
		t.set(failed)
		t.endpoint.retries.add(t, max(until, p.rested(t)))
	}
}

// NextRetry returns the task whose retry is due first, if one is, or else the time when one will be.
func (p *Planner) NextRetry(now time.Duration) (seq int32, ok bool, at time.Duration) {
	p.admit(now)
	t := p.earliest(func(e *endpoint) *queue { return &e.retries })
	switch {
	case t == nil:
		return 0, false, Never
	case t.times[key] > now:
		return 0, false, t.times[key]
	}
	return t.seq, true, 0
}
