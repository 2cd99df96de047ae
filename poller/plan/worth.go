package plan

import (
	"math"
	"slices"
	"time"
)

const (
	// screenFactor is how much more a request for a task on the screen is worth.
	screenFactor = 1.5
	// turnRate is how many times as fast as expected a task behind the frontier starts once its turn may have come.
	turnRate = 3.0
	// turnDoubt is by what share of the expected time a task with a reported position may start sooner or later.
	turnDoubt = 0.5
	// leastLeft bounds the chance that a poll is not the last: the worth of a request is divided by its root.
	leastLeft = 1e-3
)

// belief is what is believed of a task. With the chance known it has started, at any time from start to startEnd; otherwise it
// starts at a rate from the time from on. Times are in seconds since the planner's start, rates per second.
type belief struct {
	runs            *runTimes
	seen            float64
	ordered         bool
	known           float64
	start, startEnd float64
	left, rest      float64 // S and R at the age that it had when it was last seen
	from, rate      float64
	past            float64 // the chance that it had ended when it was added
	factor          float64 // for what the user sees
}

// beliefOf returns what is believed of a task.
func (p *Planner) beliefOf(t *task) belief {
	e := t.endpoint
	b := belief{runs: &e.runs, seen: t.seen.Seconds(), ordered: e.ordered(), left: 1, factor: 1}
	b.from = b.seen
	if slices.Contains(p.visible, t.seq) {
		b.factor = screenFactor
	}
	switch {
	case t.state == Running, t.is(presumed) && b.ordered:
		b.known, b.start, b.startEnd = 1, t.from.Seconds(), t.to.Seconds()
	case b.ordered:
		behind := float64(max(e.placeOf(t)-e.frontier, 0))
		b.from = max(b.seen, e.checked.Seconds()+behind/e.flow())
		b.rate = turnRate * e.flow() / (behind + 1)
	case e.numbered && t.state == Queued:
		turn := float64(t.position) / e.flow() // until as many have ended
		b.known, b.start, b.startEnd = 1, b.seen+(1-turnDoubt)*turn, b.seen+(1+turnDoubt)*(turn+1/e.flow())
	default:
		b.rate = e.starts.rate()
		if t.state == NotPolled {
			b.known, b.start, b.startEnd = e.firstHit.rate(), b.seen, b.seen
		}
	}
	if t.state == NotPolled {
		b.past = e.past
	}
	if b.known > 0 {
		b.left, b.rest = b.runs.between(b.seen, b.start, b.startEnd)
	}
	return b
}

// gain returns the delay in seconds that a request at the time t saves on average, and the chance that it finds the end. For a
// task that has started, last seen at the time seen, with x = t-seen and with S and R as between averages them,
//
//	chance = 1 - S(t)/S(seen)
//	delay  = x - (R(seen)-R(t))/S(seen)
//
// delay is how long the end has gone unseen by t on average. That is what a poll saves if it is the last one. A poll that is made
// again and again saves x·chance - delay: without an order, when the task is next asked is unknown. Of a task that starts at a
// rate from a time f on, with y = t-f and by age,
//
//	chance = (1-exp(-rate·y)) · (1 - (R(0)-R(y))/y)
//	delay  = (1-exp(-rate·y)) · (y/2 - R(0) + (Q(0)-Q(y))/y)
func (b *belief) gain(t float64) (saved, chance float64) {
	x := t - b.seen
	if b.known > 0 {
		left, rest := b.runs.between(t, b.start, b.startEnd)
		chance = b.known * (1 - left/b.left)
		saved = b.known * (x - (b.rest-rest)/b.left)
		if !b.ordered {
			saved = x*chance - saved
		}
	}
	if y := t - b.from; b.known < 1 && y > 0 {
		started := (1 - b.known) * -math.Expm1(-b.rate*y)
		_, rest, tail := b.runs.at(y)
		mean := b.runs.rest[0]
		ended, delay := 1-(mean-rest)/y, y/2-mean+(b.runs.tail[0]-tail)/y
		chance += started * ended
		saved += started * (y*ended - delay)
	}
	saved = b.past*x + (1-b.past)*saved
	return saved, b.past + (1-b.past)*chance
}

// worth returns what a request at the time t is worth, in seconds:
//
//	worth = saved / sqrt(1-chance)
//
// With the root, polls that may well be the last count more. For a constant hazard, (x·chance-delay)/(1-chance) is exactly the
// Whittle index: the price at which to poll now costs as much as to wait. The root measured best between that and 1.
func (b *belief) worth(t float64) float64 {
	saved, chance := b.gain(t)
	return b.factor * saved / math.Sqrt(max(1-chance, leastLeft))
}

// worthOf returns what a request for a task is worth now.
func (p *Planner) worthOf(t *task, now time.Duration) float64 {
	b := p.beliefOf(t)
	return b.worth(now.Seconds())
}
