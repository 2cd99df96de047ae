package plan

import "time"

// Has reports whether there is a task with a seq.
func (p *Planner) Has(seq int32) bool { return p.tasks[seq] != nil }

// MayPoll reports whether a task is not in flight, and was not polled within the interval.
func (p *Planner) MayPoll(seq int32, now time.Duration) bool {
	t := p.tasks[seq]
	return t != nil && !t.inFlight && p.allowedAt(t) <= now
}

// Due returns a task of an endpoint that is due, whether the endpoint is admitted or not, or else when one will be. The last poll
// of the task did not fail. If there is none such and failedToo is set it returns one whose last poll failed. Different values of
// n choose different tasks.
func (p *Planner) Due(endpoint string, failedToo bool, n int, now time.Duration) (seq int32, failed, ok bool, at time.Duration) {
	at = Never
	e := p.byName[endpoint]
	if e == nil {
		return 0, false, false, at
	}
	for _, q := range []*queue{&e.due, &e.retries} {
		if failed = q == &e.retries; len(q.tasks) == 0 || failed && !failedToo {
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

// Hasten has a task that is not in flight polled before all others, as soon as its endpoint is admitted.
func (p *Planner) Hasten(seq int32) {
	if t := p.tasks[seq]; t != nil && !t.inFlight {
		p.dequeue(t)
		t.hastened = true
		p.enqueue(t, 0)
	}
}

// Defer ends a poll without an answer: NextRetry returns the task from the time until on. If that is not after now the failure was
// not the task's, and Next returns it as if it had not been polled. refused says that the service got the request but did not
// look at the task, so that the interval does not count from this poll.
func (p *Planner) Defer(seq int32, until, now time.Duration, refused bool) {
	t := p.tasks[seq]
	if t == nil {
		return
	}
	counts := t.inFlight && !refused
	p.dequeue(t)
	t.inFlight = false
	if until <= now {
		p.enqueue(t, t.lastSeen)
	} else {
		if counts { // otherwise the worth of tasks that always fail would grow above all others
			t.lastSeen = t.polledAt
			t.fresh = false
		}
		t.failed = true
		t.endpoint.retries.add(t, max(until, p.allowedAt(t)))
	}
}

// NextRetry returns the task whose retry is due first, or false and the time when one will be.
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
