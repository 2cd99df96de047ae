package plan

import (
	"time"
)

// grid is what wake-ups are rounded up to, so that a hundred thousand tasks wake
// the caller ten times a second and not each on its own. A poll comes half of it late
// on average.
const grid = 100 * time.Millisecond

// turns says whose turn the next request is.
type turns struct {
	line      float64       // requests that are owed to the line
	taste     float64       // and to those that were never asked
	opened    bool          // the last request went to the opened task
	chosen    int32         // the id that Next returned last
	why       reason        // and why
	rounds    []round       // the longest first, each shorter and later than the one before
	scanned   tick          // when no task was found that waits too long
	begun     bool          // a request was made
	requests  int           // that were made
	resumed   tick          // when tasks were resumed at the start: none waited here before
	neglect   [ages]float64 // the share of those that would wait too long, by how long they have
	idle      time.Duration // when no task was found that is worth a request, -1 if one was
	spare     float64       // requests of the last second that nothing was worth, at the least price
	looks     looks         // at tasks, for a request
	inTurn    looks         // at all in turn
	refreshed int           // the place in the heap that was last looked at anew
}

// reason says why a task is asked.
type reason uint8

const (
	byUser reason = iota
	byOpened
	byTaste
	byLine
	byWorth
)

// Next returns the task to ask now, given the budget in requests/s. Where nothing
// is worth asking it returns false and the moment to look again, or -1 for never.
// With urgentOnly it looks at nothing but what the user asked for.
func (p *Planner) Next(now time.Duration, rate float64, urgentOnly bool) (seq int32, ok bool, at time.Duration) {
	if id := p.nextUrgent(); id != none {
		return p.choose(id, byUser)
	}
	if urgentOnly {
		return 0, false, -1
	}
	p.release(now)
	opened, openedAt := p.nextOpened(now)
	if opened != none && !p.turns.opened {
		return p.choose(opened, byOpened)
	}
	if id := p.nextTaste(); id != none {
		return p.choose(id, byTaste)
	}
	id, lineAt := p.nextInLine(now, rate)
	if id != none {
		return p.choose(id, byLine)
	}
	id, at = p.nextWorth(now, rate)
	if id != none {
		return p.choose(id, byWorth)
	}
	if opened != none {
		return p.choose(opened, byOpened)
	}
	id, soonAt := p.nextSoon()
	if id != none && soonAt <= now {
		return p.choose(id, byLine)
	}
	if id := p.held.top(); id != none {
		at = sooner(at, p.tasks.get(id).due.moment())
	}
	return 0, false, roundUp(sooner(sooner(at, soonAt), sooner(lineAt, openedAt)))
}

// choose remembers why a task was chosen, for Take.
func (p *Planner) choose(id int32, why reason) (seq int32, ok bool, at time.Duration) {
	p.turns.chosen, p.turns.why = id, why
	return p.tasks.get(id).seq, true, 0
}

// nextUrgent returns the first task that the user asked for. Those that have
// left or are in flight are passed over.
func (p *Planner) nextUrgent() int32 {
	for len(p.urgent) > 0 {
		if id, ok := p.tasks.id(p.urgent[0]); ok && p.tasks.get(id).is(urgent) {
			return id
		}
		p.urgent = p.urgent[1:]
	}
	return none
}

// release lets go the tasks whose hold is over: they wait with the others again.
func (p *Planner) release(now time.Duration) {
	for id := p.held.top(); id != none && p.tasks.get(id).due <= ticks(now); id = p.held.top() {
		p.lift(id)
		p.tasks.get(id).set(released)
		p.wait(id)
	}
}

// nextOpened returns the task that the user has open, if it may be asked now, or
// else the moment when it may.
func (p *Planner) nextOpened(now time.Duration) (int32, time.Duration) {
	id, ok := p.tasks.id(p.opened)
	if !ok || !p.waits(id) {
		return none, -1
	}
	if at := p.rested(id); at > now {
		return none, at
	}
	return id, -1
}

// rested returns from when on a task may be asked again. A fresh one may be at
// once.
func (p *Planner) rested(id int32) time.Duration {
	r := p.tasks.get(id)
	if r.is(fresh) {
		return 0
	}
	return r.seen.moment() + p.interval
}

// Take notes that a task is being asked.
func (p *Planner) Take(seq int32, now time.Duration) {
	id, ok := p.tasks.id(seq)
	if !ok {
		return
	}
	r := p.tasks.get(id)
	why := byUser
	if p.turns.chosen == id {
		why = p.turns.why
	}
	p.turns.begun, p.turns.chosen, p.turns.opened = true, none, why == byOpened
	p.turns.requests++
	p.endpoints[p.tasks.get(id).endpoint].lately.add(p.turns.requests)
	p.turns.line = min(p.turns.line+lineShare, 2)
	p.turns.taste = min(p.turns.taste+tasteShare, taste)
	if why == byLine {
		p.turns.line = max(p.turns.line-1, 0)
	}
	if why == byTaste {
		p.turns.taste--
		p.line.batches[len(p.line.batches)-1].tasted++
	}
	// What a task is worth that could not be asked before does not tell of a shortage.
	if why == byWorth && !r.is(released) {
		p.pay(id, now)
	}
	p.lift(id)
	p.refresh(now)
	r.clear(urgent | released)
	r.set(inFlight)
	r.due = ticks(now)
}

// NextRetry returns the task whose retry is due first, if one is, or else the moment
// when one will be, -1 for never.
func (p *Planner) NextRetry(now time.Duration) (seq int32, ok bool, at time.Duration) {
	id := p.retries.top()
	if id == none {
		return 0, false, -1
	}
	r := p.tasks.get(id)
	if due := r.due.moment(); due > now {
		return 0, false, due
	}
	p.turns.chosen = none
	return r.seq, true, 0
}

// Advance lets go every task that is held or to be retried: after an outage the waits
// that it caused have lost their reason. It takes time in proportion to the tasks.
func (p *Planner) Advance(now time.Duration) {
	for _, h := range []*heap{&p.held, &p.retries} {
		for id := h.top(); id != none; id = h.top() {
			p.lift(id)
			p.wait(id)
		}
	}
}

// sooner returns the earlier of two moments, of which -1 is never.
func sooner(a, b time.Duration) time.Duration {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}

// roundUp returns the first moment on the grid at or after m; never stays never.
func roundUp(m time.Duration) time.Duration {
	if m < 0 {
		return m
	}
	return (m + grid - 1) / grid * grid
}
