package natsstore_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/natsstore/natstest"
	"polltop/poller/queue"
	"polltop/poller/session/sessiontest"
	"polltop/poller/simulator"
	"polltop/poller/store"
)

// takeoverMost is within which time another process polls after the end of one that said nothing.
const takeoverMost = 10 * time.Second

func TestOneThatIsCutOffStopsPollingAndItsWritesAreRefused(t *testing.T) {
	t.Parallel()
	r, at := newRig(t), natstest.JetStream(t).ClientURL()
	between := newRelay(t, at)
	live := r.Submit(20, simulator.Plan{Run: time.Hour})
	first := r.run(between.url(), natsstore.Options{})
	first.Track(live)
	first.Await("all run", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return len(tasks) == 20 && tasks[19].Polls > 1
	})
	second := r.run(at, natsstore.Options{})
	second.Await("another that polls", sessiontest.Views)
	second.Await("all tasks", func(tasks map[int32]*poller.Task, _ poller.Update) bool { return len(tasks) == 20 })

	between.cut(true)
	cut := time.Now()
	late := r.Submit(1, simulator.Plan{Run: time.Hour})
	first.Track(late) // it still polls, and can't tell anybody
	if took := second.Await("that it polls", sessiontest.Polls); took > takeoverMost {
		t.Errorf("it took %s to take over", took)
	}
	taken := time.Now()
	first.Await("that NATS is away", func(_ map[int32]*poller.Task, last poller.Update) bool {
		return last.StoreErr != nil && strings.Contains(last.StoreErr.Error(), "can't be reached")
	})
	first.store.Put(&poller.Task{Seq: 0, State: poller.Failed, Request: live[0]}, true) // what it had to write
	between.cut(false)
	first.Await("what the second knows", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return last.StoreErr == nil && last.Persistence.PolledBy != "" && len(tasks) == 21 && tasks[0].State == poller.Running
	})
	second.Await("what the first could not tell", func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return len(tasks) == 21 && tasks[20].Request.Key() == late[0].Key() && tasks[0].State == poller.Running
	})
	if err := first.store.Beat(); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("the one that was cut off may poll: %v", err)
	}
	checkOneAtATime(t, r, live[0], cut, taken)
}

// checkOneAtATime checks that a task that is asked all the time was not asked for a while before
// another process took over, which is the time that requests under way have.
func checkOneAtATime(t *testing.T, r *rig, of queue.Request, cut, taken time.Time) {
	t.Helper()
	var last time.Time
	for _, at := range r.Server.Polls(of.ID) {
		if at.Before(taken.Add(-100 * time.Millisecond)) {
			last = at
		}
	}
	if quiet := taken.Sub(last); quiet < time.Second {
		t.Errorf("cut off at %s, it was last asked %s before the other took over", cut, quiet)
	}
}

func TestAServerThatIsRestarted(t *testing.T) {
	t.Parallel()
	r, dir := newRig(t), t.TempDir()
	running := natstest.Start(t, server.Options{JetStream: true, StoreDir: dir})
	at := running.ClientURL()
	first := r.run(at, natsstore.Options{})
	first.Track(r.Submit(5, simulator.Plan{Run: time.Millisecond}))
	first.Await("five ends", sessiontest.Ended(5))
	second := r.run(at, natsstore.Options{})
	second.Await("another that polls", sessiontest.Views)
	port := running.Addr().(interface{ AddrPort() netip.AddrPort }).AddrPort().Port()

	running.Shutdown()
	running.WaitForShutdown()
	first.Track(r.Submit(3, simulator.Plan{Run: time.Millisecond}))
	first.Await("ends that can't be stored", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return sessiontest.Ended(8)(tasks, last) && last.StoreErr != nil
	})
	second.Await("that NATS is away", func(_ map[int32]*poller.Task, last poller.Update) bool { return last.StoreErr != nil })
	natstest.Start(t, server.Options{JetStream: true, StoreDir: dir, Port: int(port)})
	second.Await("what was not stored", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return sessiontest.Ended(8)(tasks, last) && last.StoreErr == nil
	})
	first.Await("that NATS is back", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return sessiontest.Ended(8)(tasks, last) && last.StoreErr == nil
	})
}

// TestAFaultIsToldUntilItHasPassed cuts a viewer off until the process that polls counts as silent.
func TestAFaultIsToldUntilItHasPassed(t *testing.T) {
	t.Parallel()
	r, at := newRig(t), natstest.JetStream(t).ClientURL()
	r.run(at, natsstore.Options{}).Await("that it polls", sessiontest.Polls)
	between := newRelay(t, at)
	viewer := r.run(between.url(), natsstore.Options{})
	viewer.Await("another that polls", sessiontest.Views)
	between.cut(true)
	viewer.Await("that NATS is away", func(_ map[int32]*poller.Task, last poller.Update) bool { return last.StoreErr != nil })
	viewer.Await("silence", func(_ map[int32]*poller.Task, last poller.Update) bool { return last.Persistence.OwnerSilent })
	viewer.Mu.Lock()
	defer viewer.Mu.Unlock()
	if viewer.Last.StoreErr == nil {
		t.Error("NATS is still away, and not said to be")
	}
}

