// Package plan decides which of the tracked tasks of one host is worth asking
// now. It learns, per endpoint, how long tasks run and in which order they
// start, and spends each request where it is expected to save most delay between
// the end of a task and the answer that tells it. A task
// that would go unasked for four rounds is asked regardless, so that what it
// believes can be wrong and none starves.
//
// A Planner is told the time by its caller, as the time since a start, and is
// deterministic. One goroutine may use it at a time. Every method is O(log n)
// in the number of live tasks, amortised, unless it says otherwise.
package plan

import "time"

// State is what an answer says of a task.
type State uint8

const (
	// Unseen is a task that no answer has come for.
	Unseen State = iota
	// Queued waits at the service.
	Queued
	// Running is being worked on.
	Running
	// Ended has come to its end, in success or not.
	Ended
)

// Observation is what an answer tells of a task.
type Observation struct {
	State State
	// Position is the told place in the queue; -1 when none was told.
	Position int32
	// Inference is how long the task ran by the service's own account; negative
	// when not told.
	Inference time.Duration
	// Hint is how long the service asks to wait before the next poll, 0 for
	// nothing.
	Hint time.Duration
}

// Options say how a host is asked.
type Options struct {
	// Interval is the least time between two polls of one task, 0 for none. The
	// shorter it is, the less a poll must be worth.
	Interval time.Duration
}

// Planner orders the tasks of one host by which is worth asking now.
type Planner struct {
	interval  time.Duration
	tasks     records
	due       heap // those that may be asked, by when they are worth it
	held      heap // those that may not yet, by when they may
	asides    int  // how many are set aside
	retries   heap // those whose last poll brought no answer, by when they may be asked again
	line      line
	added     []int32 // seqs that were not looked at, a queue
	urgent    []int32 // seqs, a queue
	opened    int32   // the seq that the user has open, -1 for none
	visible   []int32 // seqs
	endpoints []*endpoint
	known     map[string]uint16 // places in endpoints, by name
	queues    bool              // a task of any was seen queued
	price     price
	turns     turns
}

// New returns a planner without tasks.
func New(o Options) *Planner {
	p := &Planner{
		interval: o.Interval, opened: -1, known: map[string]uint16{},
		line: line{head: none, tail: none, cursor: none}, price: newPrice(o.Interval), turns: turns{chosen: none, taste: taste, idle: -1},
	}
	p.due.tasks, p.held.tasks, p.retries.tasks = &p.tasks, &p.tasks, &p.tasks
	return p
}

// Live returns how many tasks have not left.
func (p *Planner) Live() int { return p.tasks.live }

// Add takes in a task that was never asked. Seqs say the order of submission and
// are to be added in it: one that is lower than an earlier one of its endpoint
// costs time in proportion to their number. A task that is live already stays as
// it is.
func (p *Planner) Add(seq int32, endpoint string, now time.Duration) {
	if _, ok := p.tasks.id(seq); ok || seq < 0 {
		return
	}
	id := p.tasks.add(seq)
	r := p.tasks.get(id)
	r.seen = ticks(now)
	r.set(fresh)
	r.endpoint = p.enroll(seq, endpoint)
	p.addFresh(seq, now)
	// When it is due is not looked at yet: of a hundred thousand that are added at
	// once, to be asked as fast as may be, none need be.
	p.join(id)
	r.set(unlooked)
	r.due = r.seen
	p.added = append(p.added, seq)
}

// Resume takes in a task that is known from an earlier run of the program, or that
// was not to be asked for a while: its last known state, and how long ago it was
// told and the task began to run, where it does. What became of it since is not
// known. A task that is live already stays as it is.
func (p *Planner) Resume(seq int32, endpoint string, s State, seenAgo, startedAgo time.Duration, now time.Duration) {
	if s != Queued && s != Running {
		p.Add(seq, endpoint, now)
		return
	}
	if _, ok := p.tasks.id(seq); ok || seq < 0 {
		return
	}
	id := p.tasks.add(seq)
	r := p.tasks.get(id)
	r.become(s)
	r.set(fresh)
	r.endpoint = p.enroll(seq, endpoint)
	r.seen = ticks(max(now-seenAgo, longAgo))
	if s == Running {
		r.lo = min(ticks(max(now-startedAgo, longAgo)), r.seen)
		r.hi = r.lo
	}
	if !p.turns.begun {
		p.turns.resumed = ticks(now)
	}
	p.resume(r)
	p.addFresh(seq, now)
	p.wait(id)
}

