package plan

import "math"

const (
	// priorTasks is how many tasks the prior counts for, in each class.
	priorTasks = 2.0
	// leastWidth and mostWidth bound over how many classes the counts are smoothed.
	leastWidth, mostWidth = 0.8, 4.0
	// someTasks is how many must have reached a class for it to tell of those after
	// it, that none has reached.
	// takeover is how far it outweighs the classes before.
	someTasks, takeover = 2.0, 0.5
	// steeper is how the hazard grows beyond those that were reached, as it does in
	// a lognormal distribution's tail.
	steeper = 0.2
	// priorScale and priorTail shape the prior: the longer a task has run, the
	// longer it is expected to run on, from about priorScale seconds.
	priorScale = 20.0
	priorTail  = 1.0
	// fitEnds is how many ends it takes to tell which lognormal distribution the run
	// times are most like. From then on that counts for fitTasks tasks, and the prior
	// for fitPrior: where they are like none, no more than that is wrong. It is told
	// fits times, each time from run times that the prior has blurred less.
	fitEnds, fitTasks, fitPrior, fits = 3, 20.0, 0.2, 2
	// misfit is by how much of all tasks it may be off, at any age, to count at all.
	misfit = 0.15
	// mostSpread is the most that a logarithm of run times is taken to spread. What
	// spreads further is a mixture, of which no part has so long a tail.
	mostSpread = 1.2
)

// counts are those of runs, smoothed.
type counts struct{ ended, reached [bins]float64 }

// tabulate makes the tables from the counts. They are smoothed over neighbouring
// classes, the wider the fewer ends there are, and lean on a prior where few
// tasks have come.
func (r *runs) tabulate() {
	r.since = 0
	width := r.width()
	c := r.smooth(width)
	r.estimate(&c, priorTasks)
	if r.ends >= fitEnds {
		for range fits {
			fitted := c
			r.fit(&fitted, width)
			r.estimate(&fitted, fitPrior)
		}
	}
	r.rest[bins] = r.survive[bins] * edges[bins]
	for i := bins - 1; i >= 0; i-- {
		r.rest[i] = r.rest[i+1] + (r.survive[i]+r.survive[i+1])/2*(edges[i+1]-edges[i])
	}
}

// estimate sets the shares that survive each class, by the counts and a prior that
// counts for some tasks.
func (r *runs) estimate(c *counts, tasks float64) {
	r.survive[0] = 1
	known := 0.0 // the hazard of the last classes that some tasks reached
	for i := range bins {
		hazard := (c.ended[i] + tasks*max(prior(i), known)) / (c.reached[i] + tasks)
		if c.reached[i] > someTasks {
			known += takeover * (c.ended[i]/c.reached[i] - known)
		} else {
			known += steeper * known * known
		}
		r.survive[i+1] = r.survive[i] * math.Exp(-min(hazard, 3))
	}
}

// prior returns the hazard of a class before any of its tasks is known.
func prior(i int) float64 {
	return priorTail * math.Log((edges[i+1]+priorScale)/(edges[i]+priorScale))
}

// fit adds to the counts those that the lognormal distribution gives that has the
// same median, and the same half around it, as what was estimated so far.
func (r *runs) fit(c *counts, width float64) {
	early, median, late := r.outlived(.75), r.outlived(.5), r.outlived(.25)
	const halfOfNormal = 1.349 // between its quartiles, in standard deviations
	spread := (late - early) / halfOfNormal
	// Smoothing has spread them by its width.
	smoothed := width * math.Log(binRatio)
	spread = math.Sqrt(max(spread*spread-smoothed*smoothed, spread*spread/4))
	spread = min(spread, mostSpread)
	var survive [bins + 1]float64
	survive[0] = 1
	off := 0.0
	for i := range bins {
		survive[i+1] = math.Erfc((math.Log(edges[i+1])-median)/spread/math.Sqrt2) / 2
		off = max(off, math.Abs(survive[i+1]-r.survive[i+1]))
	}
	tasks := fitTasks * max(0, 1-off/misfit)
	for i := range bins {
		c.reached[i] += tasks * survive[i]
		c.ended[i] += tasks * (survive[i] - survive[i+1])
	}
}

// outlived returns the logarithm of the age in seconds that a share of tasks survives.
func (r *runs) outlived(share float64) float64 {
	for i := range bins {
		if r.survive[i+1] <= share {
			part := (r.survive[i] - share) / (r.survive[i] - r.survive[i+1])
			return math.Log(edges[i] + part*(edges[i+1]-edges[i]))
		}
	}
	return math.Log(edges[bins])
}

// smooth spreads the counts over neighbouring classes.
func (r *runs) smooth(width float64) (c counts) {
	reach := int(3 * width)
	kernel := make([]float64, reach+1)
	total := 0.0
	for d := range kernel {
		kernel[d] = math.Exp(-float64(d*d) / (2 * width * width))
		total += kernel[d]
		if d > 0 {
			total += kernel[d]
		}
	}
	for i := range bins {
		for j := max(0, i-reach); j <= min(bins-1, i+reach); j++ {
			k := kernel[max(i-j, j-i)] / total / float64(r.weight)
			c.ended[i] += k * float64(r.ended[j])
			c.reached[i] += k * float64(r.reached[j])
		}
	}
	return c
}

// width returns over how many classes to smooth, by how much was counted and how
// far it is spread: how many classes hold half of it, at the densest. Where run
// times are a mixture that is the spread of one part, not the distance of two.
func (r *runs) width() float64 {
	total := 0.0
	for _, e := range r.ended {
		total += float64(e / r.weight)
	}
	if total < 2 {
		return mostWidth
	}
	least, held, from := float64(bins), 0.0, 0
	for to, e := range r.ended {
		for held += float64(e / r.weight); held >= total/2; from++ {
			least = min(least, float64(to-from+1))
			held -= float64(r.ended[from] / r.weight)
		}
	}
	return min(mostWidth, max(leastWidth, least/2*math.Pow(total, -0.2)))
}
