package plan

import (
	"math"
	"time"
)

const (
	// samples is how many tasks of an endpoint an estimate looks at.
	samples = 80
	// enough is how many ends of an endpoint must have been told for an estimate.
	enough = 3
	// widen is how much wider than computed the bounds are told, as what was learned
	// is never quite true of what is to come.
	widen = 1.5
	// vague is a spread, as a share of the time left, that tells nothing.
	vague = 2.5
	// tenth and half are the chances that an estimate's bounds stand for.
	tenth, half = 0.1, 0.5
)

// Estimate says when all live tasks will have ended, as times since the start: at
// one time in ten before Low, as likely before Median as after it, and at one time
// in ten after High.
type Estimate struct {
	Low, Median, High time.Duration
}

// load is what an estimate takes an endpoint's tasks for.
type load struct {
	runs    *runs
	alive   []float64 // the share of tasks that run as long as the sampled ones had when last seen
	ages    []float64 // seconds that those have run for, if they do still
	chances []float64 // how likely they have begun
	weight  float64   // how many tasks each sampled one stands for
	waiting float64   // tasks that have not started
	drain   float64   // seconds until the last of them starts
	doubt   float64   // by what share of it that is off
}

// Estimate returns when all live tasks will have ended. It returns false without
// live tasks, and where there is nothing to tell it from: none, or too few, of an
// endpoint's tasks have ended. It takes time in proportion to the endpoints.
func (p *Planner) Estimate(now time.Duration) (Estimate, bool) {
	loads := make([]load, 0, len(p.endpoints))
	for at, e := range p.endpoints {
		l, some := p.loadOf(e, uint16(at), now.Seconds())
		if !some {
			continue
		}
		if e.runs.told < enough {
			return Estimate{}, false
		}
		loads = append(loads, l)
	}
	if len(loads) == 0 {
		return Estimate{}, false
	}
	low, middle, high := quantile(loads, tenth, 0), quantile(loads, half, 0), quantile(loads, 1-tenth, 0)
	// How long the queue takes and how long the last tasks run are in doubt
	// independently of each other.
	const tenthOff = 1.28 // standard deviations
	less := middle - quantile(loads, half, -tenthOff)
	more := quantile(loads, half, tenthOff) - middle
	less = widen * math.Hypot(middle-low, less)
	more = widen * math.Hypot(high-middle, more)
	told := Estimate{Low: now + seconds(max(0, middle-less)), Median: now + seconds(middle), High: now + seconds(middle+more)}
	return told, more < vague*middle
}

// seconds returns a time given in seconds.
func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// loadOf samples the tasks of an endpoint, and returns whether it has any.
func (p *Planner) loadOf(e *endpoint, at uint16, now float64) (load, bool) {
	l := load{runs: e.runs}
	live, started := 0.0, 0.0
	step := max(1, len(e.order)/samples)
	for i := step / 2; i < len(e.order); i += step {
		id, ok := p.tasks.id(e.order[i])
		if !ok || p.tasks.get(id).endpoint != at {
			continue
		}
		live++
		v := p.viewOf(p.tasks.get(id))
		chance, age := v.running(now)
		then, _ := e.runs.past(age - (now - v.seen))
		l.alive, l.ages, l.chances = append(l.alive, then), append(l.ages, age), append(l.chances, chance)
		started += chance
	}
	if live == 0 {
		return l, false
	}
	l.weight = float64(step)
	l.waiting = (live - started) * l.weight
	workers := max(started*l.weight, 1)
	mean := e.runs.rest[0]
	l.drain = l.waiting * mean / workers
	l.doubt = math.Sqrt(e.runs.spreadOfMean() + 1/(4*workers))
	return l, true
}

// running returns how likely a task has begun to run by now, and for how long it
// has then.
func (v *view) running(now float64) (chance, age float64) {
	for i := range v.reasons[:v.count] {
		r := &v.reasons[i]
		begun, since := 0.0, max(now-r.starts[0], 0)/2
		for _, start := range r.starts[:r.points] {
			if start <= now {
				begun += 1 / float64(r.points)
				since = now - start
			}
		}
		if r.moving {
			begun = 1
		}
		chance += r.chance * begun
		age += r.chance * begun * since
	}
	if v.blind > unlikely {
		started := v.blind * -math.Expm1(-v.pace*(now-v.seen))
		chance += started
		age += started * (now - v.seen) / 2
	}
	if chance > 0 {
		age /= chance
	}
	return min(chance, 1), age
}

// spreadOfMean returns the variance of the mean run time, as a share of its
// square.
func (r *runs) spreadOfMean() float64 {
	mean, square := 0.0, 0.0
	for i := range bins {
		share, middle := r.survive[i]-r.survive[i+1], (edges[i]+edges[i+1])/2
		mean += share * middle
		square += share * middle * middle
	}
	return max(0, square/(mean*mean)-1) / (r.ends + 1)
}

// quantile returns by when, in seconds from now, all tasks have ended with a
// chance, if queues take so many standard deviations longer than expected.
func quantile(loads []load, chance, off float64) float64 {
	lo, hi := 0.0, 1.0
	want := math.Log(chance)
	for hi < 30*24*3600 && all(loads, hi, off) < want {
		lo, hi = hi, 2*hi
	}
	for range 12 {
		middle := (lo + hi) / 2
		if all(loads, middle, off) < want {
			lo = middle
		} else {
			hi = middle
		}
	}
	return hi
}

// all returns the logarithm of the chance that all tasks have ended t seconds from
// now.
func all(loads []load, t, off float64) float64 {
	sum := 0.0
	for i := range loads {
		l := &loads[i]
		for k, age := range l.ages {
			if l.chances[k] > unlikely {
				left, _ := l.runs.past(age + t)
				sum += l.weight * l.chances[k] * math.Log(max(1-left/l.alive[k], 1e-12))
			}
		}
		if l.waiting < 0.5 {
			continue
		}
		points := min(24, math.Ceil(l.waiting))
		drain := l.drain * max(0, 1+off*l.doubt)
		for k := range int(points) {
			left, _ := l.runs.past(t - (float64(k)+1)/points*drain)
			sum += l.waiting / points * math.Log(max(1-left, 1e-12))
		}
	}
	return sum
}
