package poller_test

import (
	"container/heap"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// moments is a heap of when workers are free.
type moments []time.Duration

func (m moments) Len() int           { return len(m) }
func (m moments) Less(i, j int) bool { return m[i] < m[j] }
func (m moments) Swap(i, j int)      { m[i], m[j] = m[j], m[i] }
func (m *moments) Push(x any)        { *m = append(*m, x.(time.Duration)) }
func (m *moments) Pop() any {
	last := len(*m) - 1
	x := (*m)[last]
	*m = (*m)[:last]
	return x
}

// endings returns when tasks that run for so long end, started in their order by so
// many workers.
func endings(runs []time.Duration, workers int) []time.Duration {
	free := make(moments, workers)
	ends := make([]time.Duration, len(runs))
	for i, run := range runs {
		ends[i] = free[0] + run
		free[0] = ends[i]
		heap.Fix(&free, 0)
	}
	return ends
}

// roundRobin returns how late a round-robin sees each end, at so many requests/s and no
// task more often than once in an interval, and how many requests it makes.
func roundRobin(ends []time.Duration, rate float64, interval time.Duration) (delays []time.Duration, requests int) {
	type turn struct {
		task int
		from time.Duration // when it may be asked
	}
	var waiting []turn
	for task := range ends {
		waiting = append(waiting, turn{task, 0})
	}
	now, each := time.Duration(0), time.Duration(float64(time.Second)/rate)
	for len(waiting) > 0 {
		next := waiting[0]
		waiting = waiting[1:]
		now = max(now, next.from)
		if late := now - ends[next.task]; late >= 0 {
			delays = append(delays, late)
		} else {
			waiting = append(waiting, turn{next.task, now + interval})
		}
		now += each
		requests++
	}
	return delays, requests
}

// summary returns the mean, the 95th percentile and the longest of some delays.
func summary(delays []time.Duration) (mean, p95, longest time.Duration) {
	slices.Sort(delays)
	for _, d := range delays {
		mean += d / time.Duration(len(delays))
	}
	return mean, delays[len(delays)*95/100], delays[len(delays)-1]
}

// kinds are the endpoints of the test, and how their tasks share the workers: by how
// long they run.
var kinds = []struct {
	endpoint string
	median   float64 // seconds that a task runs
	share    float64
}{{"nano_banana", 30, 1. / 7}, {"wan26_i2v", 60, 2. / 7}, {"veo31_t2v", 120, 4. / 7}}

// batch draws how long so many tasks run, of each kind in turn, and when they end
// where each kind has its share of so many workers.
func batch(tasks, workers int, seed uint64) (runs, ends []time.Duration, endpoints []simulator.Endpoint) {
	random := rand.New(rand.NewPCG(seed, 7))
	runs, ends = make([]time.Duration, tasks), make([]time.Duration, tasks)
	for i := range runs {
		runs[i] = time.Duration(kinds[i%len(kinds)].median * math.Exp(0.4*random.NormFloat64()) * float64(time.Second))
	}
	for kind, k := range kinds {
		own := int(math.Round(float64(workers) * k.share))
		if workers >= tasks {
			own = tasks
		}
		endpoints = append(endpoints, simulator.Endpoint{Name: k.endpoint, Workers: own})
		var ran []time.Duration
		for i := kind; i < tasks; i += len(kinds) {
			ran = append(ran, runs[i])
		}
		for n, end := range endings(ran, own) {
			ends[kind+n*len(kinds)] = end
		}
	}
	return runs, ends, endpoints
}

// Over HTTP, ends are seen many times sooner than in turn, with no more requests: where
// tasks start in order and where all start at once. Of 200 tasks several batches count
// together, as by chance one differs much from another: half of them where tests are not
// to take their full size.
func TestEndsAreSeenSoonerThanInTurn(t *testing.T) {
	for _, c := range []struct {
		name           string
		tasks, workers int
		rate           float64
		batches        uint64
		long           bool    // only where tests take their full size
		most           float64 // of the round-robin's delay
	}{
		{"200 in order, 20/s", 200, 20, 20, 4, false, 0.35},
		{"2000 in order, 20/s", 2000, 100, 20, 1, true, 0.15},
		{"200 at once, 20/s", 200, 200, 20, 12, false, 0.93},
		{"2000 at once, 20/s", 2000, 2000, 20, 1, true, 0.9},
		{"200 in order, 10/s", 200, 20, 10, 2, true, 0.35},
		{"2000 in order, 10/s", 2000, 100, 10, 1, true, 0.15},
		{"200 at once, 10/s", 200, 200, 10, 6, true, 0.95},
		{"2000 at once, 10/s", 2000, 2000, 10, 1, false, 0.95},
	} {
		switch {
		case isLong():
		case c.long:
			continue
		default:
			c.batches = (c.batches + 1) / 2
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var own, inTurn []time.Duration
			for seed := range c.batches {
				delays, turn := watchBatch(t, c.tasks, c.workers, c.rate, seed)
				own, inTurn = append(own, delays...), append(inTurn, turn...)
			}
			mean, p95, longest := summary(own)
			turnMean, turnP95, turnLongest := summary(inTurn)
			share := float64(mean) / float64(turnMean)
			t.Logf("ends were seen %.2f s late, p95 %.1f s, longest %.1f s; %.2f of a round-robin's %.2f s, p95 %.1f s, longest %.1f s",
				mean.Seconds(), p95.Seconds(), longest.Seconds(), share, turnMean.Seconds(), turnP95.Seconds(), turnLongest.Seconds())
			if share > c.most {
				t.Errorf("ends were seen %s late, %.2f of the %s of a round-robin; want at most %.2f of it", mean, share, turnMean, c.most)
			}
		})
	}
}

