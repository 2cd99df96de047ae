package poller_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// mix is how sick tasks stand among the healthy ones of their endpoint, the host's only
// one.
type mix struct {
	sick  int
	order string // of the sick ones: first, last or mixed
	from  time.Duration
	fault simulator.Fault
	seed  uint64 // of the waits
}

// Tasks of the healthy, and when the first of them ends.
const (
	mixHealthy = 30
	mixFirst   = 62 * time.Second
	mixApart   = 2300 * time.Millisecond
)

// run has the tasks polled until the healthy ones have ended, and returns how those fare
// after the first minute.
func (m mix) run(t *testing.T) (f fares) {
	options := plain
	options.Random = rand.New(rand.NewPCG(m.seed, 0))
	withBench(t, faulty.Config{Record: true, Latency: 50 * time.Millisecond}, options, func(b *bench) {
		m.fault.From = m.from
		sick := simulator.Plan{Run: 10 * time.Hour, Faults: []simulator.Fault{m.fault}}
		run := func(i int) time.Duration { return m.from + mixFirst + time.Duration(i)*mixApart }
		var requests, healthy []queue.Request
		sicks := m.sick
		for i := range mixHealthy {
			n := sicks / (mixHealthy - i)
			switch {
			case m.order == "first":
				n = sicks
			case m.order == "last":
				n = 0
			}
			requests = append(requests, b.submit(n, sick)...)
			sicks -= n
			healthy = append(healthy, b.submit(1, simulator.Plan{Run: run(i)})...)
			requests = append(requests, healthy[i])
		}
		requests = append(requests, b.submit(sicks, sick)...)
		b.poller.Track(requests)
		b.until("the healthy tasks ended", b.ended(mixHealthy))
		for i, r := range healthy {
			for _, at := range b.server.Polls(r.ID) {
				if at.Sub(b.start) > m.from+time.Minute {
					f.polls++
				}
			}
			f.delay += b.task(r.ID).Ended.Time().Sub(b.start.Add(run(i))) / mixHealthy
		}
		for _, task := range b.tasks {
			if task.State.Terminal() && task.State != poller.Succeeded {
				t.Fatalf("a task is %s", task.State)
			}
		}
	})
	return f
}

// Sick tasks do not keep the healthy ones of their own endpoint from being polled, though the
// endpoint is the host's only one and the sick are as many or seven times as many: their ends
// are seen at most twice as late, and they keep three fifths of their polls. They may keep
// fewer than beside another endpoint, because the planner spends what is left over on them
// when they are alone. Of all 96 cells the least kept 61 % of the polls, and the latest ends were
// seen 1.86 times as late; runs of one program give the same.
func TestSickTasksDoNotStarveTheHealthyOfTheirEndpoint(t *testing.T) {
	alone := mix{}.run(t)
	t.Logf("alone: %d polls, ends seen %s late", alone.polls, alone.delay)
	for k, name := range []string{"hangs", "resets", "503", "503 with Retry-After", "503 for 20 s", "200 with HTML", "slow bytes", "502 with HTML"} {
		for o, order := range []string{"first", "mixed", "last"} {
			for f, from := range []time.Duration{0, 40 * time.Second} {
				for n, sick := range []int{200, 30} {
					if !isLong() && (k+o+f+n)%3 != 0 {
						continue
					}
					t.Run(fmt.Sprintf("%d: %s, %s, from %s", sick, name, order, from), func(t *testing.T) {
						t.Parallel()
						mix{sick, order, from, sickness[name], 1}.compare(t, alone)
					})
				}
			}
		}
	}
}

// compare checks how the healthy fare beside the sick.
func (m mix) compare(t *testing.T, alone fares) {
	beside := m.run(t)
	t.Logf("%d polls (%d %%), ends seen %s late (%d %%)", beside.polls, 100*beside.polls/alone.polls, beside.delay, 100*beside.delay/alone.delay)
	if 5*beside.polls < 3*alone.polls {
		t.Errorf("%d polls of the healthy tasks, want 60 %% of %d", beside.polls, alone.polls)
	}
	if beside.delay > 2*alone.delay {
		t.Errorf("their ends are seen %s late on average, want twice %s at most", beside.delay, alone.delay)
	}
}
