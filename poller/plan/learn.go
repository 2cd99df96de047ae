package plan

import (
	"math"
	"time"
)

// sortBack is how many places before its own a presumed start may belong to.
const sortBack = 16

// learn takes in what an answer tells about a task and its endpoint. asked is
// when the answer was true.
func (p *Planner) learn(id int32, o Observation, asked tick) {
	r := p.tasks.get(id)
	e := p.endpoints[r.endpoint]
	was := r.state()
	if was == Unseen {
		e.wasPast(o.State == Ended && e.tooLong(o, (asked-r.seen).seconds()))
	}
	if was != Running {
		p.locate(e, r, o.State != Queued, asked)
		if o.State == Queued {
			p.follow(e, r, o.Position, asked)
		}
	}
	switch o.State {
	case Queued:
		e.queued, p.queues = true, true
		e.tell(r, o.Position, asked)
	case Running:
		from := r.seen
		if was != Running {
			p.began(e, r, asked)
			from = (r.lo + r.hi) / 2
		}
		middle := (r.lo + r.hi) / 2
		e.runs.alive((from - middle).seconds(), (asked - middle).seconds())
	case Ended:
		at := p.finished(e, r, o, asked)
		e.runs.renew(asked)
		e.flows(asked)
		p.advance(e, at)
	}
	r.become(o.State)
}

// tooLong reports whether a task that has ended must have run since before it was
// added, so many seconds ago: by its told run time or, without one, because so few
// end so early.
func (e *endpoint) tooLong(o Observation, known float64) bool {
	if o.Inference >= 0 {
		return o.Inference.Seconds() > known
	}
	longer, _ := e.runs.past(known)
	return longer > 0.8
}

// locate learns from a task that was not known to have started whether it has:
// what becomes of the frontier, of the trust in it, and of the rate of starts.
func (p *Planner) locate(e *endpoint, r *record, started bool, asked tick) {
	place := e.place(r.seq)
	seconds := (asked - r.seen).seconds()
	unseen := r.state() == Unseen
	blind := 1 - math.Exp(-e.pace()*seconds)
	if unseen {
		blind = e.once()
	}
	e.compare(place, started, blind)
	e.blindly(unseen, started, seconds)
	switch {
	case started && place >= e.frontier:
		from := max(e.frontier, place-jump)
		e.frontier = place + 1
		for i := from; i < place; i++ {
			p.presume(e, i, r.seen, asked)
		}
	case !started && place <= e.frontier:
		e.frontier, e.anchored = place, asked
	}
	if !started {
		r.clear(credited)
		if float64(place-e.frontier) <= nearby*e.width+1 {
			e.checked = asked
		}
	}
}

// follow moves the frontier up to where a told place in the queue has it, where the
// order is known to hold: so many wait before the task at most. It is not moved back,
// as others may wait in the same queue.
func (p *Planner) follow(e *endpoint, r *record, position int32, asked tick) {
	if position < 0 || !e.counts || e.trust < orderly {
		return
	}
	to := e.place(r.seq) - int(position)
	for i := max(e.frontier, to-jump); i < to; i++ {
		p.presume(e, i, r.seen, asked)
	}
	if to >= e.frontier {
		e.frontier, e.anchored = to, asked
	}
}

// presume notes that the task at a place of the order is to have started between
// two moments, if that is not known already. It reports whether it was not.
func (p *Planner) presume(e *endpoint, place int, lo, hi tick) bool {
	id, ok := p.tasks.id(e.order[place])
	if !ok {
		return false
	}
	r := p.tasks.get(id)
	if p.endpoints[r.endpoint] != e || r.state() == Running {
		return false
	}
	if r.is(placed) && e.trust < orderly {
		return true // the service says when its turn comes
	}
	r.clear(placed)
	r.set(credited)
	r.lo = max(lo, r.seen, e.anchored)
	r.hi = max(hi, r.lo)
	p.sort(e, place, r)
	p.lookAgain(id)
	return true
}

