package natsstore_test

import (
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/natsstore/natstest"
	"polltop/poller/simulator"
)

func TestTwoShowTheSameAndTheSecondTakesOver(t *testing.T) {
	t.Parallel()
	r, at := newRig(t), natstest.JetStream(t).ClientURL()
	done := r.submit(5, simulator.Plan{Run: time.Millisecond})
	live := r.submit(3, simulator.Plan{Run: time.Hour})
	first := r.run(at, natsstore.Options{})
	first.Track(done)
	first.await("five ends", ended(5))
	second := r.run(at, natsstore.Options{})
	second.await("another that polls", views)
	second.await("five ends", ended(5))
	if tracked := second.Track(live); tracked.Added != 3 || tracked.StoreErr != nil {
		t.Fatalf("%+v", tracked)
	}
	running := func(tasks map[int32]*poller.Task, _ poller.Update) bool {
		return len(tasks) == 8 && tasks[5].State == poller.Running && tasks[6].State == poller.Running && tasks[7].State == poller.Running
	}
	first.await("what the second added", running)
	second.await("what it added", running)
	second.Cancel(7)
	second.await("the cancel", ended(6))

	first.stop()
	if took := second.await("that it polls", polls); took > 3*time.Second {
		t.Errorf("it took %s to take over from one that ended", took)
	}
	before := second.tasks[5].Polls
	second.await("a poll", func(tasks map[int32]*poller.Task, _ poller.Update) bool { return tasks[5].Polls > before })
}