// watchBatch has a batch watched at so many requests/s, and returns how late the ends were
// seen, and how late a round-robin with as many requests sees them.
func watchBatch(t *testing.T, tasks, workers int, rate float64, seed uint64) (own, turn []time.Duration) {
	runs, ends, endpoints := batch(tasks, workers, seed)
	withBench(t, faulty.Config{Endpoints: endpoints}, poller.Options{Rate: rate, Interval: time.Second}, func(b *bench) {
		began := time.Now()
		for i, run := range runs {
			endpoint := kinds[i%len(kinds)].endpoint
			id := b.server.Submit(endpoint, simulator.Plan{Run: run})
			b.poller.Track([]queue.Request{{ID: id, Endpoint: endpoint, Base: b.base}})
		}
		took := b.until("ended", b.ended(tasks))
		for i, end := range ends {
			late := b.tasks[int32(i)].Ended.Time().Sub(began.Add(end))
			if late < -time.Second {
				t.Fatalf("task %d ended %s before it did", i, -late)
			}
			own = append(own, late)
		}
		if most := uint64(rate*took.Seconds()) + 2; b.stats.Polls > most {
			t.Errorf("%d polls in %s, want %d at most", b.stats.Polls, took, most)
		}
		// The round-robin may make as many requests, and no more than the budget.
		late, requests := roundRobin(ends, rate, time.Second)
		if share := float64(b.stats.Polls) / float64(requests); share < 0.98 {
			late, _ = roundRobin(ends, rate*share, time.Second)
		}
		turn = late
	})
	return own, turn
}

// Over HTTP, no limit and half a second's interval: beside a client that asks for each task
// half a second after the last answer. Wanted are its delay, no end seen more than a second
// late, and far fewer requests. More are made where few tasks wait: until the first ends come,
// 4 s after the start, all that run are asked in each second, as one of those ends could be
// seen later than that. The tasks of 4 batches count together, because one batch differs by
// chance from run to run. In 20 runs the mean delay exceeded the client's by 10 to 21, 28 to
// 46, 53 to 71 and 16 to 45 ms, the longest delay was 0.90 s, and the requests were 0.59 to
// 0.60, 0.70 to 0.71, 0.75 to 0.76 and 0.79 to 0.81 of the client's.
func TestAmpleBudgetIsNotWasted(t *testing.T) {
	for _, c := range []struct {
		name           string
		tasks, workers int
		median, sigma  float64
		slack          time.Duration // more than the mean delay of the client
		most           float64       // of its requests
	}{
		{"10 s, behind 100 workers", 200, 100, 10, 0.32, 45 * time.Millisecond, 0.65},
		{"10 s, behind 150", 200, 150, 10, 0.32, 75 * time.Millisecond, 0.76},
		{"10 s, at once", 200, 200, 10, 0.32, 100 * time.Millisecond, 0.81},
		{"60 s, at once", 100, 100, 60, 0.4, 80 * time.Millisecond, 0.86},
	} {
		t.Run(c.name, func(t *testing.T) {
			var own, client []time.Duration
			polls, clientPolls := 0.0, 0.0
			for seed := range uint64(4) {
				delays, ends, made := watchAmple(t, c.tasks, c.workers, c.median, c.sigma, seed)
				own, polls = append(own, delays...), polls+made
				for _, end := range ends {
					n := 1 + end/(time.Second/2)
					client, clientPolls = append(client, n*time.Second/2-end), clientPolls+float64(n+1)
				}
			}
			mean, p95, longest := summary(own)
			clientMean, _, _ := summary(client)
			share, n := polls/clientPolls, float64(len(own))
			t.Logf("%.3f s late, p95 %.2f s, longest %.2f s, with %.1f requests a task; the client %.3f s with %.1f: %.2f of them",
				mean.Seconds(), p95.Seconds(), longest.Seconds(), polls/n, clientMean.Seconds(), clientPolls/n, share)
			if mean > clientMean+c.slack || longest > time.Second || share > c.most {
				t.Errorf("want at most %s late, 1 s, %.2f of the requests", clientMean+c.slack, c.most)
			}
		})
	}
}

// watchAmple has tasks of an endpoint watched without a limit, and returns how late the
// ends were seen, when they came, and how many polls were made.
func watchAmple(t *testing.T, tasks, workers int, median, sigma float64, seed uint64) (own, ends []time.Duration, polls float64) {
	random := rand.New(rand.NewPCG(seed, 7))
	runs := make([]time.Duration, tasks)
	for i := range runs {
		runs[i] = time.Duration(median * math.Exp(sigma*random.NormFloat64()) * float64(time.Second))
	}
	ends = endings(runs, workers)
	endpoints := []simulator.Endpoint{{Name: "nano_banana", Workers: workers}}
	withBench(t, faulty.Config{Endpoints: endpoints}, poller.Options{Rate: 100_000, Interval: time.Second / 2}, func(b *bench) {
		began := time.Now()
		for _, run := range runs {
			id := b.server.Submit("nano_banana", simulator.Plan{Run: run})
			b.poller.Track([]queue.Request{{ID: id, Endpoint: "nano_banana", Base: b.base}})
		}
		b.until("ended", b.ended(len(runs)))
		for i, end := range ends {
			own = append(own, b.tasks[int32(i)].Ended.Time().Sub(began.Add(end)))
		}
		polls = float64(b.stats.Polls)
	})
	return own, ends, polls
}
