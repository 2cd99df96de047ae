package natsstore_test

import (
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/natsstore/natstest"
	"polltop/poller/session/sessiontest"
	"polltop/poller/simulator"
)

func TestTwoShowTheSameAndTheSecondTakesOver(t *testing.T) {
	t.Parallel()
	r, at := newRig(t), natstest.JetStream(t).ClientURL()
	done := r.Submit(5, simulator.Plan{Run: time.Millisecond})
	live := r.Submit(3, simulator.Plan{Run: time.Hour})
	first := r.run(at, natsstore.Options{})
	first.Track(done)
	first.Await("five ends", sessiontest.Ended(5))
	second := r.run(at, natsstore.Options{})
	second.Await("another that polls", sessiontest.Views)
	second.Await("five ends", sessiontest.Ended(5))
	if tracked := second.Track(live); tracked.Added != 3 || tracked.StoreErr != nil {
		t.Fatalf("%+v", tracked)
	}
	running := func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return len(tasks) == 8 && tasks[5].State == poller.Running && tasks[6].State == poller.Running && tasks[7].State == poller.Running
	}
	first.Await("what the second added", running)
	second.Await("what it added", running)
	second.Cancel(7)
	second.Await("the cancel", sessiontest.Ended(6))

	first.Stop()
	if took := second.Await("that it polls", sessiontest.Polls); took > 3*time.Second {
		t.Errorf("it took %s to take over from one that ended", took)
	}
	before := second.Tasks[5].Polls
	second.Await("a poll", func(tasks map[int32]*poller.Task, _ poller.Update) bool { return tasks[5].Polls > before })
}

// TestOneThatHasRemovedATaskViews has a process remove a task before it is cut off, and another one
// polls.
func TestOneThatHasRemovedATaskViews(t *testing.T) {
	t.Parallel()
	r, at := newRig(t), natstest.JetStream(t).ClientURL()
	between := newRelay(t, at)
	first := r.run(between.url(), natsstore.Options{})
	first.Track(r.Submit(2, simulator.Plan{Run: time.Hour}))
	first.Untrack(0)
	second := r.run(at, natsstore.Options{})
	second.Await("the other task", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return len(tasks) == 1 && sessiontest.Views(tasks, last)
	})
	between.cut(true)
	second.Await("that it polls", sessiontest.Polls)
	between.cut(false)
	first.Await("the other task, polled by the second", func(tasks map[int32]*poller.Task, last poller.Update) bool {
		return tasks[1] != nil && sessiontest.Views(tasks, last) && last.StoreErr == nil
	})
}