// TestWhatWasNotStoredIsStoredLater cuts a single process off for longer than its lease lasts.
func TestWhatWasNotStoredIsStoredLater(t *testing.T) {
	t.Parallel()
	r, at := newRig(t), natstest.JetStream(t).ClientURL()
	between := newRelay(t, at)
	alone := r.run(between.url(), natsstore.Options{})
	alone.Track(r.Submit(1, simulator.Plan{Run: time.Hour}))
	alone.Await("that it runs", func(tasks map[int32]*poller.Task, _ poller.Update) bool { return len(tasks) == 1 && tasks[0].Polls > 1 })
	between.cut(true)
	late := r.Submit(2, simulator.Plan{Run: time.Millisecond})
	alone.Track(late)
	alone.Await("ends that can't be stored", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return sessiontest.Ended(2)(tasks, last) && last.StoreErr != nil
	})
	alone.Await("that it does not poll", func(_ map[int32]*poller.Task, last poller.Update) bool { return last.Persistence.PolledBy == "nobody" })
	asked := len(r.Server.Polls(late[0].ID))
	between.cut(false)
	alone.Await("that it polls", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return sessiontest.Polls(tasks, last) && last.StoreErr == nil && sessiontest.Ended(2)(tasks, last) && len(tasks) == 3
	})
	alone.Stop()
	other := r.run(at, natsstore.Options{})
	other.Await("all tasks", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return sessiontest.Ended(2)(tasks, last) && len(tasks) == 3
	})
	if again := len(r.Server.Polls(late[0].ID)); again != asked {
		t.Errorf("a task that had ended was asked again %d times", again-asked)
	}
}

func TestASlowServerDelaysNoPoll(t *testing.T) {
	t.Parallel()
	r, at := newRig(t), natstest.JetStream(t).ClientURL()
	between := newRelay(t, at)
	p := r.run(between.url(), natsstore.Options{})
	p.Track(r.Submit(1, simulator.Plan{Run: time.Millisecond}))
	p.Await("an end", sessiontest.Ended(1))
	const delay = 800 * time.Millisecond // each way
	between.slow(delay)
	start := time.Now()
	added, requests := make(chan poller.Tracked, 1), r.Submit(20, simulator.Plan{Run: time.Millisecond})
	go func() { added <- p.Track(requests) }()
	p.Await("21 ends", sessiontest.Ended(21))
	if took := time.Since(start); took > delay {
		t.Errorf("20 tasks were asked within %s, though one write takes %s", took, 2*delay)
	}
	if tracked := <-added; tracked.Added != 20 || tracked.StoreErr != nil {
		t.Errorf("%+v", tracked)
	}
	between.slow(0)
	other := r.run(at, natsstore.Options{})
	other.Await("what was written late", sessiontest.Ended(21))
}

// TestWhatIsAddedIsStoredBeforeItIsTold ends a process right after it has told that tasks are added,
// without the writes of an end.
func TestWhatIsAddedIsStoredBeforeItIsTold(t *testing.T) {
	t.Parallel()
	r, at := newRig(t), natstest.JetStream(t).ClientURL()
	between := newRelay(t, at)
	p := r.run(between.url(), natsstore.Options{})
	p.Await("it polls", sessiontest.Polls)
	between.slow(50 * time.Millisecond)
	if tracked := p.Track(r.Submit(3, simulator.Plan{Run: time.Hour})); tracked.Added != 3 || tracked.StoreErr != nil {
		t.Fatalf("%+v", tracked)
	}
	between.cut(true)
	other := r.run(at, natsstore.Options{})
	other.Await("all tasks", func(tasks map[int32]*poller.Task, _ poller.Update) bool { return len(tasks) == 3 })
}

// TestADeletedBucketIsMadeAnew deletes all that the server stores of a session in use.
func TestADeletedBucketIsMadeAnew(t *testing.T) {
	t.Parallel()
	r, at := newRig(t), natstest.JetStream(t).ClientURL()
	first := r.run(at, natsstore.Options{})
	first.Track(r.Submit(5, simulator.Plan{Run: time.Millisecond}))
	first.Track(r.Submit(1, simulator.Plan{Run: time.Hour}))
	first.Await("five ends", sessiontest.Ended(5))
	second := r.run(at, natsstore.Options{})
	second.Await("five ends", sessiontest.Ended(5))
	for _, stream := range []string{"KV_polltop_s", "polltop_s_inbox"} {
		if err := client(t, at).DeleteStream(t.Context(), stream); err != nil {
			t.Fatal(err)
		}
	}
	second.Await("that orders are stored again", func(map[int32]*poller.Task, poller.Update) bool {
		return second.Track(r.Submit(1, simulator.Plan{Run: time.Millisecond})).StoreErr == nil
	})
	second.Await("one more", sessiontest.Ended(6))
	first.Stop()
	second.Stop()
	fresh := r.run(at, natsstore.Options{})
	fresh.Await("all tasks", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 7 && sessiontest.Ended(6)(tasks, last)
	})
}
