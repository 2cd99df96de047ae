package plan

import (
	"math"
	"slices"
	"sort"
	"time"
)

const (
	// firstTrust is the first value of the log odds that an endpoint starts its tasks in order, and mostTrust the highest, as
	// -mostTrust the lowest. From orderedTrust on it is taken to.
	firstTrust, mostTrust, orderedTrust = -1.0, 6.0, 2.0
	// surelyStarted is the chance to have started of a task behind which another one has, if there is an order, and the highest
	// chance that anything counts for.
	surelyStarted = 0.98
	// aheadFactor is what is left of a task's chance to have started, if there is an order, where more than nearFrontier places
	// before it wait.
	aheadFactor, nearFrontier = 0.25, 2
	// maxPresumed is how many tasks at most are presumed to have started because one behind them has.
	maxPresumed = 64
	// fastFade is what an observation leaves of the sums for gaps and for the past, slowFade what it leaves of the others.
	fastFade, slowFade = 0.95, 0.99
	// firstGaps is for how many gaps between ends the expected rate of ends counts.
	firstGaps = 2
)

// quotient estimates a rate from two fading sums.
type quotient struct{ events, over float64 }

// add fades both sums and adds to them.
func (q *quotient) add(fade, events, over float64) {
	q.events, q.over = fade*q.events+events, fade*q.over+over
}

// rate returns the quotient.
func (q quotient) rate() float64 { return q.events / q.over }

// endpoint is what is known of an endpoint: how long its tasks run (see runTimes) and when they start. In the order of submission
// there is a frontier: the tasks before it are presumed to have started. Each end moves it by one, because a worker is free for
// the next task; each task that is found on the wrong side corrects it.
type endpoint struct {
	name    string
	blocked bool          // its tasks may not be asked
	opened  time.Duration // when they last came to be allowed to

	due       queue // tasks that may be asked, by when they are to be
	deadlines queue // those of them with more than a round to their deadlines
	pressing  queue // and those with less
	retries   queue // those whose last poll brought no answer, by when they may be asked again

	runs  runTimes
	live  int     // tasks that have not left
	order []*task // by seq; some have left
	left  int     // how many of those
	fresh []*task // those never asked, in the order in which they were added; some were since

	frontier int           // a place in order
	proven   int32         // the highest seq that was seen started, -1 for none
	anchored time.Duration // when a task at the frontier or before it was last seen to wait
	checked  time.Duration // when one was last seen to wait at most nearFrontier behind it
	ended    time.Duration // when the last end was reported, 0 for never
	trust    float64       // log odds that tasks start in order
	queued   bool          // a task was seen to wait
	numbered bool          // the service reported the position of one

	gaps     quotient // ends after the first, and the seconds between them
	starts   quotient // starts of tasks that waited, and the seconds for which tasks did
	firstHit quotient // first polls that found the task started, and all first polls
	past     float64  // share of first polls that found an end from before the task was added
}

// newEndpoint returns what is believed of an endpoint before any answer.
func newEndpoint(name string) *endpoint {
	e := &endpoint{name: name, proven: -1, trust: firstTrust, starts: quotient{0.5, 60}, firstHit: quotient{1, 2}}
	e.deadlines.by, e.pressing.by = deadline, deadline
	e.runs.tabulate()
	return e
}

// ordered reports whether the endpoint is taken to start its tasks in order.
func (e *endpoint) ordered() bool { return e.trust > orderedTrust }

// flow returns how many tasks end a second. Before any have, it is the number of running tasks by their mean run time.
func (e *endpoint) flow() float64 {
	running := float64(max(e.frontier-e.left, 1))
	return (e.gaps.events + firstGaps) / (e.gaps.over + firstGaps*e.runs.rest[0]/running)
}

// enroll adds a task to the order.
func (e *endpoint) enroll(t *task) {
	e.live++
	e.fresh = append(e.fresh, t)
	place := e.placeOf(t)
	if place < len(e.order) && e.order[place].seq == t.seq {
		e.order[place] = t // added again after it had left
		e.left--
		return
	}
	e.order = slices.Insert(e.order, place, t)
	if place < e.frontier {
		e.frontier++
	}
}

// withdraw notes that a task has left, and now and then takes those that have out of the order.
func (e *endpoint) withdraw() {
	e.live--
	if e.left++; e.left < 32+len(e.order)/2 {
		return
	}
	kept := make([]*task, 0, e.live)
	frontier := e.frontier
	for place, t := range e.order {
		if !t.is(gone) {
			kept = append(kept, t)
		} else if place < e.frontier {
			frontier--
		}
	}
	e.order, e.frontier, e.left = kept, frontier, 0
}

// placeOf returns the place of a task in the order.
func (e *endpoint) placeOf(t *task) int {
	return sort.Search(len(e.order), func(i int) bool { return e.order[i].seq >= t.seq })
}

// learnOrder updates the trust in the order with whether a task has started that was not known to. With the chance b without an
// order and o with one,
//
//	trust += ln(o/b) if it has, ln((1-o)/(1-b)) if it waits
func (e *endpoint) learnOrder(t *task, place int, started bool, unasked float64) {
	b := 1 - math.Exp(-e.starts.rate()*unasked)
	if t.state == NotPolled {
		b = e.firstHit.rate()
	}
	b = min(max(b, 1-surelyStarted), surelyStarted)
	o := b
	switch {
	case t.seq < e.proven:
		o = surelyStarted
	case place > e.frontier+nearFrontier:
		o = aheadFactor * b
	}
	if !started {
		o, b = 1-o, 1-b
	}
	e.trust = min(max(e.trust+math.Log(o/b), -mostTrust), mostTrust)
}
