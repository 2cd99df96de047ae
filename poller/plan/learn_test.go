package plan

import (
	"math"
	"testing"
	"time"
)

// learned returns the run times of an endpoint after so many draws of a kind.
func learned(k kind, n int) *runTimes {
	random, r := newRandom(5), &newEndpoint("").runs
	for range n {
		run := k.run(random, 0)
		r.addAlive(0, run)
		r.addEnd(run, r.tabulatedAt+wakeEvery)
	}
	return r
}

func TestRunTimesAreLearned(t *testing.T) {
	for _, k := range []kind{{median: 30, sigma: 0.2}, {median: 3, sigma: 0.8}, {median: 2000, sigma: 0.4}} {
		r := learned(k, 200)
		for _, z := range []float64{-1, 0, 1} {
			got, _, _ := r.at(k.median * math.Exp(k.sigma*z))
			want := 0.5 * math.Erfc(z/math.Sqrt2)
			if math.Abs(got-want) > 0.12 {
				t.Errorf("median %v sigma %v: %.2f run longer than at %v sigma, want %.2f", k.median, k.sigma, got, z, want)
			}
		}
	}
}

// A handful of ends tells how long about all run: what is between and beyond them is
// filled in by the distribution that they are most like.
func TestFewEndsTellOfAll(t *testing.T) {
	k := kind{median: 60, sigma: 0.3}
	r := learned(k, 8)
	for _, z := range []float64{-2, 2} {
		got, _, _ := r.at(k.median * math.Exp(k.sigma*z))
		want := 0.5 * math.Erfc(z/math.Sqrt2)
		if math.Abs(got-want) > 0.12 {
			t.Errorf("after 8 ends %.2f run longer than at %v sigma, want about %.2f", got, z, want)
		}
	}
}

func TestTwoLengthsAreKeptApart(t *testing.T) {
	r := learned(kind{median: 8, sigma: 0.2, second: 100, share: 0.5}, 200)
	short, _, _ := r.at(20)
	long, _, _ := r.at(50)
	if short-long > 0.1 || math.Abs(short-0.5) > 0.15 {
		t.Errorf("%.2f run longer than 20 s and %.2f than 50 s, want half both times", short, long)
	}
}

// Those that still run say that tasks run long, though none of them has ended.
func TestTasksThatStillRunCount(t *testing.T) {
	r := &newEndpoint("").runs
	for range 90 {
		r.addAlive(0, 100)
	}
	for range 10 {
		r.addAlive(0, 50)
		r.addEnd(50, r.tabulatedAt+wakeEvery)
	}
	if share, _, _ := r.at(100); share < 0.75 {
		t.Errorf("%.2f run longer than 100 s, want about 0.9", share)
	}
}

func TestDriftIsFollowed(t *testing.T) {
	r := learned(kind{median: 20, sigma: 0.2}, 300)
	random := newRandom(6)
	for range 900 {
		run := kind{median: 80, sigma: 0.2}.run(random, 0)
		r.addAlive(0, run)
		r.addEnd(run, r.tabulatedAt+wakeEvery)
	}
	if share, _, _ := r.at(40); share < 0.85 {
		t.Errorf("%.2f run longer than 40 s after a drift to 80, want nearly all", share)
	}
}

func TestRestIsTheIntegralOfTheShare(t *testing.T) {
	r := learned(kind{median: 30, sigma: 0.4}, 100)
	for _, at := range []float64{-5, 0, 0.1, 10, 29.5, 60, 500} {
		const step = 1e-4
		_, a, _ := r.at(at)
		_, b, _ := r.at(at + step)
		share, _, _ := r.at(at + step/2)
		if got := (a - b) / step; math.Abs(got-share) > 1e-3 {
			t.Errorf("at %v the integral falls by %v a second, the share is %v", at, got, share)
		}
	}
}

// trusted plays a batch of which tasks start in order or not, and reports whether the
// endpoint was taken to start them in order while many waited.
func trusted(s start) (ordered bool) {
	sc := scenario{tasks: 300, workers: 20, start: s, kinds: one(kind{median: 30, sigma: 0.3}), rate: 10, interval: time.Second}
	p := New(time.Second)
	m := &simulation{scenario: sc, jobs: sc.jobs(1), policy: ours{p}}
	m.watch = func(now float64) {
		if m.live > 100 {
			ordered = p.endpoints[0].ordered()
		}
	}
	m.run()
	return ordered
}

func TestOrderIsTrustedOnlyWhereItHolds(t *testing.T) {
	if !trusted(inOrder) {
		t.Error("an order that holds is not trusted")
	}
	if trusted(atRandom) {
		t.Error("an order that does not hold is trusted")
	}
}

func TestClassesHoldTheirTimes(t *testing.T) {
	random := newRandom(3)
	for range 100_000 {
		at := math.Exp(random.Float64()*18 - 3)
		if i := classOf(at); i < classes-1 && at >= edges[i+1] || i > 0 && at < edges[i] {
			t.Fatalf("%v is in class %d, from %v to %v", at, i, edges[i], edges[i+1])
		}
	}
	for i, edge := range edges[:classes] {
		if got := classOf(edge); got != i && i > 0 {
			t.Errorf("class %d begins with a time of class %d", i, got)
		}
	}
}
