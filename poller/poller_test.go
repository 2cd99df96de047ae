package poller_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

var plain = poller.Options{Rate: 10, Concurrency: 16, Interval: time.Second}

func TestTaskIsFollowedThroughItsStatesToSuccess(t *testing.T) {
	withBench(t, faulty.Config{Key: testKey}, plain, func(b *bench) {
		r := b.submit(1, simulator.Plan{Queue: 5 * time.Second, Run: 10 * time.Second, InferenceTime: 9500 * time.Millisecond})
		if got := b.poller.Track(r); got.Added != 1 || got.AlreadyTracked != 0 {
			t.Fatalf("Track = %+v, want 1 added", got)
		}
		b.until("ended", b.ended(1))
		task := b.task(r[0].ID)
		if task.State != poller.Succeeded || task.InferenceTime != 9.5 || task.Error != "" {
			t.Errorf("task = %+v, want succeeded with inference time 9.5", task)
		}
		queued, _ := task.QueueTime(0)
		run, _ := task.RunTime(0)
		if queued < 4*time.Second || queued > 6*time.Second || run < 9*time.Second || run > 11*time.Second {
			t.Errorf("queued %s, ran %s; want 5s and 10s, each within the interval of 1s", queued, run)
		}
		if body, ok := b.poller.Body(task.Seq); !ok || !strings.Contains(string(body), `"COMPLETED"`) {
			t.Errorf("Body = %q, %v; want the last answer", body, ok)
		}
	})
}

func TestCompletedWithErrorIsFailure(t *testing.T) {
	cases := []struct {
		outcome simulator.Outcome
		want    poller.State
	}{
		{simulator.Outcome{ErrorType: queue.ErrorInference, Message: "out of memory"}, poller.Failed},
		{simulator.Outcome{Message: "no type"}, poller.Failed},
		{simulator.Outcome{ErrorType: "SOMETHING_NEW"}, poller.Failed},
		{simulator.Outcome{ErrorType: queue.ErrorCanceled, Message: "canceled"}, poller.Canceled},
		{simulator.Outcome{}, poller.Succeeded},
	}
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		for _, c := range cases {
			id := b.submit(1, simulator.Plan{Run: time.Second, Outcome: c.outcome})
			b.poller.Track(id)
		}
		b.until("ended", b.ended(len(cases)))
		for i, c := range cases {
			task := b.tasks[int32(i)]
			if task.State != c.want || task.Error != c.outcome.Message || task.ErrorType != c.outcome.ErrorType {
				t.Errorf("outcome %+v: state %s, error %q, type %q; want %s", c.outcome, task.State, task.Error, task.ErrorType, c.want)
			}
		}
	})
}

func TestTerminalTasksAreNeverAskedAgain(t *testing.T) {
	withBench(t, faulty.Config{Record: true}, plain, func(b *bench) {
		r := b.submit(20, simulator.Plan{Run: 3 * time.Second})
		b.poller.Track(r)
		b.until("ended", b.ended(20))
		before := b.server.Stats().Polls
		b.poller.PollNow(0, 1, 2)
		b.pass(10 * time.Minute)
		if after := b.server.Stats(); after.Polls != before || after.AfterEnd != 0 {
			t.Errorf("%d polls after the end, %d of ended tasks; want none", after.Polls-before, after.AfterEnd)
		}
	})
}

func TestRateHoldsOverAllRequestsAndIsUsed(t *testing.T) {
	withBench(t, faulty.Config{}, poller.Options{Rate: 20, Interval: 0}, func(b *bench) {
		b.poller.Track(b.submit(200, simulator.Plan{Run: time.Hour}))
		b.pass(60 * time.Second)
		polls := b.server.Stats().Polls
		if polls < 1150 || polls > 1202 {
			t.Errorf("%d polls in a minute at 20/s; want 1200 and a bucket's depth at most, and at least 1150", polls)
		}
	})
}

func TestEveryLiveTaskIsAskedInItsTurn(t *testing.T) {
	const n = 100
	withBench(t, faulty.Config{Record: true}, poller.Options{Rate: 20, Interval: time.Second}, func(b *bench) {
		requests := b.submit(n, simulator.Plan{Run: time.Hour})
		b.poller.Track(requests)
		b.pass(2 * time.Minute)
		// A round over all takes n/rate = 5 s; nobody may wait much longer.
		for _, r := range requests {
			polls := b.server.Polls(r.ID)
			// While others wait for their first poll, a quarter of the budget
			// goes to those that are due again.
			if first := polls[0].Sub(b.start); first > 7*time.Second {
				t.Fatalf("%s was first asked after %s", r.ID, first)
			}
			for i := 1; i < len(polls); i++ {
				if gap := polls[i].Sub(polls[i-1]); gap > 7*time.Second || i > 2 && gap > 6500*time.Millisecond {
					t.Fatalf("%s was not asked for %s before poll %d", r.ID, gap, i)
				}
			}
		}
	})
}

