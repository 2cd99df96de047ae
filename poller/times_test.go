package poller_test

import (
	"testing"
	"time"

	"polltop/poller"
)

// A run that polls saw late, or not at all, is as long as the service told, and the wait
// before it is without it.
func TestTimesOfATask(t *testing.T) {
	const second = poller.Stamp(1000)
	for name, c := range map[string]struct {
		task        poller.Task
		waited, ran time.Duration // negative for not known
	}{
		"waits":                 {poller.Task{State: poller.Queued, Queued: 10 * second, InferenceTime: -1}, 90 * time.Second, -1},
		"runs":                  {poller.Task{State: poller.Running, Queued: 10 * second, Started: 40 * second, InferenceTime: -1}, 30 * time.Second, 60 * time.Second},
		"ran, seen late":        {poller.Task{State: poller.Succeeded, Queued: 10 * second, Started: 49 * second, Ended: 50 * second, InferenceTime: 4}, 36 * time.Second, 4 * time.Second},
		"ran, never seen":       {poller.Task{State: poller.Succeeded, Queued: 10 * second, Ended: 50 * second, InferenceTime: 4}, 36 * time.Second, 4 * time.Second},
		"ran, nothing told":     {poller.Task{State: poller.Failed, Queued: 10 * second, Started: 20 * second, Ended: 50 * second, InferenceTime: -1}, 10 * time.Second, 30 * time.Second},
		"nothing seen or told":  {poller.Task{State: poller.Failed, Queued: 10 * second, Ended: 50 * second, InferenceTime: -1}, -1, -1},
		"canceled as it waited": {poller.Task{State: poller.Canceled, Queued: 10 * second, Ended: 50 * second, InferenceTime: -1}, 40 * time.Second, -1},
	} {
		for what, got := range map[string]func(poller.Stamp) (time.Duration, bool){"waited": c.task.BestQueueTime, "ran": c.task.BestRunTime} {
			want := c.waited
			if what == "ran" {
				want = c.ran
			}
			if d, ok := got(100 * second); ok != (want >= 0) || ok && d != want {
				t.Errorf("%s: it %s %s (%v), want %s", name, what, d, ok, want)
			}
		}
	}
}
