package poller_test

import (
	"slices"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// Each task that ends while a hook is wanted is to be claimed once, also one whose
// first answer is final. What had ended before is not.
func TestEachEndIsClaimedOnce(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		options := plain
		options.Hook = true
		options.Tasks = []*poller.Task{{
			Request: b.submit(1, simulator.Plan{})[0], State: poller.Failed, Ended: 1, QueuePosition: -1, InferenceTime: -1,
		}}
		b.run(options)
		r := append(b.submit(1, simulator.Plan{Run: time.Minute}), b.submit(1, simulator.Plan{})...)
		b.pass(5 * time.Second) // the second has ended before anybody asks
		b.poller.Track(r)
		b.until("ended", func() bool { return len(b.tasks) == 3 && b.tasks[1].State.Terminal() && b.tasks[2].State.Terminal() })
		var claimed []int32
		for range 2 {
			for seq := range int32(4) {
				if b.poller.ClaimHook(seq) {
					claimed = append(claimed, seq)
				}
			}
		}
		if !slices.Equal(claimed, []int32{1, 2}) {
			t.Errorf("claimed were %v, want 1 and 2 once each", claimed)
		}
		b.until("told", func() bool { return !b.tasks[1].HookDue && !b.tasks[2].HookDue })
	})
}

// A cancel that the service has not answered stays due over a restart, and is sent
// only when it is asked for again.
func TestCancelStaysDueUntilItIsAnswered(t *testing.T) {
	withBench(t, faulty.Config{}, plain, func(b *bench) {
		b.poller.Track(b.submit(3, simulator.Plan{Run: time.Hour}))
		b.pass(5 * time.Second)
		b.server.SetFaults(simulator.Fault{Kind: simulator.Gateway502HTML})
		b.poller.Cancel(0, 1)
		b.until("due", func() bool { return b.tasks[0].CancelDue && b.tasks[1].CancelDue })
		options := plain
		options.Tasks = []*poller.Task{b.tasks[0], b.tasks[1], b.tasks[2]}
		b.server.SetFaults()
		b.run(options)
		b.until("resumed", func() bool { return len(b.tasks) == 3 && b.tasks[0].Polls > 5 })
		if b.tasks[0].Canceling || !b.tasks[0].CancelDue || b.tasks[2].CancelDue || b.tasks[0].State != poller.Running {
			t.Errorf("after the restart the tasks are %+v, %+v", b.tasks[0], b.tasks[2])
		}
		b.poller.DropCancels(1, 2)
		b.poller.Cancel(0)
		b.until("canceled", func() bool { return b.tasks[0].State == poller.Canceled })
		b.pass(10 * time.Second)
		if b.tasks[0].CancelDue || b.tasks[1].CancelDue || b.tasks[1].State != poller.Running {
			t.Errorf("tasks %+v, %+v", b.tasks[0], b.tasks[1])
		}
	})
}
