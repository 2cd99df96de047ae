package plan

import (
	"math"
	"slices"
	"sort"
	"time"
)

// seeing is told by the simulation when each task starts, and the true distributions
// of the run times; of the ends it knows as little as any other. It asks what is most
// worth a request, and what must be asked for none to go unasked for four periods. No
// policy that has to learn the first can do much better with tasks that start in order.
type seeing struct {
	*simulation
	truth    []*runs
	seen     []float64 // when each was last asked
	deadline []float64 // when each must be asked
	waiting  []int32   // those that may be asked, by their deadlines
}

// limited returns what is reached by a policy that knows when tasks start.
func limited(s scenario, seed uint64) figures {
	p := &seeing{simulation: &simulation{scenario: s, jobs: s.jobs(seed)}}
	for kind := range s.kinds {
		p.truth = append(p.truth, s.truth(kind))
	}
	p.policy = p
	return p.run()
}

func (p *seeing) add(seq int32, _ string, now time.Duration) {
	p.seen = append(p.seen, now.Seconds())
	p.deadline = append(p.deadline, 0)
	p.waiting = append(p.waiting, seq)
	// The period is known when all are added that come at once.
	for i := range p.seen {
		if p.seen[i] == now.Seconds() {
			p.deadline[i] = p.due(i)
		}
	}
	sort.SliceStable(p.waiting, func(i, j int) bool { return p.deadline[p.waiting[i]] < p.deadline[p.waiting[j]] })
}

// due returns when a task must be asked that was asked last when the period was as
// long as it is now.
func (p *seeing) due(seq int) float64 {
	const rounds = 3.95
	return p.seen[seq] + rounds*p.period()
}

func (p *seeing) next(now time.Duration, rate float64) (int32, bool, time.Duration) {
	t := now.Seconds()
	forced, pressed := p.forced(t, rate)
	if pressed {
		return forced, true, 0
	}
	best, most := none, New(Options{}).price.floor
	for _, seq := range p.waiting {
		j := p.jobs[seq]
		if j.start > t || t-p.seen[seq] < p.interval.Seconds() {
			continue
		}
		v := view{runs: p.truth[j.endpoint], seen: p.seen[seq], favour: 1}
		v.because(1, j.start, j.start)
		if worth := v.worth(t); worth > most {
			best, most = seq, worth
		}
	}
	switch {
	case best != none:
		return best, true, 0
	case forced != none && t-p.seen[forced] > p.period()/2:
		return forced, true, 0 // there is nothing better to do
	}
	return 0, false, now + grid
}

// forced returns the first task that will wait too long, and whether such tasks must
// be asked from now on for none to, with a share of the requests.
func (p *seeing) forced(t, rate float64) (first int32, pressed bool) {
	first, behind := none, 0.0
	for _, seq := range p.waiting {
		left, soon := p.deadline[seq]-t, 2/rate
		if start := p.jobs[seq].start; left > soon && (start <= t || start < p.deadline[seq]-10) {
			continue // it will be asked for what it is worth
		}
		if first == none {
			first = seq
		}
		if behind++; left <= behind/(lineShare*rate)+soon {
			return first, true
		}
	}
	return first, false
}

func (p *seeing) take(seq int32, now time.Duration) {
	p.seen[seq] = now.Seconds()
	p.waiting = slices.DeleteFunc(p.waiting, func(s int32) bool { return s == seq })
}

func (p *seeing) observe(seq int32, o Observation, now time.Duration) {
	if o.State == Ended {
		p.deadline[seq] = math.Inf(1)
		return
	}
	p.deadline[seq] = p.due(int(seq))
	at := sort.Search(len(p.waiting), func(n int) bool { return p.deadline[p.waiting[n]] > p.deadline[seq] })
	p.waiting = slices.Insert(p.waiting, at, seq)
}
