package poller_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// seen returns how many tasks were seen queued or running, or have ended.
func (b *bench) seen() int {
	n := 0
	for _, t := range b.tasks {
		if t.State != poller.New {
			n++
		}
	}
	return n
}

// A 429 that comes for one in fourteen tasks, whatever the rate, is those tasks' own.
func TestRefusalsThatTheRateDoesNotExplainHoldNobodyBack(t *testing.T) {
	for _, rate := range []float64{2, 10, 100} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			withBench(t, faulty.Config{Latency: 20 * time.Millisecond}, poller.Options{Rate: rate, Interval: time.Second}, func(b *bench) {
				b.poller.Track(b.requestsTo("wan26_i2v", 200, func(i int) simulator.Plan {
					plan := simulator.Plan{Run: time.Hour}
					if i%14 == 0 {
						plan.Faults = []simulator.Fault{{Kind: simulator.RateLimit429, UntilPoll: 2}}
					}
					return plan
				}))
				took := b.until("seen", func() bool { return b.seen() == 200 })
				t.Logf("all were seen after %s", took)
				if most := 2*time.Duration(200/rate*float64(time.Second)) + 20*time.Second; took > most {
					t.Errorf("all 200 were seen after %s, want %s at most", took, most)
				}
			})
		})
	}
}

// A 429 without Retry-After to some tasks of one endpoint, while another is answered, makes
// no pause of the host, whichever of its tasks they are and from the first request on.
func TestRefusedTasksOfOneEndpointPauseNobody(t *testing.T) {
	const tasks, all = 6, 1<<6 - 1
	rates, step := []float64{5}, 5
	if isLong() {
		rates, step = []float64{2, 3, 5, 7, 10, 20}, 1
	}
	for _, rate := range rates {
		for _, until := range []int{2, 3, 0} { // the first poll, two, or all
			for sick := 1; sick < all; sick += step {
				options := poller.Options{Rate: rate, Interval: time.Second}
				withBench(t, faulty.Config{Latency: 20 * time.Millisecond}, options, func(b *bench) {
					fault := simulator.Fault{Kind: simulator.RateLimit429, FromPoll: 1, UntilPoll: until}
					for i := range tasks {
						plan := simulator.Plan{Run: time.Hour}
						if sick>>i&1 == 1 {
							plan.Faults = []simulator.Fault{fault}
						}
						b.poller.Track(b.requestsTo("wan26_i2v", 1, always(plan)))
						b.poller.Track(b.requestsTo("nano_banana_2", 1, always(simulator.Plan{Run: time.Hour})))
					}
					ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
					defer cancel()
					for b.next(ctx) {
						if len(b.hosts) > 0 && b.hosts[0].HoldUntil != 0 {
							b.t.Fatalf("at %g/s the host pauses after %s, as of six tasks %06b are refused until poll %d", rate, time.Since(b.start), sick, until)
						}
					}
				})
			}
		}
	}
}

// Tasks that are always refused do not keep those from being asked that are not, though
// they are four of five and each refusal pauses the host.
func TestTasksThatAreAlwaysRefusedTakeTurns(t *testing.T) {
	withBench(t, faulty.Config{Latency: 20 * time.Millisecond}, plain, func(b *bench) {
		refused := simulator.Plan{Run: time.Hour, Faults: []simulator.Fault{{Kind: simulator.RateLimit429}}}
		b.poller.Track(b.submit(20, refused))
		b.poller.Track(b.submit(5, simulator.Plan{Run: time.Minute}))
		if took := b.until("the others ended", b.ended(5)); took > 10*time.Minute {
			t.Errorf("the others' ends after a minute are seen after %s", took)
		}
	})
}

// However many 429s come, the rate does not fall below 1/s, and a minute after the last
// it is what was borne before.
func TestRateIsBackAMinuteAfterTheLast429(t *testing.T) {
	fault := simulator.Fault{Kind: simulator.RateLimit429, From: time.Minute, Until: 90 * time.Second}
	withBench(t, faulty.Config{Faults: []simulator.Fault{fault}, Latency: 20 * time.Millisecond}, plain, func(b *bench) {
		for _, endpoint := range []string{"wan26_i2v", "nano_banana_2"} {
			b.poller.Track(b.requestsTo(endpoint, 25, always(simulator.Plan{Run: time.Hour})))
		}
		least := plain.Rate
		for time.Since(b.start) < 150*time.Second {
			b.pass(time.Second)
			least = min(least, b.hosts[0].Rate)
		}
		if least < 1 || least > plain.Rate/2 {
			t.Errorf("the rate fell to %.2f/s, want to 1/s at least and to half at most", least)
		}
		if rate := b.hosts[0].Rate; rate < 0.98*plain.Rate {
			t.Errorf("a minute after the last 429 the rate is %.2f/s, want %.0f/s again", rate, plain.Rate)
		}
	})
}

