package session_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/session"
	"polltop/poller/store"
)

// BenchmarkUpdates polls without a limit a service whose tasks change with every
// answer, kept on disk and not, in turns, and tells how many updates/s come of
// each. The bar is a ratio of at least 0.9.
func BenchmarkUpdates(b *testing.B) {
	var answers atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := "IN_QUEUE"
		if answers.Add(1)&1 == 0 {
			status = "IN_PROGRESS"
		}
		fmt.Fprintf(w, `{"status": %q, "queue_position": 0}`, status)
	}))
	defer server.Close()
	base, err := queue.ParseBase(server.URL)
	if err != nil {
		b.Fatal(err)
	}
	var total [2]float64
	turns := 0
	for b.Loop() {
		turns++
		for kept := range total {
			total[kept] += updates(b, base, kept == 1)
		}
	}
	b.ReportMetric(total[0]/float64(turns), "updates/s-unkept")
	b.ReportMetric(total[1]/float64(turns), "updates/s-kept")
	b.ReportMetric(total[1]/total[0], "kept/unkept")
}

// updates returns how many answers/s a session takes in over two seconds.
func updates(b *testing.B, base *queue.Base, kept bool) float64 {
	b.Helper()
	client := queue.NewClient(queue.ClientOptions{
		Header:  func(*queue.Base) http.Header { return http.Header{"Authorization": {"Key k"}} },
		Timeout: 5 * time.Second, Concurrency: 16, UserAgent: "polltop/bench",
	})
	defer client.Close()
	o := poller.Options{Service: client, Rate: 1e6, Concurrency: 16}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	var tracker interface {
		Run(context.Context)
		Next(context.Context) (poller.Update, bool)
		Track([]queue.Request) poller.Tracked
	} = poller.NewPoller(o)
	if kept {
		opened, err := store.Open(filepath.Join(b.TempDir(), "s.db"))
		if err != nil {
			b.Fatal(err)
		}
		tracker = session.New("s", opened, []*queue.Base{base}, o)
	}
	running.Go(func() { tracker.Run(ctx) })
	requests := make([]queue.Request, 5000)
	for i := range requests {
		requests[i] = queue.Request{ID: fmt.Sprintf("mmsu_01hxyz%020d", i), Endpoint: "e", Base: base}
	}
	tracker.Track(requests)
	var stats poller.Stats
	begin := time.Now()
	until, stop := context.WithTimeout(ctx, 2*time.Second)
	defer stop()
	for {
		u, ok := tracker.Next(until)
		if !ok {
			break
		}
		stats = u.Stats
	}
	elapsed := time.Since(begin).Seconds()
	cancel()
	running.Wait()
	return float64(stats.Answers) / elapsed
}
