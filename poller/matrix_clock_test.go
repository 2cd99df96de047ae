package poller_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// The wall clock is only for people: it may be set at any moment, and no duration
// that is told may then be nonsense.
func TestClockThatJumps(t *testing.T) {
	noon := time.Date(2025, 11, 25, 12, 0, 0, 0, time.UTC)
	at := func(offset time.Duration) poller.Stamp { return poller.StampOf(noon.Add(offset)) }
	const hour = time.Hour
	tests := []struct {
		name               string
		queued, started    poller.Stamp
		ended, now         poller.Stamp
		queueTime, runTime time.Duration
		waited, ran        bool
	}{
		{"as it should be", at(0), at(time.Minute), 0, at(3 * time.Minute), time.Minute, 2 * time.Minute, true, true},
		{"set back while it waits", at(0), 0, 0, at(-hour), 0, 0, true, false},
		{"set back before it runs", at(0), at(-hour), 0, at(time.Minute - hour), 0, time.Minute, true, true},
		{"set back while it runs", at(0), at(time.Minute), 0, at(-hour), time.Minute, 0, true, true},
		{"set back before it ends", at(0), at(time.Minute), at(-hour), at(-hour), time.Minute, 0, true, true},
		{"set on while it runs", at(0), at(time.Minute), 0, at(hour), time.Minute, hour - time.Minute, true, true},
		{"set back to before all time", at(0), at(time.Minute), 0, poller.StampOf(time.Unix(-1, 0)), time.Minute, 0, true, true},
		{"never seen waiting", 0, at(0), at(hour), at(-hour), 0, hour, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			task := poller.Task{Queued: test.queued, Started: test.started, Ended: test.ended}
			if got, ok := task.QueueTime(test.now); got != test.queueTime || ok != test.waited {
				t.Errorf("it waited %s, %v; want %s, %v", got, ok, test.queueTime, test.waited)
			}
			if got, ok := task.RunTime(test.now); got != test.runTime || ok != test.ran {
				t.Errorf("it ran %s, %v; want %s, %v", got, ok, test.runTime, test.ran)
			}
		})
	}
	for _, pair := range [][2]poller.Stamp{{at(0), at(hour)}, {0, at(0)}, {at(0), 0}, {0, 0}, {at(0), at(0)}} {
		if got := pair[0].Sub(pair[1]); got != 0 {
			t.Errorf("%d.Sub(%d) = %s, want 0", pair[0], pair[1], got)
		}
	}
}

// A step of the wall clock leaves run times as the monotonic clock has measured them.
func TestRunTimesSurviveAClockThatIsSet(t *testing.T) {
	for _, step := range []time.Duration{time.Hour, -time.Hour, 3 * time.Second, 40 * 365 * 24 * time.Hour} {
		t.Run(step.String(), func(t *testing.T) {
			var ahead atomic.Int64
			options := plain
			options.Wall = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
			withBench(t, faulty.Config{}, options, func(b *bench) {
				b.poller.Track(b.submit(1, simulator.Plan{Queue: 20 * time.Second, Run: 40 * time.Second}))
				b.until("running", func() bool { return len(b.tasks) > 0 && b.tasks[0].State == poller.Running })
				b.pass(10 * time.Second)
				ahead.Store(int64(step))
				b.pass(10 * time.Second)
				now := poller.StampOf(options.Wall())
				if ran, _ := b.tasks[0].RunTime(now); ran < 18*time.Second || ran > 22*time.Second {
					t.Errorf("20 s after it was seen running it has run %s", ran)
				}
				if seen := now.Sub(b.tasks[0].Seen); seen > 3*time.Second {
					t.Errorf("it was seen %s ago", seen)
				}
				b.until("ended", b.ended(1))
				task := b.tasks[0]
				ran, _ := task.RunTime(task.Ended)
				waited, _ := task.QueueTime(task.Ended)
				if ran < 38*time.Second || ran > 43*time.Second || waited < 18*time.Second || waited > 23*time.Second {
					t.Errorf("it waited %s and ran %s, want 20s and 40s", waited, ran)
				}
			})
		})
	}
}

// A date in Retry-After counts from the service's own clock, so that one of the
// two that goes wrong neither hurries the poller nor silences it.
func TestRetryAfterWithAClockThatIsWrong(t *testing.T) {
	served := time.Date(2025, 11, 25, 12, 0, 0, 0, time.UTC)
	header := http.Header{
		"Date":        {served.Format(http.TimeFormat)},
		"Retry-After": {served.Add(20 * time.Second).Format(http.TimeFormat)},
	}
	for _, wrong := range []time.Duration{0, time.Hour, -time.Hour, 50 * 365 * 24 * time.Hour} {
		if got := queue.RetryAfter(header, served.Add(wrong)); got != 20*time.Second {
			t.Errorf("with a clock that is wrong by %s the pause is %s, want 20s", wrong, got)
		}
	}
	// Without the service's clock only ours is left; what it makes is bounded.
	header.Del("Date")
	for wrong, want := range map[time.Duration]time.Duration{0: 20 * time.Second, time.Hour: 0, -24 * time.Hour: time.Hour} {
		if got := queue.RetryAfter(header, served.Add(wrong)); got != want {
			t.Errorf("without a Date and wrong by %s the pause is %s, want %s", wrong, got, want)
		}
	}
}
