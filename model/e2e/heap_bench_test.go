//go:build linux

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model"
	"polltop/model/actions"
	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/poller/session"
	"polltop/poller/store"
)

// BenchmarkHeap tells what a tracked task takes of the heap, all told, when four of
// five have ended, a fifth is live and each of those was asked: what the poller, the
// session, the dashboard's table and its frame hold, beside what they hold without
// a task. The bar is 400 B.
func BenchmarkHeap(b *testing.B) {
	for _, kept := range []bool{true, false} {
		b.Run(map[bool]string{true: "kept", false: "unkept"}[kept], func(b *testing.B) {
			for b.Loop() {
				none, all := heldBy(b, 0, kept), heldBy(b, scaleTasks, kept)
				b.ReportMetric(float64(all-none)/scaleTasks, "B/task")
				b.ReportMetric(float64(none)/(1<<20), "MiB-without-tasks")
			}
		})
	}
}

// heldBy returns how many bytes are live with n tasks in the dashboard.
func heldBy(b *testing.B, n int, kept bool) int64 {
	b.Helper()
	f := flip(b)
	f.ends = !kept
	before := liveHeap()
	base, err := queue.ParseBase(f.url)
	if err != nil {
		b.Fatal(err)
	}
	client := benchClient()
	defer client.Close()
	o := poller.Options{Service: client, Rate: 1e6, Concurrency: 16, Interval: time.Hour}
	var tracker poller.Runner = poller.NewPoller(o)
	asked := int64(n)
	if kept {
		path := filepath.Join(b.TempDir(), "s.db")
		fill(b, path, f.url, n)
		opened, err := store.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		tracker = session.New("s", opened, []*queue.Base{base}, o)
		asked /= 5
	}
	ctx, cancel := context.WithCancel(context.Background())
	m := model.New(model.Options{Options: actions.Options{Context: ctx, Poller: tracker}, Clock: time.Now})
	m.Update(tea.WindowSizeMsg{Width: 200, Height: 50})
	var running sync.WaitGroup
	running.Go(func() { tracker.Run(ctx) })
	if !kept {
		track(tracker, base, n)
	}
	for shown := uint64(0); ; {
		u, ok := tracker.Next(ctx)
		if !ok {
			b.Fatal("the poller has ended")
		}
		m.Update(common.TasksChanged{Update: u})
		m.View()
		if shown = u.Stats.Answers; shown >= uint64(asked) {
			break
		}
	}
	time.Sleep(2 * time.Second) // what waits to be written is
	held := liveHeap() - before
	runtime.KeepAlive(m)
	cancel()
	running.Wait()
	return held
}

// benchClient returns a client as the program makes one.
func benchClient() *queue.Client {
	return queue.NewClient(queue.ClientOptions{
		Header:  func(*queue.Base) http.Header { return http.Header{"Authorization": {"Key k"}} },
		Timeout: 5 * time.Second, Concurrency: 16, UserAgent: "polltop/bench",
	})
}

// track gives a tracker n requests, as it gets them from text.
func track(tracker poller.Runner, base *queue.Base, n int) {
	const each = 1000
	source := paste.Source{Bases: []*queue.Base{base}, Endpoint: "wan26_i2v"}
	for from := 0; from < n; from += each {
		text := ""
		for seq := range min(each, n-from) {
			text += fmt.Sprintln(taskID(from + seq))
		}
		tracker.Track(paste.Parse(text, source).Requests)
	}
}

// liveHeap returns how many bytes are reachable.
func liveHeap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first moved out of pools
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
