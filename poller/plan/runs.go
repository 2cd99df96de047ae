package plan

import "math"

const (
	// bins is how many classes run times are sorted into, each binRatio times as
	// long as the one before: from a quarter of a second to eleven days.
	bins     = 136
	binFirst = 0.25
	binRatio = 1.12
	// memory is over how many ends what was learned fades to a third.
	memory = 300
)

// edges are where the classes begin, in seconds, and the end of the last.
var edges = func() (e [bins + 1]float64) {
	e[1] = binFirst
	for i := 2; i <= bins; i++ {
		e[i] = e[i-1] * binRatio
	}
	return e
}()

// fine is how many bits of a time's fraction tell its class or the one before it:
// a logarithm for each look at a task costs more than all else that is computed.
const fine = 6

// classes are those of the times whose exponent and first bits are the same.
var classes = func() (c [24 << fine]uint8) {
	at := 0
	for i := range c {
		t := math.Float64frombits(math.Float64bits(binFirst) + uint64(i)<<(52-fine))
		for at < bins-1 && edges[at+1] <= t {
			at++
		}
		c[i] = uint8(at)
	}
	return c
}()

// bin returns the class of a run time in seconds.
func bin(t float64) int {
	if t < binFirst {
		return 0
	}
	i := (math.Float64bits(t) - math.Float64bits(binFirst)) >> (52 - fine)
	if i >= uint64(len(classes)) {
		return bins - 1
	}
	at := int(classes[i])
	if at < bins-1 && edges[at+1] <= t {
		at++
	}
	return at
}

// runs is what is known of how long an endpoint's tasks run. It counts, for each
// class of run time, how many tasks reached it and how many ended in it: that
// gives the chance to end of one that has come so far, also while the longest
// are still running, and whatever the distribution is a mixture of.
type runs struct {
	ended   [bins]float32
	reached [bins]float32
	// weight is what the next task counts: it grows, in place of all counts fading.
	weight float32
	ends   float64 // ends counted, fading
	since  float64 // ends counted since the tables were made
	told   int     // ends counted, all
	made   tick    // when the tables were
	// survive[i] is the share of tasks that run longer than edges[i], rest[i] the
	// integral of that from there on: from the far end, as that keeps its precision
	// where few survive.
	survive, rest [bins + 1]float64
}

// newRuns returns the prior.
func newRuns() *runs {
	r := &runs{weight: 1}
	r.tabulate()
	return r
}

// alive counts a task that has gone on running from one age to another, in
// seconds. With from after to it takes back what was counted too much.
func (r *runs) alive(from, to float64) {
	if from > to {
		r.count(to, from, -1)
	} else {
		r.count(from, to, 1)
	}
}

func (r *runs) count(from, to float64, tasks float32) {
	from, to = max(from, 0), max(to, 0)
	tasks *= r.weight
	first, last := bin(from), bin(to)
	for i := first; i <= last; i++ {
		part := float32(1)
		if i == first || i == last {
			part = float32((min(to, edges[i+1]) - max(from, edges[i])) / (edges[i+1] - edges[i]))
		}
		r.reached[i] = max(0, r.reached[i]+tasks*part)
	}
}

// heaviest is up to where the weight may grow without a loss of precision.
const heaviest = 1000

// end counts a task that ended at an age between two, in seconds.
func (r *runs) end(lo, hi float64) {
	const fade = 1 - 1.0/memory
	if r.ends > memory/2 {
		r.weight /= fade
		r.ends *= fade
	}
	if r.weight > heaviest {
		for i := range r.ended {
			r.ended[i] /= r.weight
			r.reached[i] /= r.weight
		}
		r.weight = 1
	}
	r.spread(max(lo, 0), max(lo, hi, 0))
	r.ends++
	r.told++
	r.since++
}

// renewing is how long the tables are used at least, once they say something.
const renewing = tick(5)

// renew makes the tables anew if enough was counted since they were made.
func (r *runs) renew(now tick) {
	if r.since > r.ends/16 && (r.told < 32 || now-r.made >= renewing) {
		r.made = now
		r.tabulate()
	}
}

// spread counts one end between two ages: where the tables have it most likely.
func (r *runs) spread(lo, hi float64) {
	a, b := bin(lo), bin(hi)
	total := r.survive[a] - r.survive[b+1]
	for i := a; i <= b; i++ {
		part := 1 / float64(b-a+1)
		if total > 0 {
			part = (r.survive[i] - r.survive[i+1]) / total
		}
		r.ended[i] += r.weight * float32(part)
	}
}

// past returns the share of tasks that run longer than t seconds, and the
// integral of that from there on. t may be before the start.
func (r *runs) past(t float64) (share, rest float64) {
	if t <= 0 {
		return 1, r.rest[0] - t
	}
	i := bin(t)
	step := edges[i+1] - edges[i]
	part := min((t-edges[i])/step, 1)
	share = r.survive[i] + (r.survive[i+1]-r.survive[i])*part
	return share, r.rest[i+1] + (share+r.survive[i+1])/2*(1-part)*step
}
