package poller_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

// stickyProxy is a server whose first connections have gone bad: on each of them it answers
// with a page for ever, while a fresh one works.
type stickyProxy struct {
	mu    sync.Mutex
	conns map[net.Conn]int // by the order in which they came
	bad   int
	code  int // of the answers on bad connections
}

func (s *stickyProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn := r.Context().Value(connKey{}).(net.Conn)
	s.mu.Lock()
	number, known := s.conns[conn]
	if !known {
		number = len(s.conns)
		s.conns[conn] = number
	}
	s.mu.Unlock()
	if number < s.bad {
		w.WriteHeader(s.code)
		_, _ = w.Write([]byte("<html>upstream is gone</html>"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"status":"COMPLETED"}`))
}

type connKey struct{}

// A proxy that answers only with its own pages on the connections that there are, while new
// ones work, is left behind.
func TestConnectionsThatGoBadAreLeftBehind(t *testing.T) {
	for _, code := range []int{http.StatusServiceUnavailable, http.StatusNotFound, http.StatusOK} {
		t.Run(http.StatusText(code), func(t *testing.T) {
			t.Parallel()
			leavesBehind(t, &stickyProxy{conns: map[net.Conn]int{}, bad: 2, code: code})
		})
	}
}

// leavesBehind fails the test unless all tasks are seen to end behind a proxy.
func leavesBehind(t *testing.T, proxy *stickyProxy) {
	server := httptest.NewUnstartedServer(proxy)
	server.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, c)
	}
	server.Start()
	defer server.Close()
	base, err := queue.ParseBase(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := queue.NewClient(queue.ClientOptions{
		Header: func(*queue.Base) http.Header { return http.Header{"Authorization": {"Key " + testKey}} }, Timeout: 5 * time.Second, Concurrency: 2,
	})
	defer client.Close()
	p := poller.NewPoller(poller.Options{Service: client, Rate: 50, Concurrency: 2})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() { defer close(done); p.Run(ctx) }()
	var requests []queue.Request
	for _, id := range []string{"one", "two", "three"} {
		requests = append(requests, queue.Request{ID: "mmsu_" + id, Endpoint: "wan26_i2v", Base: base})
	}
	p.Track(requests)
	for ended := 0; ended < len(requests); {
		u, ok := p.Next(ctx)
		if !ok {
			t.Fatalf("after 20 s only %d tasks have ended", ended)
		}
		for _, task := range u.Tasks {
			if task.State == poller.Succeeded {
				ended++
			}
		}
	}
	cancel()
	<-done
}
