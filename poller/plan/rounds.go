package plan

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	// patience is the least period that a round of all tasks is reckoned with,
	// however ample the budget.
	patience = time.Second
	// overdue is after how many periods a task is asked before all that the model
	// would rather have.
	overdue = 3.8
	// ages are the classes that waiting tasks are sorted into by how long they wait.
	ages = 4
)

// round is how long a round of all tasks took at most since a moment.
type round struct {
	from   tick
	period time.Duration
	before time.Duration // when those must be asked that were last asked before it
}

// shortest returns the period of a round by now.
func (p *Planner) shortest() time.Duration {
	if n := len(p.turns.rounds); n > 0 {
		return p.turns.rounds[n-1].period
	}
	return patience
}

// note keeps the periods since a moment, of a budget in requests/s: each entry is
// shorter and later than the one before, and says the longest period since then.
func (p *Planner) note(since tick, now time.Duration, rate float64) {
	// Those that only fail are asked beside the rounds.
	live := p.tasks.live - p.asides - len(p.retries.waiting)
	period := max(patience, p.interval/2, time.Duration(float64(live)/rate*float64(time.Second)))
	rounds, from := p.turns.rounds, ticks(now)
	n := len(rounds)
	for n > 0 && rounds[n-1].period <= period {
		n--
		from = rounds[n].from
	}
	// One that differs by little is not worth an entry.
	changed := n < len(rounds)
	if rounds = rounds[:n]; n == 0 || period < rounds[n-1].period-rounds[n-1].period/32 {
		rounds, changed = append(rounds, round{from: from, period: period}), true
	}
	for len(rounds) > 1 && rounds[1].from <= since {
		rounds = rounds[1:]
	}
	p.turns.rounds = rounds
	if !changed {
		return
	}
	before := time.Duration(math.MaxInt64)
	for i := len(rounds) - 1; i >= 0; i-- {
		before = min(before, rounds[i].after(rounds[i].from))
		rounds[i].before = before
	}
}

// age returns for how many periods a task has waited that was last asked at a moment.
func (p *Planner) age(seen tick, now time.Duration) int {
	n := int((now - max(seen, p.turns.resumed).moment()) / p.shortest())
	return min(max(n, 0), ages-1)
}

// deadline returns when a task that was last asked at a moment must be asked: it may
// wait some periods, of the longest that there was since, but not longer than those
// that were asked later may.
func (p *Planner) deadline(seen tick) time.Duration {
	rounds := p.turns.rounds
	seen = max(seen, p.turns.resumed)
	n, _ := slices.BinarySearchFunc(rounds, seen, func(r round, at tick) int { return cmp.Compare(r.from, at+1) })
	at := rounds[max(n-1, 0)].after(seen)
	if n = max(n, 1); n < len(rounds) {
		at = min(at, rounds[n].before)
	}
	return at
}

// after returns when a task must be asked that was last asked at a moment.
func (r round) after(seen tick) time.Duration {
	return max(r.from, seen).moment() + time.Duration(overdue*float64(r.period))
}
