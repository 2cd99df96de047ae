package poller_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// requestsTo submits n tasks of an endpoint and returns their requests.
func (b *bench) requestsTo(endpoint string, n int, plan func(i int) simulator.Plan) []queue.Request {
	requests := make([]queue.Request, n)
	for i := range requests {
		requests[i] = queue.Request{ID: b.server.Submit(endpoint, plan(i)), Endpoint: endpoint, Base: b.base}
	}
	return requests
}

// always returns a plan that is the same for each task.
func always(plan simulator.Plan) func(int) simulator.Plan {
	return func(int) simulator.Plan { return plan }
}

// fares is how healthy tasks fare: how many polls are made of them, and how late their
// ends are seen on average.
type fares struct {
	polls int
	delay time.Duration
}

// healthyBeside has thirty healthy tasks polled until they end, beside so many of another
// endpoint with a fault, which were added first. It does so twice.
func healthyBeside(t *testing.T, sick int, fault simulator.Fault) (f fares) {
	const tasks, rounds = 30, 2
	for round := range rounds {
		withBench(t, faulty.Config{Record: true, Latency: 50 * time.Millisecond}, plain, func(b *bench) {
			if sick > 0 {
				b.poller.Track(b.requestsTo("wan26_i2v", sick, always(simulator.Plan{Run: time.Hour, Faults: []simulator.Fault{fault}})))
			}
			run := func(i int) time.Duration {
				return time.Duration(12+3*i)*time.Second + time.Duration(round)*1700*time.Millisecond
			}
			healthy := b.requestsTo("nano_banana_2", tasks, func(i int) simulator.Plan { return simulator.Plan{Run: run(i)} })
			b.poller.Track(healthy)
			b.until("the healthy tasks ended", b.ended(tasks))
			for i, r := range healthy {
				f.polls += len(b.server.Polls(r.ID))
				f.delay += b.task(r.ID).Ended.Time().Sub(b.start.Add(run(i))) / tasks / rounds
			}
			if told := b.hosts[0]; sick > 0 && (len(told.Troubles) != 1 || told.Troubles[0].Endpoint != "wan26_i2v" || told.Outage != nil) {
				t.Errorf("told in trouble: %v, the host: %v; want the one endpoint", told.Troubles, told.Outage)
			}
		})
	}
	return f
}

// sickness are the ways in which an endpoint can be sick for good.
var sickness = map[string]simulator.Fault{
	"hangs":                {Kind: faulty.SlowHeaders},
	"resets":               {Kind: faulty.ResetBefore},
	"resets in the middle": {Kind: faulty.ResetMiddle},
	"500":                  {Kind: faulty.Status500},
	"503":                  {Kind: faulty.Unavailable503},
	"503 with Retry-After": {Kind: faulty.Unavailable503, RetryAfter: 5 * time.Second},
	"503 for 20 s":         {Kind: faulty.Unavailable503, RetryAfter: 20 * time.Second},
	"slow bytes":           {Kind: faulty.DripBody},
	"502 with HTML":        {Kind: simulator.Gateway502HTML},
	"200 with HTML":        {Kind: faulty.NotJSON},
	"redirects":            {Kind: faulty.RedirectOther, URL: "http://other.test/"},
	"429":                  {Kind: simulator.RateLimit429},
	"429 with Retry-After": {Kind: simulator.RateLimit429, RetryAfter: 5 * time.Second},
}

// twins are those that differ from others only in their words. They are left out of
// tests that are not long.
var twins = map[string]bool{"resets in the middle": true, "500": true, "502 with HTML": true, "slow bytes": true, "redirects": true}

// Whatever an endpoint suffers from, the tasks of another are polled nearly as they
// are alone.
func TestSickEndpointDoesNotStarveTheHealthy(t *testing.T) {
	alone := healthyBeside(t, 0, simulator.Fault{})
	t.Logf("alone: %d polls, ends seen %s late", alone.polls, alone.delay)
	for name, fault := range sickness {
		for _, sick := range []int{30, 200} {
			if !isLong() && (sick == 30 || twins[name]) {
				continue
			}
			t.Run(fmt.Sprintf("%d: %s", sick, name), func(t *testing.T) {
				t.Parallel()
				beside := healthyBeside(t, sick, fault)
				t.Logf("%d polls (%d %%), ends seen %s late (%d %%)", beside.polls, 100*beside.polls/alone.polls, beside.delay, 100*beside.delay/alone.delay)
				if 4*beside.polls < 3*alone.polls {
					t.Errorf("%d polls of the healthy tasks, want 75 %% of %d", beside.polls, alone.polls)
				}
				if beside.delay > 2*alone.delay {
					t.Errorf("their ends are seen %s late on average, want twice %s at most", beside.delay, alone.delay)
				}
			})
		}
	}
}

// Two tasks that fail from the start, and are retried before the others of their endpoint are polled for the first time, are
// no trouble of the endpoint.
func TestRetriesOfTwoTasksAreNoTroubleOfTheirEndpoint(t *testing.T) {
	for _, kind := range []*simulator.FaultKind{simulator.RateLimit429, faulty.Status500, faulty.ResetBefore, faulty.EmptyBody} {
		for _, interval := range []time.Duration{0, time.Second} {
			for seed := range uint64(8) {
				options := poller.Options{Rate: 5, Interval: interval, Random: rand.New(rand.NewPCG(seed, 2))}
				withBench(t, faulty.Config{}, options, func(b *bench) {
					failing := simulator.Plan{Run: time.Hour, Faults: []simulator.Fault{{Kind: kind}}}
					healthy := always(simulator.Plan{Run: time.Minute})
					for _, sick := range b.requestsTo("wan26_i2v", 2, always(failing)) {
						b.poller.Track(append(b.requestsTo("nano_banana_2", 4, healthy), sick))
					}
					b.poller.Track(b.requestsTo("wan26_i2v", 10, healthy))
					ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
					defer cancel()
					for b.next(ctx) {
						if h := b.hosts[0]; h.Outage != nil || len(h.Troubles) > 0 {
							t.Errorf("%s, interval %s, seed %d: after %s trouble of the host %v or of %v is reported, want none",
								kind, interval, seed, time.Since(b.start), h.Outage, h.Troubles)
							return
						}
					}
				})
			}
		}
	}
}
