package plan

import (
	"math"
	"testing"
	"time"
)

// learned returns the run times of an endpoint after so many draws of a kind.
func learned(k kind, n int) *runs {
	random, r := newRandom(5), newRuns()
	for range n {
		run := k.run(random, 0)
		r.alive(0, run)
		r.end(run, run)
		r.renew(r.made + renewing)
	}
	return r
}

func TestRunTimesAreLearned(t *testing.T) {
	for _, k := range []kind{{median: 30, sigma: 0.2}, {median: 3, sigma: 0.8}, {median: 2000, sigma: 0.4}} {
		r := learned(k, 200)
		for _, z := range []float64{-1, 0, 1} {
			got, _ := r.past(k.median * math.Exp(k.sigma*z))
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
		got, _ := r.past(k.median * math.Exp(k.sigma*z))
		want := 0.5 * math.Erfc(z/math.Sqrt2)
		if math.Abs(got-want) > 0.12 {
			t.Errorf("after 8 ends %.2f run longer than at %v sigma, want about %.2f", got, z, want)
		}
	}
}

func TestTwoLengthsAreKeptApart(t *testing.T) {
	r := learned(kind{median: 8, sigma: 0.2, second: 100, share: 0.5}, 200)
	short, _ := r.past(20)
	long, _ := r.past(50)
	if short-long > 0.1 || math.Abs(short-0.5) > 0.15 {
		t.Errorf("%.2f run longer than 20 s and %.2f than 50 s, want half both times", short, long)
	}
}

// Those that still run say that tasks run long, though none of them has ended.
func TestTasksThatStillRunCount(t *testing.T) {
	r := newRuns()
	for range 90 {
		r.alive(0, 100)
	}
	for range 10 {
		r.alive(0, 50)
		r.end(50, 50)
		r.renew(r.made + renewing)
	}
	if share, _ := r.past(100); share < 0.75 {
		t.Errorf("%.2f run longer than 100 s, want about 0.9", share)
	}
}

func TestDriftIsFollowed(t *testing.T) {
	r := learned(kind{median: 20, sigma: 0.2}, 300)
	random := newRandom(6)
	for range 900 {
		run := kind{median: 80, sigma: 0.2}.run(random, 0)
		r.alive(0, run)
		r.end(run, run)
		r.renew(r.made + renewing)
	}
	if share, _ := r.past(40); share < 0.85 {
		t.Errorf("%.2f run longer than 40 s after a drift to 80, want nearly all", share)
	}
}

func TestRestIsTheIntegralOfTheShare(t *testing.T) {
	r := learned(kind{median: 30, sigma: 0.4}, 100)
	for _, at := range []float64{-5, 0, 0.1, 10, 29.5, 60, 500} {
		const step = 1e-4
		_, a := r.past(at)
		_, b := r.past(at + step)
		share, _ := r.past(at + step/2)
		if got := (a - b) / step; math.Abs(got-share) > 1e-3 {
			t.Errorf("at %v the integral falls by %v a second, the share is %v", at, got, share)
		}
	}
}

// told plays a batch of which tasks start in order or not, and returns how far the
// order is trusted.
func trusted(s start) float64 {
	sc := scenario{tasks: 300, workers: 20, start: s, kinds: one(kind{median: 30, sigma: 0.3}), rate: 10, interval: time.Second}
	p := New(Options{Interval: time.Second})
	m := &simulation{scenario: sc, jobs: sc.jobs(1), policy: ours{p}}
	trust := 0.0
	m.watch = func(now float64) {
		if m.live > 100 {
			trust = p.endpoints[0].belief()
		}
	}
	m.run()
	return trust
}

func TestOrderIsTrustedOnlyWhereItHolds(t *testing.T) {
	if got := trusted(inOrder); got < 0.95 {
		t.Errorf("an order that holds is trusted to %.2f", got)
	}
	if got := trusted(atRandom); got > 0.1 {
		t.Errorf("an order that does not hold is trusted to %.2f", got)
	}
}

// Ends are told out of their order. What starts at one is the next in turn then, not
// the next when it is told.
func TestStartsAreInTheOrderOfEnds(t *testing.T) {
	p := added(8)
	p.endpoints[0].trust = mostTrust
	at := func(s int) time.Duration { return time.Duration(s) * time.Second }
	tell := func(seq int32, s int, o Observation) {
		p.Take(seq, at(s))
		p.Observe(seq, o, at(s))
	}
	for seq := range int32(2) {
		tell(seq, 1, Observation{State: Running, Position: -1, Inference: -1})
	}
	tell(2, 1, Observation{State: Queued, Position: -1, Inference: -1})
	// The second ended at 20 s, before the first at 30 s, and is told after it.
	tell(0, 35, Observation{State: Ended, Inference: at(30)})
	tell(1, 40, Observation{State: Ended, Inference: at(20)})
	for seq, want := range map[int32]float64{2: 20, 3: 30} {
		id, _ := p.tasks.id(seq)
		r := p.tasks.get(id)
		if got := (r.lo + r.hi).seconds() / 2; math.Abs(got-want) > 1.5 {
			t.Errorf("%d is taken to have started at %.1f s, want %v", seq, got, want)
		}
	}
}

// Who waits longest must not be let wait until after those that were asked later.
func TestDeadlinesAreInTheOrderOfWaiting(t *testing.T) {
	p := added(400)
	last := time.Duration(0)
	for now := time.Duration(0); p.Live() > 1; now += 250 * time.Millisecond {
		p.note(0, now, 4)
		if last == 0 || now%(10*time.Second) == 0 {
			last = 0
			for seen := tick(0); seen <= ticks(now); seen += 100 {
				at := p.deadline(seen)
				if at < last {
					t.Fatalf("at %v: asked at %v and to be asked by %v, one before it by %v", now, seen.moment(), at, last)
				}
				last = at
			}
		}
		p.Remove(int32(p.Live() - 1))
	}
}

func TestConstantPositionSaysNothing(t *testing.T) {
	p := added(3)
	for seq := range int32(3) {
		p.Take(seq, 0)
		p.Observe(seq, Observation{State: Queued, Position: 0, Inference: -1}, 0)
	}
	if p.endpoints[0].counts {
		t.Error("a position that is always 0 was taken for real")
	}
	p.Take(0, time.Second)
	p.Observe(0, Observation{State: Queued, Position: 40, Inference: -1}, time.Second)
	id, _ := p.tasks.id(0)
	if !p.tasks.get(id).is(placed) {
		t.Error("a real position was ignored")
	}
}

func TestClassesHoldTheirTimes(t *testing.T) {
	random := newRandom(3)
	for range 100_000 {
		at := math.Exp(random.Float64()*18 - 3)
		if i := bin(at); i < bins-1 && at >= edges[i+1] || i > 0 && at < edges[i] {
			t.Fatalf("%v is in class %d, from %v to %v", at, i, edges[i], edges[i+1])
		}
	}
	for i, edge := range edges[:bins] {
		if got := bin(edge); got != i && i > 0 {
			t.Errorf("class %d begins with a time of class %d", i, got)
		}
	}
}
