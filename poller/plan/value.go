package plan

import (
	"math"
	"time"
)

const (
	// horizon is how far ahead, in seconds, a task's due is looked for.
	horizon = 4 * 3600.0
	// steps is how often the interval is halved in which a due lies.
	steps = 7
	// tries is how many tasks at the top of the heap are looked at anew at most for
	// one request. looksForOne and looksInTurn bound how many are looked at in each
	// second, for a request and of all others in turn, so that they cost little also
	// where tens of thousands of requests are made.
	tries, looksForOne, looksInTurn = 8, 5000, 1000
	// choice is how many at the top of the heap are compared, to find the one that is
	// most worth a request; not while the first is due for longer than fair, as there
	// those that reached the price first are to go first.
	choice, fair = 21, time.Second
	// spare is how many times its floor the price is at least where requests are short.
	spare = 2
	// decent is the share of the price that is enough for a request while they are
	// short: far less is not worth the request.
	decent = 0.8
	// dear is what a request is worth at least, of the time that a round of all tasks
	// that may be asked takes longer than patience, where none was seen queued: for less
	// than that it tells too seldom of an end.
	dear = 0.03
	// follow is how far the price follows what one request was worth.
	// fall is what is left of it when a request that could be made is not.
	follow = 0.1
	fall   = 0.95
)

// price is what a request must be worth, in seconds of delay that it is expected
// to save: it follows what the requests made were worth, so that it rises when
// there are more good uses for a request than requests. Below the floor none is
// made. Ordering the tasks by when they reach the price, rather than by their
// worth, costs no look at all of them for each request, and lets those that
// reached it first go first.
type price struct {
	now, floor float64
}

// newPrice returns the price for tasks that may be asked once in each interval:
// the finer that is, the smaller a delay is worth a request.
func newPrice(interval time.Duration) price {
	floor := 0.0004 + 0.002*interval.Seconds()
	return price{now: floor, floor: floor}
}

// dueAt returns when a request for a task will be worth its price.
func (p *Planner) dueAt(id int32) tick {
	r := p.tasks.get(id)
	v := p.viewOf(r)
	least := tickLength.Seconds()
	if !r.is(fresh) {
		least = max(least, p.interval.Seconds())
	}
	hi := least
	for hi < horizon && v.worth(v.seen+hi) < p.price.now {
		hi *= 4
	}
	if hi == least {
		return r.seen + ticksAfter(time.Duration(least*float64(time.Second)))
	}
	lo := hi / 4
	for range steps {
		middle := math.Sqrt(lo * hi)
		if v.worth(v.seen+middle) < p.price.now {
			lo = middle
		} else {
			hi = middle
		}
	}
	return r.seen + tick(math.Ceil(hi/tickLength.Seconds()))
}

// nextWorth returns the task that is most worth a request, if one is worth its
// price, or else the moment when one will be. While the price is well above its floor
// requests are short, and little is left unmade; else it falls with each that is. The
// rate is the budget in requests/s.
func (p *Planner) nextWorth(now time.Duration, rate float64) (int32, time.Duration) {
	p.fall(now, rate)
	if p.price.now <= spare*p.price.floor {
		p.refresh(now)
	}
	id := p.settle(now)
	if id == none {
		return none, -1
	}
	if !p.queues && rate > 0 {
		round := float64(len(p.due.waiting)+len(p.added)) / rate
		p.price.now = max(p.price.now, dear*(round-patience.Seconds()))
	}
	scarce := p.price.now > spare*p.price.floor
	if scarce && p.tasks.get(id).due.moment() > now-fair {
		if best := p.mostWorth(now); best != none {
			id = best
		}
	}
	due, rested := p.tasks.get(id).due.moment(), p.rested(id)
	at := max(due, rested)
	if at <= now || scarce && p.isDecent(id, now) {
		return id, -1
	}
	if head := p.line.head; scarce && head != none {
		// Whoever waited longest may be asked the first again.
		if p.isDecent(head, now) {
			return head, -1
		}
		at = max(min(rested, p.rested(head)), now+grid)
	}
	p.turns.idle = now
	// What was never asked is to be known, if there is a request to spare.
	if id := p.freshest(); id != none {
		return id, -1
	}
	return none, at
}

// fall lets the price fall for the requests that were not made since a task was looked
// for in vain. Those that were not made at the floor are to spare.
func (p *Planner) fall(now time.Duration, rate float64) {
	if idle := now - p.turns.idle; p.turns.idle >= 0 && idle > 0 {
		unmade := rate * idle.Seconds()
		p.turns.spare += max(0, unmade-math.Log(p.price.floor/p.price.now)/math.Log(fall))
		p.turns.spare = min(p.turns.spare, rate)
		p.price.now = max(p.price.floor, p.price.now*math.Pow(fall, unmade))
	}
	p.turns.idle = -1
}

