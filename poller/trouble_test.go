package poller_test

import (
	"strings"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// Each kind of passing trouble leaves the last known state as it is, and the
// task still ends rightly.
func TestPassingTroubleLosesNothing(t *testing.T) {
	for _, kind := range faulty.Kinds() {
		switch kind {
		case faulty.Unauthorized401, faulty.Forbidden403:
			continue // these stop the polling: see below
		}
		t.Run(kind.String(), func(t *testing.T) {
			withBench(t, faulty.Config{}, plain, func(b *bench) {
				r := b.submit(1, simulator.Plan{
					Queue: 2 * time.Second, Run: 30 * time.Second,
					Faults: []simulator.Fault{{Kind: kind, FromPoll: 4, UntilPoll: 7, URL: "http://other.test/"}},
				})
				b.poller.Track(r)
				b.until("three polls", func() bool { return len(b.tasks) > 0 && b.tasks[0].Polls == 3 })
				before := b.tasks[0].State
				b.until("four polls", func() bool { return b.tasks[0].Polls >= 4 })
				during := b.tasks[0]
				harmless := kind == faulty.WrongType || kind == faulty.DripBody || kind == faulty.NoContent204
				if kind == faulty.UnknownStatus {
					// It is an answer, whose word is shown and flagged.
					if harmless = true; !during.Unrecognized || during.StatusWord == "" {
						t.Errorf("the word is not flagged: %+v", during)
					}
				}
				if during.Trouble == nil && !harmless && kind != faulty.Backwards && kind != faulty.WrongFieldTypes {
					t.Errorf("no trouble is told")
				}
				if during.Trouble != nil && during.State != before {
					t.Errorf("the state became %s by a poll that brought no answer", during.State)
				}
				if at := b.until("ended", b.ended(1)); at > 3*time.Minute {
					t.Errorf("the end of 32 s was seen after %s", at)
				}
				if task := b.tasks[0]; task.State != poller.Succeeded || task.Trouble != nil || task.Failures != 0 {
					t.Errorf("task = %+v, want succeeded and no trouble left", task)
				}
			})
		})
	}
}

func TestRetryAfterSilencesTheHostOrItsOnlyEndpoint(t *testing.T) {
	for name, fault := range map[string]simulator.Fault{
		"seconds": {Kind: simulator.RateLimit429, RetryAfter: 20 * time.Second},
		"date":    {Kind: simulator.RateLimit429, RetryAfter: 20 * time.Second, AsDate: true},
		"503":     {Kind: faulty.Unavailable503, RetryAfter: 20 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			withBench(t, faulty.Config{}, poller.Options{Rate: 50, Interval: time.Second}, func(b *bench) {
				b.poller.Track(b.submit(100, simulator.Plan{Run: 2 * time.Minute}))
				b.pass(5 * time.Second)
				b.server.SetFaults(fault)
				b.until("held", func() bool { return b.hosts[0].HoldUntil != 0 || len(b.hosts[0].Troubles) > 0 })
				b.server.SetFaults()
				before := b.server.Stats()
				b.pass(18 * time.Second)
				if s := b.server.Stats(); s.Requests != before.Requests || s.Early != before.Early {
					t.Errorf("%d requests inside Retry-After, want none", s.Requests-before.Requests)
				}
				b.pass(5 * time.Second)
				if s := b.server.Stats(); s.Requests == before.Requests {
					t.Error("no request after Retry-After was over")
				}
				b.until("ended", b.ended(100))
			})
		})
	}
}

func TestRateLimitWithoutRetryAfterBacksOffFurtherEachTime(t *testing.T) {
	withBench(t, faulty.Config{Faults: []simulator.Fault{{Kind: simulator.RateLimit429, Until: 2 * time.Minute}}}, plain, func(b *bench) {
		b.poller.Track(b.submit(10, simulator.Plan{Run: 3 * time.Minute}))
		b.pass(2 * time.Minute)
		if n := b.server.Stats().Requests; n > 24 {
			t.Errorf("%d requests in two minutes of nothing but 429, want a few", n)
		}
		b.until("ended", b.ended(10))
	})
}

func TestRateComesDownOnALimitAndThenUpAgain(t *testing.T) {
	withBench(t, faulty.Config{RateLimit: 20}, poller.Options{Rate: 100, Interval: 0, Concurrency: 16}, func(b *bench) {
		b.poller.Track(b.submit(50, simulator.Plan{Run: time.Hour}))
		b.pass(30 * time.Second)
		if rate := b.hosts[0].Rate; rate >= 50 {
			t.Errorf("after 30 s at a host that allows 20/s the rate is %.1f/s", rate)
		}
		if b.stats.RateLimited == 0 || b.server.Stats().Early > 16 {
			t.Errorf("%d answers 429 seen, %d requests inside Retry-After", b.stats.RateLimited, b.server.Stats().Early)
		}
	})
}

func TestUnauthorizedStopsTheHostUntilTheUserTriesAgain(t *testing.T) {
	withBench(t, faulty.Config{Faults: []simulator.Fault{{Kind: faulty.Unauthorized401}}}, plain, func(b *bench) {
		b.poller.Track(b.submit(20, simulator.Plan{Run: time.Second}))
		b.until("stopped", func() bool { return len(b.hosts) > 0 && b.hosts[0].Stopped != nil })
		before := b.server.Stats().Requests
		if before > 16 {
			t.Errorf("%d requests before it stopped", before)
		}
		b.pass(10 * time.Minute)
		if n := b.server.Stats().Requests - before; n != 0 {
			t.Errorf("%d requests after the key was refused", n)
		}
		b.server.SetFaults()
		b.poller.PollNow(3)
		b.until("ended", b.ended(20))
	})
}

