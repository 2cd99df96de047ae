package plan

import (
	"cmp"
	"slices"
	"time"
)

// none is the id of no record.
const none = int32(-1)

// line is where every task that may be asked waits in the order in which the
// tasks were last asked or, never asked, added: whoever stands first has waited
// longest. Those that would else wait too long are asked from there, whatever is
// believed of them, and that is what lets none starve.
type line struct {
	head, tail int32
	cursor     int32   // those before it would not wait too long, when last looked at
	waited     []stand // how many wait since when, the longest first
	batches    []batch // tasks never asked, the newest batch last
}

// stand is how many of the tasks in the line were last asked from a moment on, and
// before that of the next stand.
type stand struct {
	from  tick
	count int32
}

// batch is the tasks that were added at one moment, in their order. They stand
// in the line too, and those that were asked meanwhile are passed over.
type batch struct {
	added  time.Duration
	seqs   []int32
	tasted int // asked for no other reason than that they are new
}

// join puts a task at the end of the line.
func (p *Planner) join(id int32) {
	r := p.tasks.get(id)
	r.prev, r.next = p.line.tail, none
	if p.line.tail == none {
		p.line.head = id
	} else {
		p.tasks.get(p.line.tail).next = id
	}
	p.line.tail = id
	p.enter(r)
}

// enter counts a task that came into the line.
func (p *Planner) enter(r *record) {
	const fine = 64 // parts of a period
	n := len(p.line.waited)
	if n == 0 || r.seen > p.line.waited[n-1].from+ticks(p.shortest()/fine) {
		p.line.waited = append(p.line.waited, stand{from: r.seen})
	}
	p.line.stand(r.seen).count++
}

// stand returns where a task counts that was last asked at a moment.
func (l *line) stand(seen tick) *stand {
	n, _ := slices.BinarySearchFunc(l.waited, seen, func(s stand, at tick) int { return cmp.Compare(s.from, at+1) })
	return &l.waited[max(n-1, 0)]
}

// exit counts a task that leaves the line.
func (l *line) exit(r *record) {
	l.stand(r.seen).count--
	for len(l.waited) > 0 && l.waited[0].count == 0 {
		l.waited = l.waited[1:]
	}
}

// rejoin puts a task back where it stood before it was taken: first.
func (p *Planner) rejoin(id int32) {
	r := p.tasks.get(id)
	r.prev, r.next = none, p.line.head
	if p.line.head == none {
		p.line.tail = id
	} else {
		p.tasks.get(p.line.head).prev = id
	}
	p.line.head = id
	p.enter(r)
}

// leave takes a task out of the line.
func (p *Planner) leave(id int32) {
	r := p.tasks.get(id)
	if r.prev == none {
		p.line.head = r.next
	} else {
		p.tasks.get(r.prev).next = r.next
	}
	if r.next == none {
		p.line.tail = r.prev
	} else {
		p.tasks.get(r.next).prev = r.prev
	}
	if p.line.cursor == id {
		p.line.cursor = r.next
	}
	r.prev, r.next = none, none
	p.line.exit(r)
}

// addFresh notes a task that was never asked.
func (p *Planner) addFresh(seq int32, now time.Duration) {
	n := len(p.line.batches)
	if n == 0 || p.line.batches[n-1].added != now {
		p.line.batches = append(p.line.batches, batch{added: now})
		n++
	}
	b := &p.line.batches[n-1]
	b.seqs = append(b.seqs, seq)
}

// freshest returns the next task that was never asked, of the newest batch: its
// first, but its last where tasks are known to start in order: those at the end
// will wait longest to be asked, and the first will not wait for the line.
func (p *Planner) freshest() int32 {
	for n := len(p.line.batches); n > 0; n = len(p.line.batches) {
		b := &p.line.batches[n-1]
		for len(b.seqs) > 0 && p.freshID(b.seqs[0]) == none {
			b.seqs = b.seqs[1:]
		}
		for len(b.seqs) > 0 && p.freshID(b.seqs[len(b.seqs)-1]) == none {
			b.seqs = b.seqs[:len(b.seqs)-1]
		}
		if len(b.seqs) == 0 {
			p.line.batches = p.line.batches[:n-1]
			continue
		}
		first, last := p.freshID(b.seqs[0]), p.freshID(b.seqs[len(b.seqs)-1])
		if p.waitsLonger(last, first) {
			return last
		}
		return first
	}
	return none
}

// waitsLonger reports whether a task is behind another that will be asked sooner
// for what it is worth, by an order that was seen to hold.
func (p *Planner) waitsLonger(last, first int32) bool {
	r := p.tasks.get(last)
	return p.endpoints[r.endpoint].trust > orderly && r.due > p.tasks.get(first).due
}

// freshID returns the id of a task if it waits and was never asked.
func (p *Planner) freshID(seq int32) int32 {
	if id, ok := p.tasks.id(seq); ok && p.tasks.get(id).is(fresh) && p.waits(id) {
		return id
	}
	return none
}

// first returns the task whose turn it is in the line, a fresh one before others.
func (p *Planner) first() int32 {
	if id := p.freshest(); id != none {
		return id
	}
	return p.line.head
}

// waits reports whether a task may be asked: it is in the line.
func (p *Planner) waits(id int32) bool {
	return p.tasks.get(id).marks&(inFlight|held|failed|aside) == 0
}
