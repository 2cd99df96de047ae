package plan

import (
	"math"
	"time"
)

// Observe applies an answer about a task. It removes the task if it has ended.
func (p *Planner) Observe(seq int32, o Observation, now time.Duration) {
	t := p.tasks[seq]
	if t == nil {
		return
	}
	polledAt := now
	if t.inFlight {
		polledAt = t.polledAt // the answer reports the state at that time
	}
	p.learn(t, o, polledAt)
	if o.State == Ended {
		p.Remove(seq)
		return
	}
	p.dequeue(t)
	t.state, t.position = o.State, int32(min(max(o.Position, 0), math.MaxInt32))
	t.inFlight, t.fresh = false, false
	t.lastSeen, t.waitingSince, t.latestPoll = polledAt, polledAt, 0
	if o.RetryAfter > 0 {
		t.waitingSince = max(now+o.RetryAfter, polledAt)
	}
	p.enqueue(t, p.keyOf(t))
}

// learn updates the estimates of a task and its endpoint with an answer, which was true at polledAt.
func (p *Planner) learn(t *task, o Observation, polledAt time.Duration) {
	e := t.endpoint
	if t.state != Running {
		p.updateFrontier(t, o, polledAt)
	}
	switch o.State {
	case Queued:
		e.sawQueued, p.sawQueued = true, true
		e.sawPositions = e.sawPositions || o.Position > 0
		t.presumed = false
	case Running:
		before := t.lastSeen
		if t.state != Running {
			e.boundStart(t, polledAt)
			before = t.start()
		}
		e.runs.addAlive((before - t.start()).Seconds(), (polledAt - t.start()).Seconds())
	case Ended:
		at := e.countRun(t, o.Inference, polledAt)
		if e.lastEnd > 0 {
			e.endGaps.add(fastFade, 1, max((polledAt-e.lastEnd).Seconds(), 0))
		}
		e.lastEnd = max(e.lastEnd, polledAt)
		p.advanceFrontier(e, at, polledAt)
	}
}

// updateFrontier updates the frontier, the trust in the order and the rates of starts with an answer about a task that was not known
// to run.
func (p *Planner) updateFrontier(t *task, o Observation, polledAt time.Duration) {
	e := t.endpoint
	index, unpolled := e.indexOf(t), (polledAt - t.lastSeen).Seconds()
	started := o.State != Queued
	if t.state == NotPolled {
		e.endedBefore *= fastFade
		if o.State == Ended && o.Inference.Seconds() > unpolled {
			e.endedBefore += 1 - fastFade
		}
	}
	e.learnOrder(t, index, started, unpolled)
	switch {
	case started && index >= e.frontier:
		first := max(e.frontier, index-maxPresumed)
		e.frontier = index + 1
		for _, before := range e.order[first:index] {
			p.presume(before, before.lastSeen, polledAt, polledAt)
		}
	case !started && index <= e.frontier:
		e.frontier, e.frontierWaitedAt = index, polledAt
	}
	startedCount, waited := 0.0, unpolled
	if started {
		startedCount, waited = 1, unpolled/2 // on average
		e.lastStartedSeq = max(e.lastStartedSeq, t.seq)
	} else if index <= e.frontier+nearFrontier {
		e.nearFrontierWaitedAt = polledAt
	}
	if t.state == NotPolled {
		e.firstPolls.add(slowFade, startedCount, 1)
	} else {
		e.starts.add(slowFade, startedCount, waited)
	}
}

// presume marks a task as started between two times, unless it is known to run, and reports whether it did.
func (p *Planner) presume(t *task, from, to, now time.Duration) bool {
	e := t.endpoint
	if t.removed || t.state == Running {
		return false
	}
	t.presumed = true
	t.earliestStart = max(from, t.lastSeen, e.frontierWaitedAt)
	t.latestStart = max(to, t.earliestStart)
	if !t.inFlight && !t.failed && mayRefresh(p.refreshLimit, now) {
		e.due.move(t, p.keyOf(t))
	}
	return true
}

// advanceFrontier moves the frontier past the next task that waits, because another one ended at about the time at. It does
// nothing if a poll has shown the frontier since.
func (p *Planner) advanceFrontier(e *endpoint, at, now time.Duration) {
	if at <= e.frontierWaitedAt {
		return
	}
	for e.frontier < len(e.order) {
		e.frontier++
		if p.presume(e.order[e.frontier-1], at, at, now) {
			return
		}
	}
}

// boundStart sets the bounds of the start of a task that is seen running for the first time.
func (e *endpoint) boundStart(t *task, polledAt time.Duration) {
	switch {
	case t.presumed && t.earliestStart >= t.lastSeen && t.latestStart <= polledAt:
		// It may have started when it was presumed to.
	case t.state == NotPolled && !e.sawQueued:
		// No task ever waited, so it started when it was added.
		t.earliestStart, t.latestStart = t.lastSeen, t.lastSeen
	default:
		t.earliestStart, t.latestStart = t.lastSeen, polledAt
		if e.ordered() {
			t.earliestStart = min(max(t.earliestStart, e.frontierWaitedAt), polledAt)
		}
	}
	t.presumed = false
}

// countRun counts the run time of a task that has ended, and returns about when it ended. If the service did not report the run
// time, that is the middle of the possible time.
func (e *endpoint) countRun(t *task, inference, polledAt time.Duration) time.Duration {
	counted, minAge := 0.0, time.Duration(0)
	if t.state == Running {
		counted = max(0, (t.lastSeen - t.start()).Seconds())
		minAge = max(0, t.lastSeen-t.latestStart)
	} else if !t.presumed || t.latestStart > polledAt {
		t.earliestStart, t.latestStart = t.lastSeen, polledAt
	}
	maxAge := polledAt - t.earliestStart
	age := (minAge + maxAge) / 2
	if inference >= 0 {
		age = inference
		if t.state != NotPolled {
			age = min(max(age, minAge), maxAge)
		}
	}
	e.runs.addAlive(counted, age.Seconds())
	e.runs.addEnd(age.Seconds(), polledAt)
	t.latestStart = max(t.earliestStart, min(t.latestStart, polledAt-age))
	return min(max(t.start()+age, t.lastSeen), polledAt)
}
