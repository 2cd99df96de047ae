package plan

import "time"

const (
	// taste is how many of the newest tasks may be asked at once, whatever else is
	// worth more: who adds a few wants to see them. tasteShare is the share of the
	// requests that this may take where tasks come all the time.
	taste, tasteShare = 8, 0.1
	// scan is how many tasks at the head of the line are looked at for one that would
	// else wait too long.
	scan = 64
	// lineShare is the share of the requests that those may take that would wait too
	// long else.
	lineShare = 0.3
	// soon is how many periods before a task must be asked it is, where nothing is worth
	// more: those that must be at one time are not asked all at once then.
	soon = 0.4
	// margin is for more such tasks than are known of.
	margin = 1.2
)

// nextTaste returns a task to ask only because it is new, if there is one and such
// tasks have not had their share. Where tasks start in order the first few of a
// batch are enough: when the others start is known without asking them.
func (p *Planner) nextTaste() int32 {
	if p.turns.taste < 1 {
		return none
	}
	id := p.freshest()
	if id == none {
		return none
	}
	e := p.endpoints[p.tasks.get(id).endpoint]
	if e.trust > orderly && p.line.batches[len(p.line.batches)-1].tasted >= taste {
		return none
	}
	return id
}

// nextInLine returns the task that is asked because it waited longest, if the
// line has a request to its credit or the task has waited too long, or else the
// moment when it will have.
func (p *Planner) nextInLine(now time.Duration, rate float64) (int32, time.Duration) {
	head := p.line.head
	if head == none || rate <= 0 {
		return none, -1
	}
	since := p.tasks.get(head).seen
	p.note(max(since, p.turns.resumed), now, rate)
	// One may be under way when it is time.
	slot := time.Duration(float64(time.Second) / rate)
	latest := max(p.deadline(since)-slot, p.rested(head))
	if latest <= now {
		return head, -1
	}
	// Within a tick there is nothing new to be said, and it takes a scan.
	if ticks(now) > p.turns.scanned {
		if id := p.neglected(now, rate); id != none {
			return id, -1
		}
		p.turns.scanned = ticks(now)
	}
	return none, latest
}

// nextSoon returns the task that waited longest, if it must be asked soon, or else the
// moment from which on it must.
func (p *Planner) nextSoon() (int32, time.Duration) {
	head := p.line.head
	if head == none || len(p.turns.rounds) == 0 {
		return none, -1
	}
	ahead := time.Duration(soon * float64(p.shortest()))
	return head, max(p.deadline(p.tasks.get(head).seen)-ahead, p.rested(head))
}

// neglected returns a task that will wait too long if the line does not ask it, none
// if it is not time yet. Those are asked as late as may be without taking more than
// a share of the requests at any time.
func (p *Planner) neglected(now time.Duration, rate float64) int32 {
	if p.turns.line < 1 {
		return none
	}
	if !p.pressed(now, rate) {
		p.line.cursor = p.line.head
		return none
	}
	for range scan {
		id := p.line.cursor
		if id == none {
			p.line.cursor = p.line.head
			return none
		}
		if p.isNeglected(id, now) && p.rested(id) <= now {
			return id
		}
		p.line.cursor = p.tasks.get(id).next
	}
	return none
}

// pressed reports whether those that would wait too long must be asked from now on,
// one after another as fast as their share of the requests allows.
func (p *Planner) pressed(now time.Duration, rate float64) bool {
	behind := 0.0
	for _, s := range p.line.waited {
		behind += float64(s.count) * min(1, margin*p.turns.neglect[p.age(s.from, now)])
		if behind/(lineShare*rate) >= (p.deadline(s.from) - now).Seconds() {
			return true
		}
	}
	return false
}

// isNeglected reports whether a task is due only when it has waited too long.
func (p *Planner) isNeglected(id int32, now time.Duration) bool {
	if len(p.turns.rounds) == 0 {
		return false
	}
	r := p.tasks.get(id)
	at := p.deadline(r.seen)
	e := p.endpoints[r.endpoint]
	if e.trust > orderly && e.queued && r.state() != Running && !r.is(placed) {
		if place := e.place(r.seq); place >= e.frontier {
			// When it is due says little: of all that wait only the next few start.
			return e.ended.moment().Seconds()+e.opens(place) > at.Seconds()
		}
	}
	return r.due.moment() > at
}
