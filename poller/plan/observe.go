package plan

import (
	"math"
	"time"
)

// Observe applies an answer about a task, which leaves if it has ended.
func (p *Planner) Observe(seq int32, o Observation, now time.Duration) {
	t := p.tasks[seq]
	if t == nil {
		return
	}
	asked := now
	if t.is(inFlight) {
		asked = t.asked // the answer reports the state at that time
	}
	p.learn(t, o, asked)
	if o.State == Ended {
		p.Remove(seq)
		return
	}
	p.lift(t)
	t.state, t.position = o.State, int32(min(max(o.Position, 0), math.MaxInt32))
	t.clear(inFlight | fresh)
	t.seen, t.waiting, t.latest = asked, asked, 0
	if o.Hint > 0 {
		t.waiting = max(now+o.Hint, asked)
	}
	p.ready(t, p.keyOf(t))
}

// learn updates what is known of a task and of its endpoint with an answer that was true at the time asked.
func (p *Planner) learn(t *task, o Observation, asked time.Duration) {
	e := t.endpoint
	if t.state != Running {
		p.locate(t, o, asked)
	}
	switch o.State {
	case Queued:
		e.queued, p.queued = true, true
		e.numbered = e.numbered || o.Position > 0
		t.clear(presumed)
	case Running:
		before := t.seen
		if t.state != Running {
			e.began(t, asked)
			before = t.start()
		}
		e.runs.alive((before - t.start()).Seconds(), (asked - t.start()).Seconds())
	case Ended:
		at := e.finish(t, o.Inference, asked)
		if e.ended > 0 {
			e.gaps.add(fastFade, 1, max((asked-e.ended).Seconds(), 0))
		}
		e.ended = max(e.ended, asked)
		p.advance(e, at, asked)
	}
}

// locate corrects the frontier, and updates the trust in the order and the rates of starts, with an answer about a task that was
// not known to run.
func (p *Planner) locate(t *task, o Observation, asked time.Duration) {
	e := t.endpoint
	place, unasked := e.placeOf(t), (asked - t.seen).Seconds()
	started := o.State != Queued
	if t.state == NotPolled {
		e.past *= fastFade
		if o.State == Ended && o.Inference.Seconds() > unasked {
			e.past += 1 - fastFade
		}
	}
	e.learnOrder(t, place, started, unasked)
	switch {
	case started && place >= e.frontier:
		first := max(e.frontier, place-maxPresumed)
		e.frontier = place + 1
		for _, before := range e.order[first:place] {
			p.presume(before, before.seen, asked, asked)
		}
	case !started && place <= e.frontier:
		e.frontier, e.anchored = place, asked
	}
	hit, waited := 0.0, unasked
	if started {
		hit, waited = 1, unasked/2 // on average
		e.proven = max(e.proven, t.seq)
	} else if place <= e.frontier+nearFrontier {
		e.checked = asked
	}
	if t.state == NotPolled {
		e.firstHit.add(slowFade, hit, 1)
	} else {
		e.starts.add(slowFade, hit, waited)
	}
}

// presume notes that a task has started between two times, unless it is known to run. It reports whether it did.
func (p *Planner) presume(t *task, from, to, now time.Duration) bool {
	e := t.endpoint
	if t.is(gone) || t.state == Running {
		return false
	}
	t.set(presumed)
	t.from = max(from, t.seen, e.anchored)
	t.to = max(to, t.from)
	if !t.is(inFlight|failed) && mayLook(p.looks, now) {
		e.due.move(t, p.keyOf(t))
	}
	return true
}

// advance moves the frontier past the next task that waits, because another one has ended at about the given time. A frontier
// that was seen since then has moved.
func (p *Planner) advance(e *endpoint, at, now time.Duration) {
	if at <= e.anchored {
		return
	}
	for e.frontier < len(e.order) {
		e.frontier++
		if p.presume(e.order[e.frontier-1], at, at, now) {
			return
		}
	}
}

// began bounds the start of a task that is seen running for the first time.
func (e *endpoint) began(t *task, asked time.Duration) {
	switch {
	case t.is(presumed) && t.from >= t.seen && t.to <= asked:
		// It began when it was presumed to.
	case t.state == NotPolled && !e.queued:
		// None ever waited here, so it began when it was added.
		t.from, t.to = t.seen, t.seen
	default:
		t.from, t.to = t.seen, asked
		if e.ordered() {
			t.from = min(max(t.from, e.anchored), asked)
		}
	}
	t.clear(presumed)
}

// finish counts the run of a task that has ended, and returns about when it did. Without a reported run time, it ended in the
// middle of the time that the polls leave.
func (e *endpoint) finish(t *task, inference, asked time.Duration) time.Duration {
	counted, least := 0.0, time.Duration(0)
	if t.state == Running {
		counted = max(0, (t.seen - t.start()).Seconds())
		least = max(0, t.seen-t.to)
	} else if !t.is(presumed) || t.to > asked {
		t.from, t.to = t.seen, asked
	}
	most := asked - t.from
	age := (least + most) / 2
	if inference >= 0 {
		age = inference
		if t.state != NotPolled {
			age = min(max(age, least), most)
		}
	}
	e.runs.alive(counted, age.Seconds())
	e.runs.end(age.Seconds(), asked)
	t.to = max(t.from, min(t.to, asked-age))
	return min(max(t.start()+age, t.seen), asked)
}
