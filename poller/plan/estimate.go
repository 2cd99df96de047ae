package plan

import (
	"math"
	"time"
)

const (
	maxSample  = 80  // bounds the tasks of an endpoint that an estimate samples
	minEnds    = 10  // the least number of observed ends of an endpoint
	maxSpread  = 75  // the most time from Median to High, in per cent of the time from now to Median
	tailChance = 0.1 // the chance of an end before Low, and of one after High
	// spreadDeviations is the number of standard deviations by which drainTime is varied for Low and High.
	spreadDeviations = 3.5
)

// Estimate is when all live tasks will have ended, as times since the start: before Low with a chance of tailChance, before Median
// with one of a half, and after High with one of tailChance.
type Estimate struct {
	Low, Median, High time.Duration
}

// load is a sample of the tasks of an endpoint.
type load struct {
	runs             *runTimes
	sample           []belief
	started          []float64 // the chance of each of sample to have started
	weight           float64   // the number of tasks that each of sample stands for
	running, waiting float64   // the expected numbers of tasks that have started, and that have not
	drainTime        float64   // seconds until the last waiting task starts
	drainError       float64   // the standard deviation of drainTime, as a share of it
	maxAge           float64   // the age in seconds that no task reaches
}

// Estimate returns when all live tasks will have ended. It returns false without live tasks or where too little is known: fewer
// tasks of an endpoint have ended than run, the spread is larger than maxSpread, or more than half of the time to Median is for
// tasks to run longer than any did so far. It takes time in proportion to the number of endpoints.
func (p *Planner) Estimate(now time.Duration) (Estimate, bool) {
	var loads []load
	for _, e := range p.endpoints {
		l := p.loadOf(e, now.Seconds())
		if ends := float64(e.runs.ends); e.live > 0 && ends < max(minEnds, l.running) {
			return Estimate{}, false
		}
		loads = append(loads, l)
	}
	low := now + quantile(loads, now.Seconds(), tailChance, -spreadDeviations)
	middle := now + quantile(loads, now.Seconds(), 0.5, 0)
	high := now + quantile(loads, now.Seconds(), 1-tailChance, spreadDeviations)
	for i := range loads {
		loads[i].maxAge = loads[i].runs.maxAge()
	}
	withinMaxAge := quantile(loads, now.Seconds(), 0.5, 0)
	return Estimate{low, middle, high}, len(p.tasks) > 0 && high-middle < maxSpread*(middle-now)/100 && withinMaxAge > (middle-now)/2
}

// loadOf samples the tasks of an endpoint.
func (p *Planner) loadOf(e *endpoint, now float64) load {
	l := load{runs: &e.runs, maxAge: math.Inf(1)}
	unseenStarts := 0.0 // expected number of running tasks whose start no poll or order shows
	step := max(1, len(e.order)/maxSample)
	for i := step / 2; i < len(e.order); i += step {
		if t := e.order[i]; !t.removed {
			b := p.beliefOf(t)
			started := b.startedBy(now)
			l.sample, l.started = append(l.sample, b), append(l.started, started)
			l.running += started
			if !b.ordered && t.state != Running {
				unseenStarts += started
			}
		}
	}
	l.weight = float64(e.live) / float64(max(len(l.sample), 1))
	l.running *= l.weight
	l.waiting = float64(e.live) - l.running
	workers := max(l.running, 1)
	l.drainTime = l.waiting / workers * e.runs.rest[0]
	l.drainError = math.Sqrt(1/float64(e.runs.ends+1)+1/(4*workers)) + unseenStarts*l.weight/workers/2
	return l
}

// startedBy returns the chance that a task starts before the time t.
func (b *belief) startedBy(t float64) float64 {
	started := b.startChance * min(max((t-b.startFrom)/max(b.startTo-b.startFrom, 1e-9), 0), 1)
	return started + (1-b.startChance)*-math.Expm1(-b.rate*max(t-b.rateFrom, 0))
}

// runsBeyond returns the chance that a task which has started by now still runs at the time t, if none reaches maxAge.
func (b *belief) runsBeyond(t, now, maxAge float64) float64 {
	from, to := b.startFrom, b.startTo
	if b.startChance == 0 {
		from, to = min(b.rateFrom, now), now
	}
	if t-to > maxAge {
		return 0
	}
	left, _ := b.runs.between(t, from, to)
	return left / b.survive
}

// quantile returns the time after which all tasks have ended with a chance, if the queues take longer than expected by a number of
// standard deviations.
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

// allEnded returns the logarithm of the chance that all tasks have ended t seconds from now. The waiting tasks start evenly over
// drainTime.
func allEnded(loads []load, now, t, deviations float64) float64 {
	const points, leastChance = 24, 1e-12
	sum := 0.0
	for i := range loads {
		l := &loads[i]
		for k, started := range l.started {
			sum += l.weight * started * math.Log(max(1-l.sample[k].runsBeyond(now+t, now, l.maxAge), leastChance))
		}
		drain := l.drainTime * max(0, 1+deviations*l.drainError)
		for k := range points {
			age := t - float64(k+1)/points*drain
			if left, _, _ := l.runs.at(age); age <= l.maxAge {
				sum += l.waiting / points * math.Log(max(1-left, leastChance))
			}
		}
	}
	return sum
}
