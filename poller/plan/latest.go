package plan

import (
	"math"
	"time"
)

const (
	// leastRound is the least time that a round of all tasks is taken to last.
	leastRound = time.Second
	// latestRounds is after how many rounds a task is asked whatever it is worth, mostRounds after how many at the very latest.
	latestRounds, mostRounds = 3.8, 4
	// spread is how many rounds before its latest time a task may be asked for that, so that tasks which were asked at one time
	// are not again. Those never asked are spread over all rounds.
	spread = 0.4
	// ampleIntervals is after how many intervals a task that may have started is asked, where all can be within one.
	ampleIntervals = 2
)

// admit notes which endpoints' tasks may be asked now. Those of one that is blocked no more count as not asked from now on.
func (p *Planner) admit(now time.Duration) {
	p.open = p.open[:0]
	for _, e := range p.endpoints {
		was := e.blocked
		if e.blocked = p.Admits != nil && !p.Admits(e.name); e.blocked {
			continue
		}
		if p.open = append(p.open, e); was {
			e.opened = now
		}
	}
}

// earliest returns the task that comes first in its queue and before those of all other endpoints whose tasks may be asked.
func (p *Planner) earliest(queueOf func(e *endpoint) *queue) (first *task) {
	for _, e := range p.open {
		if q := queueOf(e); q.top() != nil && q.top().before(first, q.by) {
			first = q.top()
		}
	}
	return first
}

// beginRound computes how long a round of all tasks that may be asked lasts at a rate in requests/s: with N tasks N/rate.
func (p *Planner) beginRound(rate float64) {
	n := 0
	for _, e := range p.open {
		n += e.live - len(e.retries.tasks)
	}
	p.slot = seconds(1 / rate)
	p.all = seconds(float64(n) / rate)
	p.round, p.ample = max(leastRound, p.interval/2, p.all), p.all <= p.interval
}

// keyOf returns when a task is to be asked: when it is worth the price, or else a little before its latest time.
func (p *Planner) keyOf(t *task) time.Duration {
	due := p.dueAt(t)
	t.latest = max(t.latest, max(t.waiting, t.endpoint.opened)+p.rounds(latestRounds)-2*p.slot)
	if p.ample && !t.is(fresh) && !t.waits() {
		due = min(due, t.seen+max(ampleIntervals*p.interval, leastRound)-wakeEvery)
	}
	if t.clear(forced); due <= t.latest {
		return max(due, t.waiting)
	}
	t.set(forced)
	part := spread
	if t.is(fresh) {
		part = latestRounds
	}
	const golden = 0.6180339887498949 // the fractions of its multiples are spread evenly
	_, fraction := math.Modf(float64(t.seq) * golden)
	return max(t.latest-p.backlog-p.rounds(part*fraction), p.rested(t))
}

// deadlineOf returns when a task must have been asked. It moves to later only, when rounds become longer.
func (p *Planner) deadlineOf(t *task) time.Duration {
	if t.is(hastened) {
		return 0
	}
	return max(t.times[deadline], max(t.waiting, t.endpoint.opened)+p.rounds(mostRounds)-p.slot)
}

// pressed returns the task with the earliest deadline, if requests for other tasks could make one miss its deadline, or nil.
//
// Tasks go into pressing a round before their deadlines. All n of them can be asked within n slots, and n is at most the number
// of all tasks, which a round has slots for. So none misses its deadline as long as they are asked, one after another, from when
// the first deadline is n slots away.
func (p *Planner) pressed(now time.Duration) *task {
	needed := wakeEvery
	for _, e := range p.open {
		for t := e.deadlines.top(); t != nil && t.times[deadline] <= now+p.round+2*p.slot; t = e.deadlines.top() {
			if at := p.deadlineOf(t); at > t.times[deadline] {
				e.deadlines.move(t, at)
				continue
			}
			e.deadlines.remove(t)
			e.pressing.add(t, t.times[deadline])
		}
		needed += time.Duration(len(e.pressing.tasks)) * p.slot
	}
	for {
		t := p.earliest(func(e *endpoint) *queue { return &e.pressing })
		if t == nil {
			return nil
		}
		switch at := p.deadlineOf(t); {
		case at-now > needed && t.times[deadline]-now > needed:
			return nil
		case at > t.times[deadline]:
			t.endpoint.pressing.move(t, at)
		default:
			return t
		}
	}
}

// seconds returns a time given in seconds, at most a year.
func seconds(s float64) time.Duration {
	const year = 365 * 24 * 3600
	return time.Duration(min(s, year) * float64(time.Second))
}

// rounds returns how long so many rounds of all tasks last.
func (p *Planner) rounds(n float64) time.Duration { return time.Duration(n * float64(p.round)) }
