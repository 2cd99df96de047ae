package simulator

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestStats misbehaves in every way that is counted.
func TestStats(t *testing.T) {
	config := Config{Key: "k", Record: true, Faults: []Fault{{Kind: RateLimit429, From: 20 * time.Second, Until: 21 * time.Second, RetryAfter: 3 * time.Second}}}
	bubble(t, configured(config), func(t *testing.T, s *Server, c *client) {
		start := time.Now()
		s.SubmitID("a", "e", Plan{Run: 10 * time.Second})
		s.SubmitID("slow", "e", Plan{Run: time.Hour, Faults: []Fault{{Kind: SlowHeaders}}})
		url := path("e", "a", "status")
		c.must("GET", url, "")
		c.must("GET", path("e", "a", "response"), "")
		c.must("GET", url, "", "Authorization: Key wrong")
		advance(10 * time.Second)
		c.must("GET", url, "") // tells the end
		c.must("GET", url, "") // is one too many
		ctx, cancel := context.WithCancel(t.Context())
		for range 3 {
			go func() {
				r := request(t, ctx, path("e", "slow", "status"))
				if response, err := c.http.Do(r); err == nil {
					response.Body.Close()
				}
			}()
		}
		synctest.Wait()
		cancel()
		advance(10 * time.Second)
		c.must("GET", url, "") // is limited
		advance(3*time.Second - 1)
		c.must("GET", path("e", "a", "response"), "") // is too early
		advance(1)
		c.must("GET", path("e", "a", "response"), "")
		want := Stats{
			Requests: 11, Polls: 8, Connections: s.Stats().Connections, Open: 1, MaxInFlight: 3, MaxInFlightPerID: 3,
			RateLimited: 1, Unauthorized: 1, Early: 1, AfterEnd: 2,
		}
		// The three that their requests broke are closed by now.
		synctest.Wait()
		if got := s.Stats(); got != want {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		// One that is kept, and the two more that three requests at once take.
		// The three break with their requests, so that a last one follows.
		if got := s.Stats().Connections; got != 4 {
			t.Errorf("there were %d connections, want 4", got)
		}
		var at []time.Duration
		for _, poll := range s.Polls("a") {
			at = append(at, poll.Sub(start))
		}
		if len(at) != 5 || at[0] != 0 || at[2] != 10*time.Second || at[4] != 20*time.Second {
			t.Errorf("the polls of a were at %v", at)
		}
		if got := s.Polls("nothing"); got != nil {
			t.Errorf("the polls of nothing were at %v", got)
		}
	})
}

// TestRateLimit asks faster than allowed.
func TestRateLimit(t *testing.T) {
	bubble(t, configured(Config{RateLimit: 2}), func(t *testing.T, s *Server, c *client) {
		s.SubmitID("id", "e", Plan{Run: time.Hour})
		for i, want := range []int{200, 200, 429, 429} {
			got := c.must("GET", path("e", "id", "status"), "")
			if got.code != want || (want == 429 && got.header.Get("Retry-After") != "1") {
				t.Errorf("request %d: got %d with Retry-After %q, want %d", i, got.code, got.header.Get("Retry-After"), want)
			}
		}
		advance(time.Second)
		if got := c.must("GET", path("e", "id", "status"), ""); got.code != 200 {
			t.Errorf("a second later: got %d", got.code)
		}
	})
}

// TestRateLimitOfAStrictService allows no bursts and asks for longer pauses.
func TestRateLimitOfAStrictService(t *testing.T) {
	config := Config{RateLimit: 20, RateBurst: 1, RetryAfter: 7 * time.Second}
	bubble(t, configured(config), func(t *testing.T, s *Server, c *client) {
		s.SubmitID("id", "e", Plan{Run: time.Hour})
		for i, want := range []int{200, 429, 200} {
			got := c.must("GET", path("e", "id", "status"), "")
			if got.code != want || (want == 429 && got.header.Get("Retry-After") != "7") {
				t.Errorf("request %d: got %d with Retry-After %q, want %d", i, got.code, got.header.Get("Retry-After"), want)
			}
			advance(25 * time.Millisecond * time.Duration(i+1)) // the second request is too soon
		}
	})
}

// TestEarlyKnowsWhoCouldKnow has a 429 leave while another request is under way:
// only one that comes after it is early.
func TestEarlyKnowsWhoCouldKnow(t *testing.T) {
	config := Config{Latency: 300 * time.Millisecond, Faults: []Fault{{Kind: RateLimit429, RetryAfter: 2 * time.Second}}}
	bubble(t, configured(config), func(t *testing.T, s *Server, c *client) {
		s.SubmitID("id", "e", Plan{Run: time.Hour})
		ask := func(after time.Duration, wg *sync.WaitGroup) {
			wg.Go(func() {
				advance(after)
				c.must("GET", path("e", "id", "status"), "")
			})
		}
		var wg sync.WaitGroup
		ask(0, &wg)
		ask(299*time.Millisecond, &wg) // the 429 leaves a millisecond later
		wg.Wait()
		if got := s.Stats().Early; got != 0 {
			t.Errorf("%d requests were early, though none could know", got)
		}
		start := time.Now()
		ask(time.Second, &wg)   // the first pause asks for two
		ask(2*time.Second, &wg) // the first pause is over, the second is not
		wg.Wait()
		if took := time.Since(start); took != 2300*time.Millisecond {
			t.Errorf("the last answer came after %v, want the request's 2 s and the latency", took)
		}
		if got := s.Stats().Early; got != 2 {
			t.Errorf("%d requests were early, want 2", got)
		}
	})
}

// TestPipe dials a listener that is there, is busy, and is gone.
func TestPipe(t *testing.T) {
	l, dial := Pipe()
	accepted := make(chan net.Conn)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- conn
	}()
	client, err := dial(t.Context(), "tcp", "queue.test:80")
	if err != nil {
		t.Fatal(err)
	}
	(<-accepted).Close()
	client.Close()

	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dial(canceled, "tcp", "queue.test:80"); !errors.Is(err, context.Canceled) {
		t.Errorf("a dialer that was canceled got %v", err)
	}
	l.Close()
	l.Close()
	_, err = dial(t.Context(), "tcp", "queue.test:80")
	var op *net.OpError
	if !errors.As(err, &op) || !strings.Contains(err.Error(), "dial tcp queue.test:80: connection refused") {
		t.Errorf("without a listener: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close: %v", err)
	}
}

// TestClosed uses a server that was closed.
func TestClosed(t *testing.T) {
	s := New(Config{})
	s.Close()
	s.Close()
	if url, err := s.Start("127.0.0.1:0"); err == nil {
		t.Errorf("Start succeeded: %s", url)
	}
	l, _ := Pipe()
	if err := s.Serve(l); err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve left the listener open: %v", err)
	}
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("a request recovered %v, want that the connection is dropped", got)
		}
	}()
	s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path("e", "id", "status"), nil))
}

// TestStartError asks for an address that is taken.
func TestStartError(t *testing.T) {
	s := New(Config{})
	defer s.Close()
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimSuffix(strings.TrimPrefix(url, "http://"), BasePath)
	if _, err := s.Start(addr); err == nil || !strings.Contains(err.Error(), "give a free address") {
		t.Errorf("starting twice on %s: %v", addr, err)
	}
}

// TestSubmitTwice takes an id twice, which only a wrong scenario does.
func TestSubmitTwice(t *testing.T) {
	s := New(Config{})
	defer s.Close()
	s.SubmitID("id", "e", Plan{})
	defer func() {
		if got := recover(); got == nil {
			t.Error("the second submission went through")
		}
	}()
	s.SubmitID("id", "e", Plan{})
}