func TestIntervalIsTheLeastBetweenTwoPollsOfATask(t *testing.T) {
	withBench(t, faulty.Config{Record: true}, poller.Options{Rate: 1000, Interval: 3 * time.Second}, func(b *bench) {
		requests := b.submit(50, simulator.Plan{Run: time.Hour})
		b.poller.Track(requests)
		b.pass(time.Minute)
		for _, r := range requests {
			polls := b.server.Polls(r.ID)
			if len(polls) < 10 {
				t.Errorf("%s: %d polls in a minute, want 20 at most and 10 at least", r.ID, len(polls))
			}
			for i := 1; i < len(polls); i++ {
				if gap := polls[i].Sub(polls[i-1]); gap < 3*time.Second {
					t.Fatalf("%s: two polls %s apart", r.ID, gap)
				}
			}
		}
	})
}

func TestOnePollInFlightForEachTask(t *testing.T) {
	// Slow, but within what the client waits for: an answer that it gave up on
	// the server may still be at, and would count.
	slow := faulty.Config{Latency: 2500 * time.Millisecond}
	withBench(t, slow, poller.Options{Rate: 100, Interval: 0, Concurrency: 8}, func(b *bench) {
		b.poller.Track(b.submit(3, simulator.Plan{Run: time.Hour}))
		for range 30 {
			b.poller.PollNow(0, 1, 2)
			b.pass(time.Second)
		}
		if s := b.server.Stats(); s.MaxInFlightPerID != 1 || s.MaxInFlight > 8 || s.Polls < 30 {
			t.Errorf("%d polls, at most %d of a task and %d in all at once; want 30 at least, 1 and 8 at most", s.Polls, s.MaxInFlightPerID, s.MaxInFlight)
		}
	})
}

func TestNewestAdditionsAreSeenFirst(t *testing.T) {
	withBench(t, faulty.Config{Record: true}, poller.Options{Rate: 10, Interval: time.Second}, func(b *bench) {
		old := b.submit(300, simulator.Plan{Run: time.Hour})
		b.poller.Track(old)
		b.pass(time.Minute)
		fresh := b.submit(5, simulator.Plan{Run: time.Hour})
		added := time.Now()
		b.poller.Track(fresh)
		b.pass(3 * time.Second)
		for _, r := range fresh {
			polls := b.server.Polls(r.ID)
			if len(polls) == 0 || polls[0].Sub(added) > time.Second {
				t.Errorf("%s was added behind 300 others and first asked after %v, want within a second", r.ID, polls)
			}
		}
	})
}

func TestManyNewTasksDoNotStopTheOthers(t *testing.T) {
	withBench(t, faulty.Config{Record: true}, poller.Options{Rate: 10, Interval: time.Second}, func(b *bench) {
		old := b.submit(10, simulator.Plan{Run: time.Hour})
		b.poller.Track(old)
		b.pass(10 * time.Second)
		b.poller.Track(b.submit(200, simulator.Plan{Run: time.Hour}))
		from := time.Now()
		b.pass(4 * 21 * time.Second) // four rounds over all
		for _, r := range old {
			if !slices.ContainsFunc(b.server.Polls(r.ID), func(at time.Time) bool { return at.After(from) }) {
				t.Errorf("%s was not asked for four rounds after 200 new ones came", r.ID)
			}
		}
	})
}

func TestSweepReusesItsConnections(t *testing.T) {
	withBench(t, faulty.Config{}, poller.Options{Rate: 1e6, Interval: 0, Concurrency: 16}, func(b *bench) {
		b.poller.Track(b.submit(1000, simulator.Plan{Run: time.Nanosecond}))
		b.until("ended", b.ended(1000))
		if s := b.server.Stats(); s.Connections > 16 {
			t.Errorf("%d connections for a sweep of 1,000 tasks, want 16 at most", s.Connections)
		}
	})
}

