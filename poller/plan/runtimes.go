package plan

import (
	"math"
	"time"
)

const (
	// classes is the number of classes of run time. The first ends at firstEdge seconds. The others are an eighth of an octave
	// wide and reach three days: numbers of one class differ only in the last classShift bits of their float64.
	classes    = 160
	firstEdge  = 0.25
	classShift = 49
	// memoryEnds is the number of ends after which old counts have faded to a third.
	memoryEnds = 300
	// priorWeight is the number of tasks that the prior counts for in each class. priorScale is its scale in seconds: before the
	// first end a task is expected to run for about that long, and an older one for its age again.
	priorWeight = 2.0
	priorScale  = 100.0
	// fitEnds is the number of ends from which on a fitted lognormal distribution counts for up to fitWeight tasks, and for none
	// if its S differs by maxMisfit at any age. minSigma and maxSigma bound its deviation.
	fitEnds, fitWeight = 3, 12.0
	maxMisfit          = 0.15
	minSigma, maxSigma = 0.1, 1.2
)

// edges holds where each class begins, in seconds, and the end of the last one.
var edges = func() (e [classes + 1]float64) {
	for i := range classes {
		e[i+1] = math.Float64frombits(math.Float64bits(firstEdge) + uint64(i)<<classShift)
	}
	return e
}()

// classOf returns the class of a run time in seconds.
func classOf(t float64) int {
	if t < firstEdge {
		return 0
	}
	return int(min(1+(math.Float64bits(t)-math.Float64bits(firstEdge))>>classShift, classes-1))
}

// table has a value for each edge.
type table [classes + 1]float64

// runTimes estimates how long the tasks of an endpoint run.
type runTimes struct {
	// ended[i] counts the tasks that ended in class i, reached[i] those that reached it. A task that covers a part of a class
	// counts for that part.
	ended, reached [classes]float64
	ends           int           // all ends, without fading
	tabulatedAt    time.Duration // when the tables were computed

	// survive[i] is S at edges[i]: the share of tasks that run longer than that. rest[i] is R, the integral of S from there on,
	// so that rest[0] is the mean run time. tail[i] is Q, the integral of R from there on. R and Q are summed up from the far
	// end, which keeps them exact where few tasks survive.
	survive, rest, tail table
}

// addAlive counts a task that was seen running from one age to another, in seconds. With from > to it subtracts what was counted
// too much.
func (r *runTimes) addAlive(from, to float64) {
	sign := 1.0
	if from > to {
		from, to, sign = to, from, -1
	}
	from, to = max(from, 0), max(to, 0)
	for i := classOf(from); i <= classOf(to); i++ {
		covered := (min(to, edges[i+1]) - max(from, edges[i])) / (edges[i+1] - edges[i])
		r.reached[i] = max(0, r.reached[i]+sign*max(0, covered))
	}
}

// addEnd counts a task that ended at an age in seconds. It computes the tables anew, at most once in wakeEvery.
func (r *runTimes) addEnd(age float64, now time.Duration) {
	for i := range classes {
		r.ended[i] *= 1 - 1.0/memoryEnds
		r.reached[i] *= 1 - 1.0/memoryEnds
	}
	r.ended[classOf(age)]++
	if r.ends++; r.ends <= fitEnds || now >= r.tabulatedAt+wakeEvery {
		r.tabulatedAt = now
		r.tabulate()
	}
}

