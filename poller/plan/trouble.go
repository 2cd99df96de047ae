package plan

import "time"

// SetAside takes a task, which may be in flight, out of the schedule until Defer or Observe puts it back, or the user asks for
// it. Its last poll may have failed.
func (p *Planner) SetAside(seq int32, hasFailed bool) {
	t := p.tasks[seq]
	if t == nil {
		return
	}
	if t.is(inFlight) {
		t.seen = t.asked
		t.clear(inFlight | fresh)
	}
	p.lift(t)
	t.set(aside)
	p.asides++
	if hasFailed {
		t.set(failed)
	}
	p.requeue(t)
}

// Has reports whether a task has not left.
func (p *Planner) Has(seq int32) bool { return p.tasks[seq] != nil }

// InFlight reports whether a task is being asked.
func (p *Planner) InFlight(seq int32) bool { return p.tasks[seq] != nil && p.tasks[seq].is(inFlight) }

// IsAside reports whether a task is set aside.
func (p *Planner) IsAside(seq int32) bool { return p.tasks[seq] != nil && p.tasks[seq].is(aside) }

// HasFailed reports whether a task waits whose last poll failed.
func (p *Planner) HasFailed(seq int32) bool { return p.tasks[seq] != nil && p.tasks[seq].is(failed) }

// Any returns a task of an endpoint that is not in flight, whenever it is due, and false if there is none. Different values of n
// choose different tasks. It prefers tasks whose last poll has not failed, and looks at a bounded number.
func (p *Planner) Any(endpoint string, n int) (seq int32, ok bool) {
	const most, stride = 256, 97 // tasks to look at, and from one n to the next
	e := p.byName[endpoint]
	if e == nil {
		return 0, false
	}
	for i := range min(len(e.order), most) {
		t := e.order[(n*stride+i)%len(e.order)]
		if t.is(gone | inFlight) {
			continue
		}
		if seq, ok = t.seq, true; !t.is(failed) {
			break
		}
	}
	return seq, ok
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
	if t.is(aside) {
		t.waiting = now
	}
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
		p.retries.add(t, max(until, p.rested(t)))
	}
	p.requeue(t)
}

// NextRetry returns the task whose retry is due first, if one is, or else the time when one will be.
func (p *Planner) NextRetry(now time.Duration) (seq int32, ok bool, at time.Duration) {
	t := p.retries.top()
	if t == nil {
		return 0, false, Never
	}
	if at = t.times[key]; at > now {
		return 0, false, at
	}
	p.chosen = nil
	return t.seq, true, 0
}
