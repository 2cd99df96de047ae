package plan

import (
	"math"
	"time"
)

const (
	maxSampled = 80  // tasks of an endpoint that an estimate looks at, at most
	enoughEnds = 10  // ends of an endpoint that must be known
	tail       = 0.1 // the chance that the end comes before the spread, and that it comes after it
	// widen is by how many standard deviations the time that a queue takes is varied for the spread.
	widen = 2.0
	// vague is the upper half of the spread, as a multiple of the time left, from which on nothing is reported.
	vague = 1.5
)

// Estimate says when all live tasks will have ended, as times since the start: at one time in ten before Low, as likely before
// Median as after it, and at one time in ten after High.
type Estimate struct {
	Low, Median, High time.Duration
}

// load is what an estimate takes the tasks of an endpoint for.
type load struct {
	runs             *runTimes
	sample           []belief
	each             float64   // tasks that one of the sample stands for
	started          []float64 // the chance that those have started
	running, waiting float64   // tasks that have started, and that have not
	drain            float64   // seconds until the last of them starts
	doubt            float64   // standard deviation of that, as a share of it
}

// Estimate returns when all live tasks will have ended, and false without live tasks or where too little is known to say anything
// of use: fewer tasks of an endpoint have ended than run, or the spread is wide. It takes time in proportion to the endpoints.
func (p *Planner) Estimate(now time.Duration) (Estimate, bool) {
	var loads []load
	for _, e := range p.endpoints {
		if e.live == 0 {
			continue
		}
		l := p.loadOf(e, now.Seconds())
		if ends := float64(e.runs.ends); ends < max(enoughEnds, l.running) {
			return Estimate{}, false
		}
		loads = append(loads, l)
	}
	low := now + quantile(loads, now.Seconds(), tail, -widen)
	middle := now + quantile(loads, now.Seconds(), 0.5, 0)
	high := now + quantile(loads, now.Seconds(), 1-tail, widen)
	return Estimate{low, middle, high}, len(loads) > 0 && float64(high-middle) < vague*float64(middle-now)
}

// loadOf samples the tasks of an endpoint.
func (p *Planner) loadOf(e *endpoint, now float64) load {
	l := load{runs: &e.runs}
	step := max(1, len(e.order)/maxSampled)
	for i := step / 2; i < len(e.order); i += step {
		if t := e.order[i]; !t.is(gone) {
			b := p.beliefOf(t)
			l.sample, l.started = append(l.sample, b), append(l.started, b.startedBy(now))
			l.running += l.started[len(l.started)-1]
		}
	}
	l.each = float64(e.live) / float64(max(len(l.sample), 1))
	l.running *= l.each
	l.waiting = float64(e.live) - l.running
	// Two views of the rate of ends, both in doubt: the workers by the mean run time, and the ends of late. Their geometric mean
	// is used.
	workers := max(l.running, 1)
	l.drain = l.waiting / math.Sqrt(workers/e.runs.rest[0]*e.flow())
	l.doubt = math.Sqrt(1/float64(e.runs.ends+1) + 1/(4*workers))
	return l
}

// startedBy returns the chance that a task has started by the time t.
func (b *belief) startedBy(t float64) float64 {
	chance := 0.0
	if t >= b.start {
		chance = b.known * min((t-b.start)/max(b.startEnd-b.start, 1e-9), 1)
	}
	return chance + (1-b.known)*-math.Expm1(-b.rate*max(t-b.from, 0))
}

// runsBeyond returns the chance that a task which has started by now still runs at the time t.
func (b *belief) runsBeyond(t, now float64) float64 {
	if b.known > 0 {
		left, _ := b.runs.between(t, b.start, b.startEnd)
		return left / b.left
	}
	left, _ := b.runs.between(t, min(b.from, now), now)
	return left
}

// quantile returns in what time all tasks have ended with a chance, if the queues take so many standard deviations longer than
// expected.
func quantile(loads []load, now, chance, deviations float64) time.Duration {
	const month, halvings = 30 * 24 * 3600, 12
	low, high, want := 0.0, 1.0, math.Log(chance)
	for high < month && allEnded(loads, now, high, deviations) < want {
		low, high = high, 2*high
	}
	for range halvings {
		if middle := (low + high) / 2; allEnded(loads, now, middle, deviations) < want {
			low = middle
		} else {
			high = middle
		}
	}
	return seconds(high)
}

// allEnded returns the logarithm of the chance that all tasks have ended t seconds from now. The tasks that wait start one after
// another, until the queue is drained.
func allEnded(loads []load, now, t, deviations float64) float64 {
	const points, leastChance = 24, 1e-12
	sum := 0.0
	for i := range loads {
		l := &loads[i]
		for k, started := range l.started {
			sum += l.each * started * math.Log(max(1-l.sample[k].runsBeyond(now+t, now), leastChance))
		}
		drain := l.drain * max(0, 1+deviations*l.doubt)
		for k := range points {
			left, _, _ := l.runs.at(t - float64(k+1)/points*drain)
			sum += l.waiting / points * math.Log(max(1-left, leastChance))
		}
	}
	return sum
}
