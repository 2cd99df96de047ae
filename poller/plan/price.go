package plan

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

const (
	// floorPerSecond is the floor of the price, in seconds of saved delay for each second of the interval: the more often a task
	// may be asked, the smaller a delay is worth a request.
	floorPerSecond = 0.004
	// scarceFactor is how many times the floor the price is where requests are scarce.
	scarceFactor = 2
	// priceFollow is the part of the way, in logarithms, that the price moves with each request towards what that was worth.
	// priceDecay is what is left of it for each request that could be made and is not.
	priceFollow, priceDecay = 0.1, 0.95
	// acceptable is the share of the price for which a request is made while they are scarce, before the task is due.
	acceptable = 0.8
	// minGainPerRoundSecond bounds the price from below while no task was seen to wait: in seconds for each second that a round
	// of all tasks takes longer than leastRound.
	minGainPerRoundSecond = 0.03
	// looksPerSecond bounds the keys computed in a second for the requests made, and as well those of all tasks in turn.
	looksPerSecond = 2000
)

// price is what a request must be worth in seconds of delay that it is expected to save.
type price struct {
	now, floor float64
	unmade     time.Duration // since when no request is worth the price, -1 if one is
}

// scarce reports whether there are better uses for requests than requests.
func (p *price) scarce() bool { return p.now > scarceFactor*p.floor }

// lower lowers the price for the requests that were not made since none was found to be worth it, at a rate in requests/s.
func (p *price) lower(now time.Duration, perSecond float64) {
	if p.unmade >= 0 {
		p.now = max(p.floor, p.now*math.Pow(priceDecay, perSecond*(now-p.unmade).Seconds()))
	}
	p.unmade = -1
}

// paid moves the price towards the worth of a request that was made.
func (p *price) paid(worth float64) {
	p.now = max(p.floor, p.now*math.Pow(max(worth, p.floor/2)/p.now, priceFollow))
}

// dueAt returns when a request for a task is worth the price, not before the interval has passed.
func (p *Planner) dueAt(t *task) time.Duration {
	const horizon, halvings = 4 * 3600.0, 10 // seconds, and halvings of a logarithm: to a hundredth
	b := p.beliefOf(t)
	low, high := max(wakeEvery, p.interval).Seconds(), horizon
	if t.is(fresh) {
		low = wakeEvery.Seconds()
	}
	if b.worth(b.seen+low) >= p.price.now {
		return t.seen + seconds(low)
	}
	for range halvings {
		if middle := math.Sqrt(low * high); b.worth(b.seen+middle) < p.price.now {
			low = middle
		} else {
			high = middle
		}
	}
	return t.seen + seconds(high)
}

// mayLook takes a look from a limit of looks a second, and reports whether there was one.
func mayLook(limit *rate.Limiter, now time.Duration) bool {
	return limit.AllowN(time.Time{}.Add(now), 1)
}

// lookInTurn computes the keys of some tasks anew, of each in turn: what was learned since they were computed may have made them
// due earlier.
func (p *Planner) lookInTurn(now time.Duration) {
	n := 0
	for _, e := range p.open {
		n += len(e.due.tasks)
	}
	for ; n > 0 && mayLook(p.inTurn, now); n-- {
		for p.turnOf %= len(p.open); p.turn >= len(p.open[p.turnOf].due.tasks); p.turn = 0 {
			p.turnOf = (p.turnOf + 1) % len(p.open)
		}
		t := p.open[p.turnOf].due.tasks[p.turn]
		t.endpoint.due.move(t, p.keyOf(t))
		p.turn++
	}
}
