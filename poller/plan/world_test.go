package plan

import (
	"math"
	"math/rand/v2"
	"sort"
	"time"
)

// start says in which order an endpoint starts the tasks that wait for it.
type start int

const (
	inOrder  start = iota // as submitted
	atRandom              // any of those that wait
	atOnce                // all when they are submitted
)

// kind is an endpoint of the simulation: its run times are lognormal around a
// median, a share of them around another, and some far longer.
type kind struct {
	median, sigma float64 // seconds
	second, share float64 // another median, and the share of tasks that have it
	stray         float64 // the share that takes ten times as long
	drift         float64 // what the median is multiplied by half way through
	failing       float64 // the share that fails after a second or two
}

// scenario is a load and a budget.
type scenario struct {
	name     string
	tasks    int
	workers  int // in all, shared out among the endpoints by their load
	pooled   bool
	start    start
	kinds    []kind
	rate     float64 // requests/s
	interval time.Duration
	arrivals float64 // tasks/s, 0 for all at the start
	late     float64 // seconds between the submission and the adding
	silent   bool    // no inference time is told
	scale    float64 // what the told inference time is multiplied by; 0 for 1
	position bool    // the place in the queue is told
	bar      float64 // the most that the delay may be of the round-robin's
	tail     float64 // and of what one delay in twenty exceeds, 0 for worstTail
	slack    float64 // seconds that ends may be seen later on average, with an ample budget
	quick    bool    // part of the tests, not only of the benchmark
}

// job is a task of the simulation: what is true of it.
type job struct {
	endpoint         int
	submitted, added float64
	start, end       float64
	inference        float64
	lastAsked        float64
	taken, revealed  bool
	revealedAt       float64
}

// names are those of the endpoints.
var names = []string{"a", "b", "c", "d", "e", "f"}

func newRandom(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// run draws a run time. part is how far the scenario has come, 0 to 1.
func (k kind) run(random *rand.Rand, part float64) float64 {
	if k.failing > 0 && random.Float64() < k.failing {
		return 1 + random.Float64()
	}
	median := k.median
	if k.share > 0 && random.Float64() < k.share {
		median = k.second
	}
	if k.drift > 0 && part > 0.5 {
		median *= k.drift
	}
	if random.Float64() < k.stray {
		median *= 10
	}
	return median * math.Exp(k.sigma*random.NormFloat64())
}

// jobs draws the tasks of a scenario, in the order of submission.
func (s scenario) jobs(seed uint64) []job {
	random := newRandom(seed)
	jobs := make([]job, s.tasks)
	runs := make([]float64, s.tasks)
	load := make([]float64, len(s.kinds))
	at := 0.0
	for i := range jobs {
		j := &jobs[i]
		j.endpoint = random.IntN(len(s.kinds))
		if s.arrivals > 0 {
			at += random.ExpFloat64() / s.arrivals
		}
		j.submitted, j.added = at, at+s.late
		runs[i] = s.kinds[j.endpoint].run(random, float64(i)/float64(s.tasks))
		load[j.endpoint] += runs[i]
	}
	if s.pooled || s.start == atOnce {
		s.work(jobs, runs, random, s.workers, -1)
	} else {
		total := 0.0
		for _, l := range load {
			total += l
		}
		for e := range s.kinds {
			s.work(jobs, runs, random, max(1, int(math.Round(float64(s.workers)*load[e]/total))), e)
		}
	}
	for i := range jobs {
		j := &jobs[i]
		j.end = j.start + runs[i]
		j.inference = runs[i]
		if s.scale > 0 {
			j.inference *= s.scale
		}
	}
	return jobs
}

// work sets when the tasks of an endpoint start, -1 being all endpoints.
func (s scenario) work(jobs []job, runs []float64, random *rand.Rand, workers, endpoint int) {
	var own []int
	for i := range jobs {
		if endpoint < 0 || jobs[i].endpoint == endpoint {
			own = append(own, i)
		}
	}
	if s.start == atOnce {
		for _, i := range own {
			jobs[i].start = jobs[i].submitted
		}
		return
	}
	free := make([]float64, workers) // when each worker is free, sorted
	for len(own) > 0 {
		at := math.Max(free[0], jobs[own[0]].submitted)
		pick := 0
		if s.start == atRandom {
			pick = random.IntN(sort.Search(len(own), func(n int) bool { return jobs[own[n]].submitted > at }))
		}
		i := own[pick]
		own = append(own[:pick], own[pick+1:]...)
		jobs[i].start = at
		end := at + runs[i]
		n := sort.SearchFloat64s(free[1:], end)
		copy(free, free[1:n+1])
		free[n] = end
	}
}
