package poller_test

import (
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

func TestCancelIsFollowedToWhatCameOfIt(t *testing.T) {
	withBench(t, faulty.Config{CancelLag: 3 * time.Second}, plain, func(b *bench) {
		r := b.submit(3, simulator.Plan{Run: 10 * time.Minute})
		b.poller.Track(r)
		b.until("running", func() bool { return len(b.tasks) == 3 && b.tasks[2].State == poller.Running })
		b.poller.Cancel(0, 1)
		b.until("canceling", func() bool { return b.tasks[0].Canceling && b.tasks[1].Canceling })
		b.until("canceled", func() bool { return b.tasks[0].State == poller.Canceled && b.tasks[1].State == poller.Canceled })
		if b.tasks[0].Canceling || b.tasks[2].State != poller.Running || b.tasks[2].Canceling {
			t.Errorf("tasks %+v, %+v", b.tasks[0], b.tasks[2])
		}
		for _, c := range b.cancels {
			if c.Outcome != queue.CancelAccepted || c.Fault != nil {
				t.Errorf("report %+v, want accepted", c)
			}
		}
		if len(b.cancels) != 2 {
			t.Errorf("%d reports, want 2", len(b.cancels))
		}
	})
}

func TestCancelThatComesTooLate(t *testing.T) {
	withBench(t, faulty.Config{}, poller.Options{Rate: 10, Interval: time.Minute}, func(b *bench) {
		b.poller.Track(b.submit(1, simulator.Plan{Run: 5 * time.Second}))
		b.pass(30 * time.Second) // it has ended, and no poll has told yet
		b.poller.Cancel(0)
		b.until("told", func() bool { return len(b.cancels) == 1 })
		b.until("ended", b.ended(1))
		if b.cancels[0].Outcome != queue.CancelTooLate || b.tasks[0].State != poller.Succeeded || b.tasks[0].Canceling {
			t.Errorf("report %+v, task %+v; want too late, and succeeded", b.cancels[0], b.tasks[0])
		}
	})
}

func TestCancelSurvivesPassingTrouble(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		b.poller.Track(b.submit(1, simulator.Plan{Run: time.Hour}))
		b.pass(5 * time.Second)
		b.server.SetFaults(simulator.Fault{Kind: simulator.Gateway502HTML})
		b.poller.Cancel(0)
		b.pass(4 * time.Second)
		b.server.SetFaults()
		b.until("canceled", func() bool { return b.tasks[0].State == poller.Canceled })
	})
}

func TestResultIsFetchedWhenAskedFor(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		b.poller.Track(b.submit(2, simulator.Plan{Run: time.Second}))
		b.until("ended", b.ended(2))
		if _, ok := b.poller.Result(0); ok {
			t.Error("a result was fetched that nobody asked for")
		}
		b.poller.Fetch(0)
		b.until("fetched", func() bool { return b.tasks[0].Fetched })
		f, ok := b.poller.Result(0)
		if !ok || f.Fault != nil || len(f.Result.Outputs) == 0 || f.Result.Outputs[0].URL == "" {
			t.Errorf("Result = %+v, %v; want outputs", f, ok)
		}
		before := b.server.Stats().Requests
		b.poller.Fetch(0)
		b.pass(time.Minute)
		if n := b.server.Stats().Requests - before; n != 0 {
			t.Errorf("%d requests for a result that was there", n)
		}
	})
}

func TestAllResultsAreFetchedWithinTheBudget(t *testing.T) {
	withBench(t, faulty.Config{}, poller.Options{Rate: 20, Interval: time.Second, FetchResults: true}, func(b *bench) {
		b.poller.Track(b.submit(60, simulator.Plan{Run: 10 * time.Second}))
		b.until("all fetched", func() bool {
			n := 0
			for _, t := range b.tasks {
				if t.Fetched {
					n++
				}
			}
			return n == 60
		})
		if s := b.server.Stats(); float64(s.Requests) > 20*time.Since(b.start).Seconds()+3 {
			t.Errorf("%d requests in %s at 20/s", s.Requests, time.Since(b.start))
		}
	})
}

func TestResultThatFailsSaysWhy(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		b.poller.Track(b.submit(1, simulator.Plan{Run: time.Second}))
		b.until("ended", b.ended(1))
		b.server.SetFaults(simulator.Fault{Kind: faulty.Status500})
		b.poller.Fetch(0)
		b.until("failed", func() bool { f, _ := b.poller.Result(0); return f.Fault != nil })
		if b.tasks[0].Fetched {
			t.Error("it counts as fetched")
		}
		b.server.SetFaults()
		b.poller.Fetch(0)
		b.until("fetched", func() bool { return b.tasks[0].Fetched })
	})
}

func TestUntrackAndRestore(t *testing.T) {
	withBench(t, faulty.Config{Record: true}, plain, func(b *bench) {
		r := b.submit(3, simulator.Plan{Run: time.Minute})
		b.poller.Track(r)
		b.pass(5 * time.Second)
		gone := b.poller.Untrack(0, 1, 1, 77)
		if len(gone) != 2 || gone[0].State != poller.Running {
			t.Fatalf("Untrack = %+v", gone)
		}
		b.pass(time.Second)
		polls := len(b.server.Polls(r[0].ID))
		b.pass(20 * time.Second)
		if n := len(b.server.Polls(r[0].ID)); n != polls || b.hosts[0].Live != 1 {
			t.Errorf("%d polls of an untracked task, %d live; want none and 1", n-polls, b.hosts[0].Live)
		}
		// One of them is pasted again: it is new, and the old one stays away.
		if got := b.poller.Track(r[1:2]); got.Added != 1 {
			t.Errorf("Track = %+v", got)
		}
		if back := b.poller.Restore(gone); len(back) != 1 || back[0].Seq != 0 || back[0].Queued != gone[0].Queued {
			t.Errorf("Restore = %+v", back)
		}
		b.until("ended", func() bool {
			return b.tasks[0].State == poller.Succeeded && b.tasks[2].State == poller.Succeeded && b.tasks[3] != nil && b.tasks[3].State == poller.Succeeded
		})
	})
}
