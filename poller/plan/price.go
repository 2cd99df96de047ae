package plan

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

const (
	// floorPerSecond is the floor of the price, in seconds of saved delay for each second of the interval: the more often a task
	// may be polled, the smaller a delay is worth a poll.
	floorPerSecond = 0.004
	// scarceFactor times the floor is the price above which requests are scarce.
	scarceFactor = 2
	// priceFollow is the part of the way, in logarithms, that the price moves with each poll towards what that was worth.
	// priceDecay is the factor of the price for each request that could be made and is not.
	priceFollow, priceDecay = 0.1, 0.95
	// acceptableShare is the share of the price for which a task is polled before it is due, while requests are scarce.
	acceptableShare = 0.8
	// minGainPerRoundSecond bounds the price from below while no task was seen to wait: in seconds for each second by which
	// polling all tasks once takes longer than minRound.
	minGainPerRoundSecond = 0.03
	// refreshesPerSecond bounds the keys computed anew in a second for polls, and those in turn.
	refreshesPerSecond = 2000
)

// price is what a poll must be worth, in seconds of delay that it is expected to save.
type price struct {
	now, floor float64
	idleSince  time.Duration // since when no poll is worth the price, -1 if one is
}

// scarce reports whether requests are scarce: the price is far above its floor.
func (p *price) scarce() bool { return p.now > scarceFactor*p.floor }

// lower lowers the price for the requests that were not made since idleSince, at a rate in requests/s.
func (p *price) lower(now time.Duration, perSecond float64) {
	if p.idleSince >= 0 {
		p.now = max(p.floor, p.now*math.Pow(priceDecay, perSecond*(now-p.idleSince).Seconds()))
	}
	p.idleSince = -1
}

// follow moves the price towards the worth of a poll that was made.
func (p *price) follow(worth float64) {
	p.now = max(p.floor, p.now*math.Pow(max(worth, p.floor/2)/p.now, priceFollow))
}

// dueAt returns when a poll of a task is worth the price, but not before the interval has passed.
func (p *Planner) dueAt(t *task) time.Duration {
	const horizon, halvings = 4 * 3600.0, 10 // seconds, and halvings of a logarithm: to a hundredth
	b := p.beliefOf(t)
	low, high := max(wakeEvery, p.interval).Seconds(), horizon
	if t.fresh {
		low = wakeEvery.Seconds()
	}
	if b.worth(b.lastSeen+low) >= p.price.now {
		return t.lastSeen + seconds(low)
	}
	for range halvings {
		if middle := math.Sqrt(low * high); b.worth(b.lastSeen+middle) < p.price.now {
			low = middle
		} else {
			high = middle
		}
	}
	return t.lastSeen + seconds(high)
}

// mayRefresh reports whether a key may be computed anew now, and acquires a token of the limit for it.
func mayRefresh(limit *rate.Limiter, now time.Duration) bool {
	return limit.AllowN(time.Time{}.Add(now), 1)
}

// refreshInTurn computes the keys of some tasks anew, one task after another: what was learned since may have made them due
// earlier.
func (p *Planner) refreshInTurn(now time.Duration) {
	n := 0
	for _, e := range p.admitted {
		n += len(e.due.tasks)
	}
	for ; n > 0 && mayRefresh(p.turnLimit, now); n-- {
		for p.nextEndpoint %= len(p.admitted); p.nextTask >= len(p.admitted[p.nextEndpoint].due.tasks); p.nextTask = 0 {
			p.nextEndpoint = (p.nextEndpoint + 1) % len(p.admitted)
		}
		t := p.admitted[p.nextEndpoint].due.tasks[p.nextTask]
		t.endpoint.due.move(t, p.keyOf(t))
		p.nextTask++
	}
}
