//go:build linux

package e2e

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

// BenchmarkLateness polls 20,000 tasks over HTTP, each as often as an interval says,
// a thousand a second in all, and tells how much later than that the requests reach
// the service. The bar is 250 ms at the 99th percentile. CPU time is that of the
// service too.
func BenchmarkLateness(b *testing.B) {
	const tasks, interval = 20_000, 20 * time.Second
	for b.Loop() {
		f := flip(b)
		f.runs = true
		var mu sync.Mutex
		last := make([]time.Time, tasks)
		var late []time.Duration
		f.asked = func(seq int, at time.Time) {
			mu.Lock()
			defer mu.Unlock()
			if !last[seq].IsZero() {
				late = append(late, at.Sub(last[seq])-interval)
			}
			last[seq] = at
		}
		base, err := queue.ParseBase(f.url)
		if err != nil {
			b.Fatal(err)
		}
		client := benchClient()
		ctx, cancel := context.WithCancel(context.Background())
		p := poller.NewPoller(poller.Options{Service: client, Rate: 1e6, Concurrency: 16, Interval: interval})
		var running sync.WaitGroup
		running.Go(func() { p.Run(ctx) })
		// They come evenly, so that they are due evenly.
		ticker := time.NewTicker(10 * time.Millisecond)
		begin := time.Now()
		for seq := 0; seq < tasks; {
			now := <-ticker.C
			var requests []queue.Request
			for ; seq < min(tasks, int(tasks*now.Sub(begin)/interval)); seq++ {
				requests = append(requests, queue.Request{ID: taskID(seq), Endpoint: "wan26_i2v", Base: base})
			}
			p.Track(requests)
		}
		ticker.Stop()
		time.Sleep(interval * 3 / 2)
		cancel()
		running.Wait()
		client.Close()
		slices.Sort(late)
		if len(late) < tasks {
			b.Fatalf("only %d polls of %d tasks", len(late), tasks)
		}
		b.ReportMetric(milliseconds(late[len(late)/2]), "ms-late-p50")
		b.ReportMetric(milliseconds(late[len(late)*99/100]), "ms-late-p99")
		b.ReportMetric(float64(len(late)), "polls")
	}
}