// isDecent reports whether a task may be asked while requests are short, though it
// has not reached the price: it is worth a good part of that, or tells of those that
// wait with it, which its worth leaves out.
func (p *Planner) isDecent(id int32, now time.Duration) bool {
	if p.rested(id) > now {
		return false
	}
	r := p.tasks.get(id)
	if p.endpoints[r.endpoint].queued {
		return true
	}
	v := p.viewOf(r)
	return v.worth(now.Seconds()) >= decent*p.price.now
}

// mostWorth returns which of those at the top of the heap is most worth a request.
func (p *Planner) mostWorth(now time.Duration) int32 {
	best, most := none, 0.0
	for _, w := range p.due.waiting[:min(choice, len(p.due.waiting))] {
		if p.rested(w.id) > now {
			continue
		}
		if !p.turns.looks.take() {
			break
		}
		v := p.viewOf(p.tasks.get(w.id))
		if x := v.worth(now.Seconds()); x > most {
			best, most = w.id, x
		}
	}
	return best
}

// looks is how many looks at tasks are to one's credit: those of a second at most.
type looks struct {
	left   float64
	filled time.Duration
}

// refill adds what came to it since it was last filled, at so many a second.
func (l *looks) refill(now time.Duration, perSecond float64) {
	l.left = min(l.left+(now-l.filled).Seconds()*perSecond, perSecond)
	l.filled = now
}

// take reports whether there is another look to make.
func (l *looks) take() bool {
	if l.left < 1 {
		return false
	}
	l.left--
	return true
}

// settle returns the task that is due first, after looking at those that were not
// looked at since they were added, and anew at those at the top of the heap: what was
// learned since they were put there may make them due later. It looks at some only,
// and returns the first of those; where there is no look to make, the first that was
// added, which costs nothing.
func (p *Planner) settle(now time.Duration) int32 {
	best := none
	p.turns.looks.refill(now, looksForOne)
	for range tries {
		if !p.turns.looks.take() {
			if id := p.nextNew(); id != none {
				return id
			}
			break
		}
		if p.lookAtNew() {
			continue
		}
		id := p.due.top()
		if id == none {
			return none
		}
		due, was := p.dueAt(id), p.tasks.get(id).due
		if due > was || p.price.now <= spare*p.price.floor {
			p.due.move(id, due)
		}
		if due <= was {
			return id
		}
		if best == none || due < p.tasks.get(best).due {
			best = id
		}
	}
	if best == none {
		return p.due.top()
	}
	return best
}

// nextNew returns the first task that was not looked at since it was added.
func (p *Planner) nextNew() int32 {
	for len(p.added) > 0 {
		if id, ok := p.tasks.id(p.added[0]); ok && p.tasks.get(id).is(unlooked) {
			return id
		}
		p.added = p.added[1:]
	}
	p.added = nil
	return none
}

// lookAtNew looks at the first such task, if there is one: from then on it waits in
// the heap.
func (p *Planner) lookAtNew() bool {
	id := p.nextNew()
	if id == none {
		return false
	}
	p.tasks.get(id).clear(unlooked)
	p.due.push(id, p.dueAt(id))
	return true
}

// pay notes what the request for a task is worth, unless there were requests to spare.
func (p *Planner) pay(id int32, now time.Duration) {
	if p.turns.spare >= 1 {
		p.turns.spare--
		return
	}
	if !p.turns.looks.take() {
		return
	}
	v := p.viewOf(p.tasks.get(id))
	worth := max(v.worth(now.Seconds()), p.price.floor/2)
	p.price.now = max(p.price.now*math.Pow(worth/p.price.now, follow), p.price.floor)
}

// refresh looks anew at some tasks in turn: what was learned since may make them
// due earlier than they were taken to be.
func (p *Planner) refresh(now time.Duration) {
	p.turns.inTurn.refill(now, looksInTurn)
	for range len(p.due.waiting) + len(p.added) {
		if !p.turns.inTurn.take() {
			return
		}
		n := len(p.due.waiting)
		if p.lookAtNew() || n == 0 {
			continue
		}
		p.turns.refreshed = (p.turns.refreshed + 1) % n
		id := p.due.waiting[p.turns.refreshed].id
		p.due.move(id, p.dueAt(id))
		if r := p.tasks.get(id); r.is(fresh) || now-r.seen.moment() > p.shortest()/4 {
			share := &p.turns.neglect[p.age(r.seen, now)]
			*share *= 0.99
			if p.isNeglected(id, now) {
				*share += 0.01
			}
		}
	}
}