func TestForbiddenStopsOneEndpointOnly(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		plan := simulator.Plan{Run: 20 * time.Second}
		other := b.server.Submit("nano_banana_2", plan)
		plan.Faults = []simulator.Fault{{Kind: faulty.Forbidden403, UntilPoll: 2}}
		requests := append(b.submit(5, plan), queue.Request{ID: other, Endpoint: "nano_banana_2", Base: b.base})
		b.poller.Track(requests)
		b.until("the other endpoint's task ended", b.ended(1))
		asked := b.server.Stats().Polls
		b.pass(5 * time.Minute)
		if n := b.server.Stats().Polls - asked; n != 0 {
			t.Errorf("%d polls of the forbidden endpoint", n)
		}
		if f := b.hosts[0].Forbidden; len(f) != 1 || f[0].Endpoint != "wan26_i2v" || f[0].Fault.Message != "Model not allowed for this user" {
			t.Errorf("Forbidden = %+v", f)
		}
		b.poller.PollNow(0)
		// Each of the five may answer 403 once more: its first poll did.
		for i := range int32(5) {
			b.pass(5 * time.Second)
			b.poller.PollNow(i)
		}
		b.until("ended", b.ended(6))
	})
}

func TestNotFoundIsTriedForAboutAMinuteAndThenGivenUp(t *testing.T) {
	withBench(t, faulty.Config{Record: true}, plain, func(b *bench) {
		r := b.submit(1, simulator.Plan{Run: time.Hour, Faults: []simulator.Fault{{Kind: simulator.NotFound404}}})
		b.poller.Track(r)
		at := b.until("given up", b.ended(1))
		task := b.task(r[0].ID)
		if task.State != poller.NotFound || task.Error != "Request not found" {
			t.Errorf("task = %s %q, want not found with the service's reason", task.State, task.Error)
		}
		if polls := len(b.server.Polls(r[0].ID)); at < 50*time.Second || at > 80*time.Second || polls < 4 || polls > 8 {
			t.Errorf("given up after %s and %d polls, want a few tries over about a minute", at, polls)
		}
	})
}

func TestOutageIsProbedGentlyAndRecoveredFromAtOnce(t *testing.T) {
	withBench(t, faulty.Config{Faults: []simulator.Fault{{Kind: faulty.ResetBefore, From: 10 * time.Second, Until: 5 * time.Minute}}},
		poller.Options{Rate: 50, Interval: time.Second}, func(b *bench) {
			b.poller.Track(b.submit(200, simulator.Plan{Run: 20 * time.Second}))
			b.until("offline", func() bool { return len(b.hosts) > 0 && b.hosts[0].Outage != nil })
			before := b.server.Stats().Connections
			b.pass(5*time.Minute - time.Since(b.start))
			if n := b.server.Stats().Connections - before; n > 100 {
				t.Errorf("%d connections in some five minutes of outage, want a probe each few seconds", n)
			}
			back := time.Now()
			b.until("ended", b.ended(200))
			// 200 tasks at 50/s take 4 s, behind a probe that may be 10 s off.
			if took := time.Since(back); took > 20*time.Second {
				t.Errorf("all ends were seen %s after the outage", took)
			}
			if at := b.server.Stats(); at.AfterEnd != 0 {
				t.Errorf("%d polls of ended tasks", at.AfterEnd)
			}
		})
}

func TestKeySentBackByTheServiceIsBlottedOut(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		r := b.submit(1, simulator.Plan{Run: time.Second, Outcome: simulator.Outcome{Message: "bad key " + testKey + " in prompt"}})
		b.poller.Track(r)
		b.until("ended", b.ended(1))
		body, _ := b.poller.Body(0)
		if task := b.tasks[0]; task.Error != "bad key [redacted] in prompt" || strings.Contains(string(body), testKey) {
			t.Errorf("error %q, body %q", task.Error, body)
		}
	})
}

// Tasks that the service answers with nonsense or with its own failure back off;
// the others go on as if those were not there.
func TestSickTasksDoNotStarveTheHealthy(t *testing.T) {
	for _, kind := range []*simulator.FaultKind{faulty.NotJSON, faulty.Status500, faulty.UnknownStatus, faulty.RedirectOther} {
		t.Run(kind.String(), func(t *testing.T) {
			withBench(t, faulty.Config{Record: true}, plain, func(b *bench) {
				b.poller.Track(b.submit(27, simulator.Plan{Run: time.Hour, Faults: []simulator.Fault{{Kind: kind, URL: "http://other.test/"}}}))
				healthy := b.submit(3, simulator.Plan{Run: time.Hour})
				b.poller.Track(healthy)
				b.pass(time.Minute)
				if b.hosts[0].Outage != nil {
					t.Errorf("the host is taken for unreachable: %v", b.hosts[0].Outage)
				}
				for _, r := range healthy {
					if n := len(b.server.Polls(r.ID)); n < 20 {
						t.Errorf("a healthy task was asked %d times in a minute at 10/s over 30 tasks, of which 27 back off", n)
					}
				}
			})
		})
	}
}
