package script

import (
	"fmt"
	"io"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

// BenchmarkChanges tells changes of ten thousand tasks, in updates of the size
// that ten thousand a second make, and reports how many that is per second.
func BenchmarkChanges(b *testing.B) {
	const count, batch = 10_000, 330
	base, err := queue.ParseBase(queue.DefaultBaseURL)
	if err != nil {
		b.Fatal(err)
	}
	for name, o := range map[string]Options{"json": {JSON: true}, "plain": {Progress: Plain}} {
		b.Run(name, func(b *testing.B) {
			o.Out, o.Err, o.Clock = io.Discard, io.Discard, time.Now
			m := newMonitor(o)
			tasks := make([]*poller.Task, count)
			for i := range tasks {
				tasks[i] = &poller.Task{Seq: int32(i), InferenceTime: -1, Request: queue.Request{
					ID: fmt.Sprintf("mmsu_01hxyz8k3vq2m4n6p8r0%06d", i), Endpoint: "wan26_i2v", Base: base,
				}}
			}
			b.ReportAllocs()
			state, told := poller.Queued, 0
			for b.Loop() {
				for at := 0; at < count; at += batch {
					changed := tasks[at:min(at+batch, count)]
					for i, t := range changed {
						next := *t
						next.State = state
						changed[i] = &next
					}
					m.apply(poller.Update{Tasks: changed})
					if err := m.printer.flush(); err != nil {
						b.Fatal(err)
					}
				}
				told += count
				state = poller.Queued + poller.Running - state
			}
			b.ReportMetric(float64(told)/b.Elapsed().Seconds(), "changes/s")
		})
	}
}