func TestDuplicatesAreRecognised(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		r := b.submit(1, simulator.Plan{Run: time.Second})[0]
		given := r
		given.URLs = &queue.URLs{Status: r.StatusURL() + "?x=1"}
		if got := b.poller.Track([]queue.Request{r, given, r}); got.Added != 1 || got.AlreadyTracked != 2 {
			t.Errorf("Track of one request in three forms = %+v, want 1 added, 2 known", got)
		}
	})
}

func TestALabelIsGivenToWhatIsTracked(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		r := b.submit(2, simulator.Plan{Run: time.Second})
		r[0].Label = "cats"
		b.poller.Track(r)
		b.until("ended", b.ended(2))
		r[0].Label, r[1].Label = "", "dogs"
		if got := b.poller.Track(r); got.AlreadyTracked != 2 || got.Labeled != 1 {
			t.Errorf("Track = %+v, want 2 known, 1 labeled", got)
		}
		b.until("labeled", func() bool { return b.tasks[1].Request.Label == "dogs" })
		if b.tasks[0].Request.Label != "cats" || b.tasks[1].State != poller.Succeeded {
			t.Errorf("tasks %+v, want the first still labeled cats, the second still done", b.tasks)
		}
	})
}

func TestAssumedEndpointIsCorrectedByABetterForm(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		id := b.server.Submit("wan26_i2v", simulator.Plan{Run: time.Second})
		wrong := queue.Request{ID: id, Endpoint: "nano_banana_2", Base: b.base, EndpointAssumed: true, Label: "cats"}
		b.poller.Track([]queue.Request{wrong})
		b.until("given up", b.ended(1))
		if task := b.tasks[0]; task.State != poller.NotFound || task.Error == "" {
			t.Fatalf("under a wrong endpoint: %s %q, want not found with the reason", task.State, task.Error)
		}
		if got := b.poller.Track([]queue.Request{b.request(id)}); got.Corrected != 1 {
			t.Fatalf("Track = %+v, want 1 corrected", got)
		}
		b.until("done", func() bool { return b.tasks[0].State == poller.Succeeded })
		if label := b.tasks[0].Request.Label; label != "cats" {
			t.Errorf("the label is %q, want that of before", label)
		}
	})
}

func TestAnotherEndpointForATrackedIDIsTold(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		r := b.request(b.server.Submit("wan26_i2v", simulator.Plan{Run: time.Second}))
		other := r
		other.Endpoint = "kling_v3"
		b.poller.Track([]queue.Request{r})
		if got := b.poller.Track([]queue.Request{other, r}); got.AlreadyTracked != 2 || got.Conflicts != 1 || !strings.Contains(got.Conflict, "stays under wan26_i2v, not kling_v3") {
			t.Errorf("Track = %+v, want 1 conflict told", got)
		}
		b.until("done", func() bool { return b.ended(1)() && b.tasks[0].State == poller.Succeeded })
	})
}

func TestPauseStopsAllButWhatTheUserAsksFor(t *testing.T) {
	withBench(t, faulty.Config{Record: true}, plain, func(b *bench) {
		r := b.submit(5, simulator.Plan{Run: time.Hour})
		b.poller.Track(r)
		b.pass(5 * time.Second)
		b.poller.TogglePause()
		b.pass(time.Second)
		before := b.server.Stats().Polls
		b.pass(time.Minute)
		if n := b.server.Stats().Polls - before; n != 0 {
			t.Errorf("%d polls while paused", n)
		}
		b.poller.PollNow(2)
		b.pass(time.Minute)
		if n := b.server.Stats().Polls - before; n != 1 {
			t.Errorf("%d polls after one was asked for while paused, want 1", n)
		}
		b.poller.TogglePause()
		b.pass(5 * time.Second)
		if n := b.server.Stats().Polls - before; n < 10 {
			t.Errorf("%d polls within 5 s after going on, want 10 at least", n)
		}
	})
}

// Who waits for the end of all need not wait for a tick to end when nothing more
// is to come.
func TestLastAnswersAreHandedOutAtOnce(t *testing.T) {
	withBench(t, faulty.Config{Latency: 5 * time.Millisecond}, poller.Options{Rate: 1000, Interval: time.Second}, func(b *bench) {
		b.poller.Track(b.submit(20, simulator.Plan{}))
		if took := b.until("ended", b.ended(20)); took > 30*time.Millisecond {
			t.Errorf("the last of 20 ends was handed out after %s", took)
		}
	})
}