// A Retry-After of an hour or more holds for five minutes, unless it is repeated.
func TestLongRetryAfterHoldsFiveMinutes(t *testing.T) {
	for name, kind := range map[string]*simulator.FaultKind{"429": simulator.RateLimit429, "503": faulty.Unavailable503} {
		for _, asked := range []time.Duration{time.Hour, 100 * 365 * 24 * time.Hour} {
			t.Run(fmt.Sprintf("%s, %s", name, asked), func(t *testing.T) {
				// Some requests are under way when the first one is answered.
				withBench(t, faulty.Config{Latency: 500 * time.Millisecond}, plain, func(b *bench) {
					b.poller.Track(b.submit(20, simulator.Plan{Run: time.Hour}))
					b.pass(10 * time.Second)
					b.server.SetFaults(simulator.Fault{Kind: kind, RetryAfter: asked})
					b.until("held", func() bool { return b.hosts[0].HoldUntil != 0 || len(b.hosts[0].Troubles) > 0 })
					b.pass(time.Second)
					held := b.server.Stats().Requests
					b.pass(290 * time.Second)
					if n := b.server.Stats().Requests - held; n != 0 {
						t.Errorf("%d requests in the first five minutes, want none", n)
					}
					b.pass(20 * time.Second)
					again := b.server.Stats().Requests - held
					if again == 0 {
						t.Error("no request after five minutes")
					}
					b.pass(30 * time.Minute)
					if n := b.server.Stats().Requests - held - again; n > 1 {
						t.Errorf("%d requests in half an hour after it was repeated", n)
					}
				})
			})
		}
	}
}

// Where the service knows none of the tasks any more that it knew, no task is given up:
// a gateway may answer for it.
func TestNotFoundForEverythingEndsNoTask(t *testing.T) {
	kinds := shapeKinds()
	for _, kind := range []shapeKind{kinds[4], kinds[5]} {
		t.Run(kind.name, func(t *testing.T) {
			withBench(t, faulty.Config{}, plain, func(b *bench) {
				fault := kind.fault
				fault.From, fault.Until = 10*time.Second, 105*time.Second
				b.poller.Track(b.submit(30, simulator.Plan{Run: 90 * time.Second, Faults: []simulator.Fault{fault}}))
				b.pass(60 * time.Second)
				if b.hosts[0].Outage == nil {
					t.Error("no outage is told")
				}
				took := b.until("ended", b.ended(30))
				for _, task := range b.tasks {
					if task.State != poller.Succeeded {
						t.Fatalf("a task is %s", task.State)
					}
				}
				if took > 125*time.Second {
					t.Errorf("all ends were seen after %s, want soon after 105 s", took)
				}
			})
		})
	}
}

// A wrong base path, under which the service knows nothing, is told as an outage.
func TestWrongBasePathIsToldAsAnOutage(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		requests := b.submit(10, simulator.Plan{Run: time.Minute})
		for i := range requests {
			requests[i].ID = fmt.Sprintf("mmsu_wrong%02d", i)
		}
		b.poller.Track(requests)
		b.pass(30 * time.Second)
		if out := b.hosts[0].Outage; out == nil || out.Kind != queue.Missing {
			t.Errorf("the outage told is %v, want that nothing is known", out)
		}
		// Some day that is to be believed.
		if took := b.until("given up", b.ended(10)); took > 15*time.Minute {
			t.Errorf("they were given up after %s", took)
		}
	})
}

// Comfy's rate_limited is for all calls of the caller: nothing of the host is asked until
// its Retry-After is over. What limits the creating of requests holds no poll of another
// task.
func TestRefusalsInComfysWords(t *testing.T) {
	for code, holds := range map[string]bool{"rate_limited": true, "concurrency_limit_exceeded": false, "queue_backlog_full": false} {
		t.Run(code, func(t *testing.T) {
			withBench(t, faulty.Config{}, plain, func(b *bench) {
				answer := faulty.CustomAnswer(429, http.Header{"Retry-After": {"20"}, "Content-Type": {"application/json"}},
					`{"detail":"wait","error_type":"`+code+`"}`)
				fault := simulator.Fault{Kind: answer, FromPoll: 3, UntilPoll: 4}
				requests := b.submit(5, simulator.Plan{Run: time.Hour, Faults: []simulator.Fault{fault}})
				b.poller.Track(append(requests, b.submit(5, simulator.Plan{Run: time.Hour})...))
				held := false
				for time.Since(b.start) < 15*time.Second {
					b.pass(500 * time.Millisecond)
					held = held || b.hosts[0].HoldUntil != 0 || len(b.hosts[0].Troubles) > 0
				}
				if held != holds {
					t.Errorf("held: %v, want %v", held, holds)
				}
			})
		})
	}
}
