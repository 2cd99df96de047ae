package plan

import (
	"math"
	"time"
)

const (
	maxSampled = 80  // tasks of an endpoint that an estimate looks at, at most
	enoughEnds = 10  // ends of an endpoint that must be known
	widest     = 75  // how long the upper half of the spread may be, in per cent of the time left
	tail       = 0.1 // the chance that the end comes before the spread, and that it comes after it
	// widen is by how many standard deviations the time that a queue takes is varied for the spread.
	widen = 3.5
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
	started          []float64 // the chance that each of the sample has started
	each             float64   // tasks that one of it stands for
	running, waiting float64   // tasks that have started, and that have not
	drain            float64   // seconds until the last of them starts
	doubt            float64   // standard deviation of that, as a share of it
	oldest           float64   // the age at which all are taken to have ended
}

// Estimate returns when all live tasks will have ended, and false without live tasks or where too little is known to say anything
// of use: fewer tasks of an endpoint have ended than run, the upper half of the spread is wider than its bound, or more than
// half of that is for tasks to run longer than any did so far. It takes time in proportion to the endpoints.
func (p *Planner) Estimate(now time.Duration) (Estimate, bool) {
	var loads []load
	for _, e := range p.endpoints {
		l := p.loadOf(e, now.Seconds())
		if ends := float64(e.runs.ends); e.live > 0 && ends < max(enoughEnds, l.running) {
			return Estimate{}, false
		}
		loads = append(loads, l)
	}
	low := now + quantile(loads, now.Seconds(), tail, -widen)
	middle := now + quantile(loads, now.Seconds(), 0.5, 0)
	high := now + quantile(loads, now.Seconds(), 1-tail, widen)
	for i := range loads {
		loads[i].oldest = loads[i].runs.oldest()
	}
	seen := quantile(loads, now.Seconds(), 0.5, 0)
	return Estimate{low, middle, high}, len(p.tasks) > 0 && high-middle < widest*(middle-now)/100 && seen > (middle-now)/2
}

// loadOf samples the tasks of an endpoint.
func (p *Planner) loadOf(e *endpoint, now float64) load {
	l := load{runs: &e.runs, oldest: math.Inf(1)}
	guessed := 0.0 // of those running, without an order or a poll to report it
	step := max(1, len(e.order)/maxSampled)
	for i := step / 2; i < len(e.order); i += step {
		if t := e.order[i]; !t.is(gone) {
			b := p.beliefOf(t)
			started := b.startedBy(now)
			l.sample, l.started = append(l.sample, b), append(l.started, started)
			l.running += started
			if !b.ordered && t.state != Running {
				guessed += started
			}
		}
	}
	l.each = float64(e.live) / float64(max(len(l.sample), 1))
	l.running *= l.each
	l.waiting = float64(e.live) - l.running
	workers := max(l.running, 1)
	l.drain = l.waiting / workers * e.runs.rest[0]
	l.doubt = math.Sqrt(1/float64(e.runs.ends+1)+1/(4*workers)) + guessed*l.each/workers/2
	return l
}

// startedBy returns the chance that a task has started by the time t.
func (b *belief) startedBy(t float64) float64 {
	known := b.known * min(max((t-b.start)/max(b.startEnd-b.start, 1e-9), 0), 1)
	return known + (1-b.known)*-math.Expm1(-b.rate*max(t-b.from, 0))
}

// runsBeyond returns the chance that a task which has started by now still runs at the time t, if none gets older than oldest.
func (b *belief) runsBeyond(t, now, oldest float64) float64 {
	from, to := b.start, b.startEnd
	if b.known == 0 {
		from, to = min(b.from, now), now
	}
	if t-to > oldest {
		return 0
	}
	left, _ := b.runs.between(t, from, to)
	return left / b.left
}

// quantile returns in what time all tasks have ended with a chance, if the queues take so many standard deviations longer than
// expected.
func quantile(loads []load, now, chance, deviations float64) time.Duration {
	const month, halvings = 30 * 24 * 3600.0, 14 // of a logarithm: to a thousandth
	low, high := 1.0, month
	for range halvings {
		if middle := math.Sqrt(low * high); allEnded(loads, now, middle, deviations) < math.Log(chance) {
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
			sum += l.each * started * math.Log(max(1-l.sample[k].runsBeyond(now+t, now, l.oldest), leastChance))
		}
		drain := l.drain * max(0, 1+deviations*l.doubt)
		for k := range points {
			age := t - float64(k+1)/points*drain
			if left, _, _ := l.runs.at(age); age <= l.oldest {
				sum += l.waiting / points * math.Log(max(1-left, leastChance))
			}
		}
	}
	return sum
}
