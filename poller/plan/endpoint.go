package plan

import (
	"math"
	"slices"
)

const (
	// firstTrust is how far an order is trusted before any was seen, mostTrust what it
	// can grow to and leastTrust, negated, what it can fall to, as logarithms of odds.
	// lessTrust is what every observation leaves of it. What speaks against an order
	// counts harsh times: one that holds now and then only costs more than it saves.
	firstTrust = -1.0
	mostTrust  = 7.0
	leastTrust = 5.0
	lessTrust  = 0.99
	harsh      = 4
	// orderly is from which trust on the order says more than a told place in the
	// queue, which is of the past.
	orderly = 2.0
	// nearby is how many widths around the frontier tell nothing about whether
	// there is one.
	nearby = 2.0
	// jump is how many tasks at most are presumed to run because one behind them
	// was seen to.
	jump = 64
)

// endpoint is what is known of an endpoint and its tasks. In the order of their
// submission there is a frontier: before it the tasks are presumed to have
// started. Each end that is told moves it by one, as a worker is free for the
// next; each task seen on the wrong side puts it right. How often that happens
// says how far the order is to be trusted.
type endpoint struct {
	runs  *runs
	live  int     // tasks that have not left
	order []int32 // seqs, ascending; some have left
	// gaps and gapTime count the times between two ends that were told, and their sum,
	// fading, and ended is when the last was.
	gaps, gapTime float64
	scale         float64 // how many times as long tasks run as the service tells
	ended         tick
	gone          int     // how many of those, about
	frontier      int     // a place in order
	anchored      tick    // when it was last seen where it is
	checked       tick    // when one was last seen to wait there or a little behind
	width         float64 // how many places it is off, on average
	trust         float64 // logarithm of the odds that there is an order
	// started and waited give the rate at which waiting tasks start, if blind to
	// their order: how many did, and the seconds that they were seen to wait.
	started, waited float64
	// firstAsked and firstStarted count the first polls of tasks, and those that
	// found them started.
	firstAsked, firstStarted float64
	// past is the share of the last few first polls that found a task ended for
	// longer than it is known here: it was added long after its submission.
	past   float64
	queued bool  // a task was seen queued
	lately share // of the requests that were made
	// counts says that the service tells real places in the queue: one that always
	// says 0 says nothing. moved and over give how fast they fall: by how many
	// places, in how many seconds.
	counts      bool
	moved, over float64
}

// newEndpoint returns what is believed of an endpoint before any answer.
func newEndpoint() *endpoint {
	return &endpoint{runs: newRuns(), scale: 1, width: 1, trust: firstTrust, started: 0.5, waited: 60, moved: 0.5, over: 10}
}

// enroll returns the place of an endpoint, and notes that a task belongs to it.
func (p *Planner) enroll(seq int32, name string) uint16 {
	at, ok := p.known[name]
	if !ok {
		at = uint16(min(len(p.endpoints), 1<<16-1))
		p.known[name] = at
		if int(at) == len(p.endpoints) {
			p.endpoints = append(p.endpoints, newEndpoint())
		}
	}
	e := p.endpoints[at]
	e.live++
	if n := len(e.order); n == 0 || e.order[n-1] < seq {
		e.order = append(e.order, seq)
	} else if place, found := slices.BinarySearch(e.order, seq); !found {
		e.order = slices.Insert(e.order, place, seq)
		if place < e.frontier {
			e.frontier++
		}
	}
	return at
}

// withdraw notes that a task of an endpoint has left, and now and then takes
// those that have out of its order.
func (p *Planner) withdraw(at uint16) {
	e := p.endpoints[at]
	e.live--
	if e.gone++; e.gone < 32+len(e.order)/2 {
		return
	}
	kept, frontier := e.order[:0], 0
	for place, seq := range e.order {
		if id, ok := p.tasks.id(seq); ok && p.tasks.get(id).endpoint == at {
			kept = append(kept, seq)
			if place < e.frontier {
				frontier++
			}
		}
	}
	e.order, e.frontier, e.gone = kept, frontier, 0
	if cap(kept) > 4*len(kept)+64 {
		e.order = slices.Clone(kept)
	}
}

// place returns a task's place in the order.
func (e *endpoint) place(seq int32) int {
	place, _ := slices.BinarySearch(e.order, seq)
	return place
}

// inOrder returns how likely a task has started by its place, if there is an
// order.
func (e *endpoint) inOrder(place int) float64 {
	if !e.queued {
		// None was seen to wait: if so many run, as many more may.
		return min(1, float64(e.frontier+1)/float64(place+1))
	}
	return 1 / (1 + math.Exp((float64(place-e.frontier)+0.5)/e.width))
}