// longAgo is before what ticks are not counted: months before the start.
const longAgo = -1 << 30 * tickLength

// Waits reports whether a task waits to be asked, and from when on it is worth a
// request, as far as is known: the moment is no promise.
func (p *Planner) Waits(seq int32) (due time.Duration, waits bool) {
	id, ok := p.tasks.id(seq)
	if !ok || p.tasks.get(id).is(inFlight|aside) {
		return 0, false
	}
	return p.tasks.get(id).due.moment(), true
}

// LiveOf returns how many tasks of an endpoint have not left.
func (p *Planner) LiveOf(endpoint string) int {
	at, ok := p.known[endpoint]
	if !ok {
		return 0
	}
	return p.endpoints[at].live
}

// SetAside takes a task, which may be in flight, out of the schedule until Defer or
// Observe puts it back, or the user asks for it. Its last poll may have failed.
func (p *Planner) SetAside(seq int32, hasFailed bool) {
	id, ok := p.tasks.id(seq)
	if !ok {
		return
	}
	r := p.tasks.get(id)
	if r.is(inFlight) {
		r.seen = r.due
		r.clear(fresh)
	}
	p.lift(id)
	if p.turns.chosen == id {
		p.turns.chosen = none
	}
	r.clear(inFlight)
	r.set(aside)
	p.asides++
	if hasFailed {
		r.set(failed)
	}
	p.requeue(r)
}

// IsAside reports whether a task is set aside.
func (p *Planner) IsAside(seq int32) bool {
	id, ok := p.tasks.id(seq)
	return ok && p.tasks.get(id).is(aside)
}

// HasFailed reports whether a task waits whose last poll failed.
func (p *Planner) HasFailed(seq int32) bool {
	id, ok := p.tasks.id(seq)
	return ok && p.tasks.get(id).is(failed)
}

// Any returns a task of an endpoint that is not in flight, whenever it is due, and
// false if there is none. Different values of n choose different tasks. It prefers
// tasks whose last poll has failed, or else has not, and looks at a bounded number.
func (p *Planner) Any(endpoint string, n int, hasFailed bool) (seq int32, ok bool) {
	const most = 256 // tasks to look at
	at, known := p.known[endpoint]
	if !known {
		return 0, false
	}
	order := p.endpoints[at].order
	for i := range min(len(order), most) {
		candidate := order[(n*97+i)%len(order)]
		id, live := p.tasks.id(candidate)
		if !live || p.tasks.get(id).is(inFlight) {
			continue
		}
		if seq, ok = candidate, true; p.tasks.get(id).is(failed) == hasFailed {
			break
		}
	}
	return seq, ok
}

// InFlight reports whether a task is being asked.
func (p *Planner) InFlight(seq int32) bool {
	id, ok := p.tasks.id(seq)
	return ok && p.tasks.get(id).is(inFlight)
}

// Remove forgets a task, wherever it waits. It may be in flight.
func (p *Planner) Remove(seq int32) {
	if id, ok := p.tasks.id(seq); ok {
		p.forget(id)
	}
}

// wait puts a task where those wait that may be asked.
func (p *Planner) wait(id int32) {
	p.join(id)
	p.due.push(id, p.dueAt(id))
}

