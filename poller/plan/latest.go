package plan

import (
	"math"
	"time"
)

const (
	// minRound is the least time of a round.
	minRound = time.Second
	// latestRounds is the number of rounds from a poll to the latest time of the next one, maxRounds that to its deadline.
	latestRounds, maxRounds = 3.8, 4
	// spread is the number of rounds before their latest times over which polls are spread, so that tasks which were polled at
	// one time are not polled at one time again. Tasks never polled are spread over all rounds.
	spread = 0.4
	// ampleIntervals is the number of intervals after which a task that may have started is polled, if the rate is ample.
	ampleIntervals = 2
)

// admit updates which endpoints are admitted. The latest times of one that was not count from now on.
func (p *Planner) admit(now time.Duration) {
	p.admitted = p.admitted[:0]
	for _, e := range p.endpoints {
		was := e.blocked
		if e.blocked = p.Admits != nil && !p.Admits(e.name); e.blocked {
			continue
		}
		if p.admitted = append(p.admitted, e); was {
			e.admittedAt = now
		}
	}
}

// earliest returns the first task of all admitted endpoints' queues of a kind, or nil.
func (p *Planner) earliest(queueOf func(e *endpoint) *queue) (first *task) {
	for _, e := range p.admitted {
		if q := queueOf(e); q.top() != nil && q.top().before(first, q.by) {
			first = q.top()
		}
	}
	return first
}

// beginRound computes how long a round lasts at a rate in requests/s: N/rate for N tasks that may be polled.
func (p *Planner) beginRound(rate float64) {
	n := 0
	for _, e := range p.admitted {
		n += e.live - len(e.retries.tasks)
	}
	p.requestTime = seconds(1 / rate)
	p.pollAllTime = seconds(float64(n) / rate)
	p.roundTime, p.rateIsAmple = max(minRound, p.interval/2, p.pollAllTime), p.pollAllTime <= p.interval
}

// keyOf returns when a task is to be polled: when it is worth the price, or a little before its latest time if that is earlier.
func (p *Planner) keyOf(t *task) time.Duration {
	due := p.dueAt(t)
	t.latestPoll = max(t.latestPoll, max(t.waitingSince, t.endpoint.admittedAt)+p.rounds(latestRounds)-2*p.requestTime)
	if p.rateIsAmple && !t.fresh && !t.waits() {
		due = min(due, t.lastSeen+max(ampleIntervals*p.interval, minRound)-wakeEvery)
	}
	if t.forced = due > t.latestPoll; !t.forced {
		return max(due, t.waitingSince)
	}
	part := spread
	if t.fresh {
		part = latestRounds
	}
	const golden = 0.6180339887498949 // its multiples have evenly spread fractions
	_, fraction := math.Modf(float64(t.seq) * golden)
	return max(t.latestPoll-p.backlog-p.rounds(part*fraction), p.allowedAt(t))
}

// deadlineOf returns when a task must have been polled. It moves only to later, when rounds become longer.
func (p *Planner) deadlineOf(t *task) time.Duration {
	if t.hastened {
		return 0
	}
	return max(t.times[deadline], max(t.waitingSince, t.endpoint.admittedAt)+p.rounds(maxRounds)-p.requestTime)
}

// nextDeadline returns the task with the earliest deadline, if a poll of another task could make one miss its deadline, or nil.
//
// Tasks move to nearDeadlines a round before their deadlines. All n of them can be polled within n request times, and n is at
// most the number of all tasks, for which a round has time. So none misses its deadline if they are polled one after another
// from when the first deadline is n request times away.
func (p *Planner) nextDeadline(now time.Duration) *task {
	needed := wakeEvery
	for _, e := range p.admitted {
		for t := e.farDeadlines.top(); t != nil && t.times[deadline] <= now+p.roundTime+2*p.requestTime; t = e.farDeadlines.top() {
			if at := p.deadlineOf(t); at > t.times[deadline] {
				e.farDeadlines.move(t, at)
				continue
			}
			e.farDeadlines.remove(t)
			e.nearDeadlines.add(t, t.times[deadline])
		}
		needed += time.Duration(len(e.nearDeadlines.tasks)) * p.requestTime
	}
	for {
		t := p.earliest(func(e *endpoint) *queue { return &e.nearDeadlines })
		if t == nil {
			return nil
		}
		switch at := p.deadlineOf(t); {
		case at-now > needed && t.times[deadline]-now > needed:
			return nil
		case at > t.times[deadline]:
			t.endpoint.nearDeadlines.move(t, at)
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

// rounds returns how long n rounds last.
func (p *Planner) rounds(n float64) time.Duration { return time.Duration(n * float64(p.roundTime)) }