// tabulate computes the tables. A first estimate uses a prior that is the same for all endpoints. Each further one uses the
// lognormal distribution with the median and the quartiles of the one before, which counts the less the more it differs from that.
func (r *runTimes) tabulate() {
	r.estimate(priorWeight, 0, &table{})
	const quartiles, fits = 1.35, 2 // distance of the quartiles in standard deviations
	for n := 0; n < fits && r.ends >= fitEnds; n++ {
		median := math.Log(r.quantile(0.5))
		sigma := min(max(math.Log(r.quantile(0.25)/r.quantile(0.75))/quartiles, minSigma), maxSigma)
		var fitted table
		misfit := 0.0
		for i, edge := range edges {
			fitted[i] = math.Erfc((math.Log(edge)-median)/sigma/math.Sqrt2) / 2
			misfit = max(misfit, math.Abs(fitted[i]-r.survive[i]))
		}
		if misfit >= maxMisfit {
			break
		}
		r.estimate(priorWeight/10, fitWeight*(1-misfit/maxMisfit), &fitted)
	}
	r.rest[classes] = r.survive[classes] * edges[classes]
	r.tail[classes] = r.rest[classes] * edges[classes]
	for i := classes - 1; i >= 0; i-- {
		width := edges[i+1] - edges[i]
		r.rest[i] = r.rest[i+1] + (r.survive[i]+r.survive[i+1])/2*width
		r.tail[i] = r.tail[i+1] + (r.rest[i]+r.rest[i+1])/2*width
	}
}

// estimate sets S by Kaplan and Meier, from the counts, to which so many tasks with the fitted distribution are added, and from
// a prior hazard:
//
//	h(i) = (ended(i) + weight·prior(i)) / (reached(i) + weight)
//	S(i+1) = S(i)·exp(-h(i))
//
// The prior is the hazard by priorScale, or that of the classes before if it is higher: tasks are not expected to run far longer
// than the oldest ones.
func (r *runTimes) estimate(weight, tasks float64, fitted *table) {
	r.survive[0] = 1
	last := 0.0 // the hazard of the last classes that some tasks have reached
	for i := range classes {
		ended := smooth(&r.ended, i) + tasks*(fitted[i]-fitted[i+1])
		reached := smooth(&r.reached, i) + tasks*fitted[i]
		prior := math.Log((edges[i+1] + priorScale) / (edges[i] + priorScale))
		hazard := (ended + weight*max(prior, last)) / (reached + weight)
		if reached > priorWeight {
			last += (ended/reached - last) / 2
		}
		r.survive[i+1] = r.survive[i] * math.Exp(-min(hazard, 3))
	}
}

// smooth returns the count of a class, smoothed over the two beside it.
func smooth(counts *[classes]float64, i int) float64 {
	return counts[i]/2 + (counts[max(i-1, 0)]+counts[min(i+1, classes-1)])/4
}

// quantile returns the age in seconds that a share of the tasks survives.
func (r *runTimes) quantile(share float64) float64 {
	for i := range classes {
		if r.survive[i+1] <= share {
			part := (r.survive[i] - share) / (r.survive[i] - r.survive[i+1])
			return edges[i] + part*(edges[i+1]-edges[i])
		}
	}
	return edges[classes]
}

// maxAge returns the age in seconds that more tasks have reached than the prior counts for.
func (r *runTimes) maxAge() float64 {
	i := classes - 1
	for i > 0 && r.reached[i] <= priorWeight {
		i--
	}
	return edges[i]
}

// at returns S, R and Q at the age t in seconds. Before the start S is 1.
func (r *runTimes) at(t float64) (survive, rest, tail float64) {
	if t <= 0 {
		return 1, r.rest[0] - t, r.tail[0] - t*r.rest[0] + t*t/2
	}
	i := classOf(t)
	width := edges[i+1] - edges[i]
	part := min((t-edges[i])/width, 1)
	survive = r.survive[i] + (r.survive[i+1]-r.survive[i])*part
	left := (1 - part) * width
	rest = r.rest[i+1] + (survive+r.survive[i+1])/2*left
	return survive, rest, r.tail[i+1] + (rest+r.rest[i+1])/2*left
}

// between returns S and R at the time t, averaged over a start from one time to another, all in seconds:
//
//	S = (R(t-to) - R(t-from)) / (to-from)
//	R = (Q(t-to) - Q(t-from)) / (to-from)
func (r *runTimes) between(t, from, to float64) (survive, rest float64) {
	survive, rest, tail := r.at(t - from)
	if to-from < firstEdge/2 {
		return survive, rest
	}
	_, restTo, tailTo := r.at(t - to)
	return (restTo - rest) / (to - from), (tailTo - tail) / (to - from)
}