// belief returns how likely it is that there is an order.
func (e *endpoint) belief() float64 { return 1 / (1 + math.Exp(-e.trust)) }

// pace returns the rate at which a waiting task starts, blind to its order.
func (e *endpoint) pace() float64 { return e.started / e.waited }

// once returns the share of tasks that had started when they were first asked.
func (e *endpoint) once() float64 { return (e.firstStarted + 1) / (e.firstAsked + 2) }

// compare learns from whether a task that was not known to have started has. The
// blind chance is what it had without an order.
func (e *endpoint) compare(place int, started bool, blind float64) {
	off := float64(place - e.frontier)
	wrong := 0.0
	switch {
	case started && place >= e.frontier:
		wrong = off + 1
	case !started && place < e.frontier:
		wrong = -off
	}
	if math.Abs(off) > nearby*e.width+1 {
		ordered := 0.02 + 0.96*e.inOrder(place)
		blind = min(max(blind, 0.02), 0.98)
		if !started {
			ordered, blind = 1-ordered, 1-blind
		}
		said := math.Log(ordered / blind)
		if said < 0 {
			said *= harsh
		}
		e.trust = firstTrust + lessTrust*(e.trust-firstTrust) + said
		e.trust = min(max(e.trust, -leastTrust), mostTrust)
	}
	if wrong > 0 || math.Abs(off) < 4*e.width+4 {
		e.width = min(max(e.width+0.1*(min(wrong, 50)-e.width), 0.5), 50)
	}
}

// blindly counts what a poll told of a task that had not been seen to start:
// whether it has, over how many seconds it was not asked.
func (e *endpoint) blindly(unseen, started bool, seconds float64) {
	if unseen {
		e.firstAsked, e.firstStarted = e.firstAsked*0.99+1, e.firstStarted*0.99
		if started {
			e.firstStarted++
		}
		return
	}
	const fade = 0.99
	e.waited *= fade
	e.started *= fade
	if started {
		e.started++
		e.waited += seconds / 2
	} else {
		e.waited += seconds
	}
}

// wasPast learns from a first poll whether the task had ended before it was added.
func (e *endpoint) wasPast(is bool) {
	const fade = 0.9
	e.past *= fade
	if is {
		e.past += 1 - fade
	}
}

// tell learns from the place in the queue that the service told of a task, -1 for
// none.
func (e *endpoint) tell(r *record, place int32, asked tick) {
	const fade = 0.98
	e.counts = e.counts || place > 0
	if r.is(placed) && place >= 0 {
		e.moved = fade*e.moved + max(0, float64(r.hi)-float64(place))
		e.over = fade*e.over + (asked - r.seen).seconds()
	}
	r.clear(placed)
	if e.counts && place >= 0 && e.trust < orderly {
		r.set(placed)
		r.hi = tick(place)
	}
}

// turn returns between which times, in seconds, a task is expected to start by
// the place in the queue that the service told.
func (e *endpoint) turn(r *record) (lo, hi float64) {
	wait := (float64(r.hi) + 0.5) / max(e.moved/e.over, e.flow())
	return r.seen.seconds() + 0.7*wait, r.seen.seconds() + 1.4*wait
}

// rescale learns from how much longer a task ran at least, or shorter at most, than it
// was taken to by what the service told: that may leave out the loading of a model.
func (e *endpoint) rescale(off float64) {
	const pace = 0.1
	e.scale = min(max(e.scale*(1+pace*(off-1)), 0.5), 3)
}

// flows learns how fast tasks end, and so how fast those that wait start.
func (e *endpoint) flows(asked tick) {
	const fade = 0.95
	if e.ended > 0 {
		e.gaps = fade*e.gaps + 1
		e.gapTime = fade*e.gapTime + max((asked-e.ended).seconds(), 0)
	}
	e.ended = max(e.ended, asked)
}

// flow returns how many of its tasks end a second. Before any have, that is told from
// how many are taken to run, and for how long one does.
func (e *endpoint) flow() float64 {
	const few = 2 // gaps that count as much
	running := float64(max(e.frontier-e.gone, 1))
	return (e.gaps + few) / (e.gapTime + few*e.runs.rest[0]/running)
}

// opens returns when a task that waits is expected to start in its turn, in seconds
// from when the last end was told.
func (e *endpoint) opens(place int) float64 {
	return float64(place-e.frontier+1) / e.flow()
}

// sure returns until when what is behind the frontier is taken to have waited, where
// there is an order: some was seen to then. Ends that were told since have moved the
// frontier, which is trusted by half, or nobody would look whether it is there.
func (e *endpoint) sure() tick {
	if e.checked == 0 || e.trust < orderly {
		return ticks(longAgo)
	}
	return (e.checked + max(e.checked, e.ended)) / 2
}
