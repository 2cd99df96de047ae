package plan

import (
	"math"
	"slices"
	"sort"
	"time"
)

const (
	// firstTrust is the first value of the log odds that an endpoint starts its tasks in order. maxTrust and -maxTrust bound them.
	// Above orderedTrust the endpoint counts as ordered.
	firstTrust, maxTrust, orderedTrust = -1.0, 6.0, 2.0
	// surelyStarted is the chance of a task to have started if there is an order and a task behind it has, and the upper bound of
	// all chances in learnOrder.
	surelyStarted = 0.98
	// aheadFactor is the factor of a task's chance to have started if there is an order and it is more than nearFrontier positions
	// behind the frontier.
	aheadFactor, nearFrontier = 0.25, 2
	// maxPresumed bounds how many tasks are presumed to have started because one behind them has.
	maxPresumed = 64
	// fastFade is the factor by which an observation fades endGaps and endedBefore, slowFade that of the other quotients.
	fastFade, slowFade = 0.95, 0.99
	// firstGaps is the number of observed gaps between ends for which the expected one counts.
	firstGaps = 2
)

// quotient estimates a rate from two fading sums.
type quotient struct{ events, over float64 }

// add fades both sums and adds to them.
func (q *quotient) add(fade, events, over float64) {
	q.events, q.over = fade*q.events+events, fade*q.over+over
}

// rate returns events by over.
func (q quotient) rate() float64 { return q.events / q.over }

// endpoint has the tasks of an endpoint, and what was learned of it: how long its tasks run (see runTimes) and when they start. If
// they start in the order of submission, there is a frontier in that order: the tasks before it are presumed to have started. Each
// end moves it by one, because a worker is free for the next task. A poll that finds a task on the wrong side corrects it.
type endpoint struct {
	name       string
	blocked    bool          // it is not admitted
	admittedAt time.Duration // when it was last admitted after it was blocked

	due           queue // waiting tasks without those in retries, by key
	farDeadlines  queue // those of them with more than a round to their deadlines
	nearDeadlines queue // those of them with less
	retries       queue // tasks whose last poll had no answer, by when they may be polled again

	runs         runTimes
	live         int     // tasks that are not removed
	order        []*task // by seq, with removed ones
	removedCount int     // removed tasks in order
	fresh        []*task // tasks never polled, in the order of addition; some have been polled since

	frontier             int           // an index in order
	lastStartedSeq       int32         // the highest seq that was seen started, -1 for none
	frontierWaitedAt     time.Duration // when a task at the frontier or before it was last seen to wait
	nearFrontierWaitedAt time.Duration // when a task at most nearFrontier behind it was last seen to wait
	lastEnd              time.Duration // when the last end was reported, 0 for never
	trust                float64       // log odds that tasks start in order
	sawQueued            bool          // a task was seen to wait
	sawPositions         bool          // the service reported the position of a task

	endGaps     quotient // ends by the seconds between them
	starts      quotient // starts of tasks that were seen to wait, by the seconds for which such tasks waited
	firstPolls  quotient // first polls that found the task started, by all first polls
	endedBefore float64  // share of first polls that found an end from before the task was added
}

// newEndpoint returns an endpoint with the estimates before any answer.
func newEndpoint(name string) *endpoint {
	e := &endpoint{name: name, lastStartedSeq: -1, trust: firstTrust, starts: quotient{0.5, 60}, firstPolls: quotient{1, 2}}
	e.farDeadlines.by, e.nearDeadlines.by = deadline, deadline
	e.runs.tabulate()
	return e
}

// ordered reports whether the endpoint counts as one that starts its tasks in order.
func (e *endpoint) ordered() bool { return e.trust > orderedTrust }

// endRate returns how many tasks end a second: at first the number of running tasks by their mean run time.
func (e *endpoint) endRate() float64 {
	running := float64(max(e.frontier-e.removedCount, 1))
	return (e.endGaps.events + firstGaps) / (e.endGaps.over + firstGaps*e.runs.rest[0]/running)
}

// add adds a task to the order.
func (e *endpoint) add(t *task) {
	e.live++
	e.fresh = append(e.fresh, t)
	index := e.indexOf(t)
	if index < len(e.order) && e.order[index].seq == t.seq {
		e.order[index] = t // it is added again after it was removed
		e.removedCount--
		return
	}
	e.order = slices.Insert(e.order, index, t)
	if index < e.frontier {
		e.frontier++
	}
}

// remove counts a task that is removed, and now and then deletes such tasks from the order.
func (e *endpoint) remove() {
	e.live--
	if e.removedCount++; e.removedCount < 32+len(e.order)/2 {
		return
	}
	kept := make([]*task, 0, e.live)
	frontier := e.frontier
	for index, t := range e.order {
		if !t.removed {
			kept = append(kept, t)
		} else if index < e.frontier {
			frontier--
		}
	}
	e.order, e.frontier, e.removedCount = kept, frontier, 0
}

// indexOf returns the index of a task in the order.
func (e *endpoint) indexOf(t *task) int {
	return sort.Search(len(e.order), func(i int) bool { return e.order[i].seq >= t.seq })
}

// learnOrder updates the trust in the order with a poll of a task that was not known to have started. The task has started with
// the chance o if there is an order, and b if there is none:
//
//	trust += ln(o/b) if it has started, ln((1-o)/(1-b)) if it waits
func (e *endpoint) learnOrder(t *task, index int, started bool, unpolled float64) {
	b := 1 - math.Exp(-e.starts.rate()*unpolled)
	if t.state == NotPolled {
		b = e.firstPolls.rate()
	}
	b = min(max(b, 1-surelyStarted), surelyStarted)
	o := b
	switch {
	case t.seq < e.lastStartedSeq:
		o = surelyStarted
	case index > e.frontier+nearFrontier:
		o = aheadFactor * b
	}
	if !started {
		o, b = 1-o, 1-b
	}
	e.trust = min(max(e.trust+math.Log(o/b), -maxTrust), maxTrust)
}