// lift takes a task out of where it waits, if it does.
func (p *Planner) lift(id int32) {
	r := p.tasks.get(id)
	if r.is(aside) {
		p.asides--
	}
	switch {
	case r.is(unlooked):
		p.leave(id)
	case r.at < 0: // in flight or aside
	case r.is(failed):
		p.retries.pull(id)
	case r.is(held):
		p.held.pull(id)
	default:
		p.due.pull(id)
		p.leave(id)
	}
	r.clear(held | unlooked | failed | aside)
}

// forget takes a record out of everything that holds it.
func (p *Planner) forget(id int32) {
	r := p.tasks.get(id)
	p.lift(id)
	if p.turns.chosen == id {
		p.turns.chosen = none
	}
	p.withdraw(r.endpoint)
	p.tasks.drop(id)
}

// Urgent puts a task before all others, because the user asked for it. One that
// is in flight is asked once more when it is back.
func (p *Planner) Urgent(seq int32) {
	id, ok := p.tasks.id(seq)
	if !ok {
		return
	}
	r := p.tasks.get(id)
	switch {
	case r.is(inFlight):
		r.set(again)
	case !r.is(urgent):
		r.set(urgent)
		p.urgent = append(p.urgent, seq)
	}
}

// Defer takes back a task whose poll brought no answer: it is a retry, which
// NextRetry offers from the given moment on. With until at or before now the failure
// was not the task's, and it keeps its turn among those that Next offers.
func (p *Planner) Defer(seq int32, until, now time.Duration) { p.deferTo(seq, until, now, true) }

// Refused takes back a task whose poll the service did not look at: it is a retry from
// the given moment on, and the poll does not count for the interval.
func (p *Planner) Refused(seq int32, until, now time.Duration) {
	p.deferTo(seq, max(until, now+1), now, false)
}

func (p *Planner) deferTo(seq int32, until, now time.Duration, counts bool) {
	id, ok := p.tasks.id(seq)
	if !ok {
		return
	}
	r := p.tasks.get(id)
	wasInFlight, asked := r.is(inFlight), r.due
	r.clear(inFlight)
	p.lift(id)
	if until <= now {
		p.rejoin(id)
		p.due.push(id, r.seen)
	} else {
		// What it is worth counts from here on, or tasks that only ever fail
		// would grow to be worth more than all others.
		if wasInFlight && counts {
			r.seen = asked
			r.clear(fresh)
		}
		r.set(failed)
		p.retries.push(id, ticksAfter(max(until, p.rested(id))))
	}
	p.requeue(r)
}

// requeue makes a task urgent that the user asked for while it was in flight.
func (p *Planner) requeue(r *record) {
	if r.is(again) {
		r.clear(again)
		p.Urgent(r.seq)
	}
}

// Observe takes in an answer about a task, which leaves if it has ended. The
// answer tells the state at the time when the task was taken.
func (p *Planner) Observe(seq int32, o Observation, now time.Duration) {
	id, ok := p.tasks.id(seq)
	if !ok {
		return
	}
	r := p.tasks.get(id)
	asked := ticks(now)
	if r.is(inFlight) {
		asked = r.due
	}
	p.learn(id, o, asked)
	if o.State == Ended {
		p.forget(id)
		return
	}
	p.lift(id)
	r.clear(inFlight | fresh)
	r.seen = asked
	if o.Hint > 0 {
		r.set(held)
		p.held.push(id, ticksAfter(max(now+o.Hint, asked.moment()+p.interval)))
	} else {
		p.wait(id)
	}
	p.requeue(r)
}

// Watch says which task the user has open, -1 for none, and which are on the
// screen. The opened one is asked as often as Interval allows, those on the
// screen a little more often than others.
func (p *Planner) Watch(opened int32, visible []int32) {
	p.opened = opened
	for _, seq := range p.visible {
		if id, ok := p.tasks.id(seq); ok {
			p.tasks.get(id).clear(onScreen)
		}
	}
	p.visible = append(p.visible[:0], visible...)
	for _, seq := range p.visible {
		if id, ok := p.tasks.id(seq); ok {
			p.tasks.get(id).set(onScreen)
		}
	}
}