// lookAgain finds anew when a task is due, if it waits and there is a look to make.
func (p *Planner) lookAgain(id int32) {
	if r := p.tasks.get(id); r.at >= 0 && !r.is(held|failed) && p.turns.looks.take() {
		p.due.move(id, p.dueAt(id))
	}
}

// sort puts presumed starts in the order of their tasks, where that is known to hold:
// ends are told out of their order, and what starts at one is the next in turn then.
func (p *Planner) sort(e *endpoint, place int, r *record) {
	if e.trust < orderly {
		return
	}
	for i := place - 1; i >= max(0, place-sortBack); i-- {
		id, ok := p.tasks.id(e.order[i])
		if !ok {
			continue
		}
		before := p.tasks.get(id)
		if p.endpoints[before.endpoint] != e || before.state() != Running && !before.is(credited) {
			continue
		}
		if before.lo+before.hi <= r.lo+r.hi || before.state() != Running && before.seen > r.lo {
			return
		}
		before.lo, r.lo = r.lo, before.lo
		before.hi, r.hi = r.hi, before.hi
		p.lookAgain(id)
		r = before
	}
}

// advance moves the frontier past the next task that waits, as another has ended
// at about the given time. If the frontier was seen since, it has moved already.
func (p *Planner) advance(e *endpoint, at tick) {
	if at <= e.anchored {
		return
	}
	for e.frontier < len(e.order) {
		e.frontier++
		if p.presume(e, e.frontier-1, at, at) {
			return
		}
	}
}

// began sets the bounds of when a task began that is seen running for the first
// time.
func (p *Planner) began(e *endpoint, r *record, asked tick) {
	switch {
	case r.is(placed):
		lo, hi := e.turn(r)
		r.lo = min(max(r.seen, tick(lo/tickLength.Seconds())), asked)
		r.hi = max(min(asked, tick(hi/tickLength.Seconds())), r.lo)
	case r.is(credited) && r.lo >= r.seen && r.hi <= asked:
		// It began when it was presumed to.
	case r.state() == Unseen && !e.queued:
		// Nothing ever waited here, so it began when it was submitted.
		r.lo, r.hi = r.seen, r.seen
	default:
		r.lo, r.hi = r.seen, asked
		if e.trust > 0 {
			r.lo = min(max(r.lo, e.anchored), asked)
		}
	}
	r.clear(credited | placed)
}

// finished counts the run of a task that has ended, and returns about when it did.
func (p *Planner) finished(e *endpoint, r *record, o Observation, asked tick) tick {
	counted := 0.0
	if r.state() == Running {
		counted = max(0, (r.seen - (r.lo+r.hi)/2).seconds())
	} else if !r.is(credited) || r.is(placed) || r.hi > asked {
		r.lo, r.hi = r.seen, asked
	}
	least, most := 0.0, (asked - r.lo).seconds()
	if r.state() == Running {
		least = max(0, (r.seen - r.hi).seconds())
	}
	if o.Inference < 0 {
		e.runs.alive(counted, (least+most)/2)
		e.runs.end(least, most)
		return (max(r.seen, r.lo) + asked) / 2
	}
	run := o.Inference.Seconds() * e.scale
	if r.state() != Unseen && run > 0 {
		told := run
		run = min(max(run, least), most)
		e.rescale(run / told)
	}
	e.runs.alive(counted, run)
	e.runs.end(run, run)
	length := ticks(time.Duration(run * float64(time.Second)))
	first, last := max(r.seen, r.lo+length), min(asked, r.hi+length)
	if r.state() == Unseen {
		first = min(r.lo+length, asked)
	}
	if first > last {
		first, last = r.seen, asked
	}
	return (first + last) / 2
}

// resume places a task that is known from an earlier run of the program.
func (p *Planner) resume(r *record) {
	e := p.endpoints[r.endpoint]
	if r.state() == Queued {
		e.queued, p.queues = true, true
		return
	}
	if place := e.place(r.seq); place >= e.frontier {
		e.frontier = place + 1
	}
}
