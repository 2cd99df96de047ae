package plan

import (
	"math"
	"slices"
	"time"
)

const (
	// screenFactor is the factor of the worth of a poll for a task on the screen.
	screenFactor = 1.5
	// turnRate is the factor of the expected rate at which a task behind the frontier starts, once its turn may have come.
	turnRate = 3.0
	// turnDoubt is the share of the expected time by which a task with a reported position may start sooner or later.
	turnDoubt = 0.5
	// minUnended bounds the chance that a poll does not find the end: the worth of a poll is divided by its root.
	minUnended = 1e-3
)

// belief is the estimate of when a task starts. With startChance it starts at any time from startFrom to startTo, otherwise at a
// rate from rateFrom on. Times are in seconds since the planner's start, rates per second.
type belief struct {
	runs               *runTimes
	lastSeen           float64
	ordered            bool
	startChance        float64
	startFrom, startTo float64
	survive, rest      float64 // S and R at its age at lastSeen
	rateFrom, rate     float64
	endedBefore        float64 // the chance that it ended before it was added
	viewFactor         float64 // screenFactor on the screen, else 1
}

// beliefOf returns the belief of a task.
func (p *Planner) beliefOf(t *task) belief {
	e := t.endpoint
	b := belief{runs: &e.runs, lastSeen: t.lastSeen.Seconds(), ordered: e.ordered(), survive: 1, viewFactor: 1}
	b.rateFrom = b.lastSeen
	if slices.Contains(p.visible, t.seq) {
		b.viewFactor = screenFactor
	}
	switch {
	case t.state == Running, t.presumed && b.ordered:
		b.startChance, b.startFrom, b.startTo = 1, t.earliestStart.Seconds(), t.latestStart.Seconds()
	case b.ordered:
		behind := float64(max(e.indexOf(t)-e.frontier, 0))
		b.rateFrom = max(b.lastSeen, e.nearFrontierWaitedAt.Seconds()+behind/e.endRate())
		b.rate = turnRate * e.endRate() / (behind + 1)
	case e.sawPositions && t.state == Queued:
		turn := float64(t.position) / e.endRate() // until as many have ended
		b.startChance, b.startFrom, b.startTo = 1, b.lastSeen+(1-turnDoubt)*turn, b.lastSeen+(1+turnDoubt)*(turn+1/e.endRate())
	default:
		b.rate = e.starts.rate()
		if t.state == NotPolled {
			b.startChance, b.startFrom, b.startTo = e.firstPolls.rate(), b.lastSeen, b.lastSeen
		}
	}
	if t.state == NotPolled {
		b.endedBefore = e.endedBefore
	}
	if b.startChance > 0 {
		b.survive, b.rest = b.runs.between(b.lastSeen, b.startFrom, b.startTo)
	}
	return b
}

// gain returns the delay in seconds that a poll at the time t saves on average, and the chance that it finds the end. For a task
// that has started, last seen at the time seen, with x = t-seen and with S and R as between averages them,
//
//	chance = 1 - S(t)/S(seen)
//	delay  = x - (R(seen)-R(t))/S(seen)
//
// delay is the time from the end to t on average. A poll saves that if it is the last one. Without an order it is one of many, at
// times unknown, and saves x·chance - delay. For a task that starts at a rate from a time f on, with y = t-f and S, R and Q by age,
//
//	chance = (1-exp(-rate·y)) · (1 - (R(0)-R(y))/y)
//	delay  = (1-exp(-rate·y)) · (y/2 - R(0) + (Q(0)-Q(y))/y)
func (b *belief) gain(t float64) (saved, chance float64) {
	x := t - b.lastSeen
	if b.startChance > 0 {
		left, rest := b.runs.between(t, b.startFrom, b.startTo)
		chance = b.startChance * (1 - left/b.survive)
		saved = b.startChance * (x - (b.rest-rest)/b.survive)
		if !b.ordered {
			saved = x*chance - saved
		}
	}
	if y := t - b.rateFrom; b.startChance < 1 && y > 0 {
		started := (1 - b.startChance) * -math.Expm1(-b.rate*y)
		_, rest, tail := b.runs.at(y)
		mean := b.runs.rest[0]
		ended, delay := 1-(mean-rest)/y, y/2-mean+(b.runs.tail[0]-tail)/y
		chance += started * ended
		saved += started * (y*ended - delay)
	}
	saved = b.endedBefore*x + (1-b.endedBefore)*saved
	return saved, b.endedBefore + (1-b.endedBefore)*chance
}

// worth returns what a poll at the time t is worth, in seconds:
//
//	worth = saved / sqrt(1-chance)
//
// With the root, polls that may well be the last count more. For a constant hazard, (x·chance-delay)/(1-chance) is exactly the
// Whittle index: the price at which to poll now costs as much as to wait. The root measured best between that and 1.
func (b *belief) worth(t float64) float64 {
	saved, chance := b.gain(t)
	return b.viewFactor * saved / math.Sqrt(max(1-chance, minUnended))
}

// worthOf returns what a poll of a task is worth now.
func (p *Planner) worthOf(t *task, now time.Duration) float64 {
	b := p.beliefOf(t)
	return b.worth(now.Seconds())
}
