package faulty

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller/simulator"
)

// TestStats misbehaves in every way that is counted.
func TestStats(t *testing.T) {
	config := Config{Key: "k", Record: true, Faults: []simulator.Fault{{Kind: simulator.RateLimit429, From: 20 * time.Second, Until: 21 * time.Second, RetryAfter: 3 * time.Second}}}
	bubble(t, config, func(t *testing.T, s *Server, c *client) {
		start := time.Now()
		s.SubmitID("a", "e", simulator.Plan{Run: 10 * time.Second})
		s.SubmitID("slow", "e", simulator.Plan{Run: time.Hour, Faults: []simulator.Fault{{Kind: SlowHeaders}}})
		url := path("a", "status")
		c.Must("GET", url, "")
		c.Must("GET", path("a", "response"), "")
		c.Must("GET", url, "", "Authorization: Key wrong")
		time.Sleep(10 * time.Second)
		c.Must("GET", url, "") // tells the end
		c.Must("GET", url, "") // is one too many
		ctx, cancel := context.WithCancel(t.Context())
		for range 3 {
			go func() {
				r := request(t, ctx, path("slow", "status"))
				if response, err := c.Client.Do(r); err == nil {
					response.Body.Close()
				}
			}()
		}
		synctest.Wait()
		cancel()
		time.Sleep(10 * time.Second)
		c.Must("GET", url, "") // is limited
		time.Sleep(3*time.Second - 1)
		c.Must("GET", path("a", "response"), "") // is too early
		time.Sleep(time.Nanosecond)
		c.Must("GET", path("a", "response"), "")
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
	bubble(t, Config{RateLimit: 2}, func(t *testing.T, s *Server, c *client) {
		s.SubmitID("id", "e", simulator.Plan{Run: time.Hour})
		for i, want := range []int{200, 200, 429, 429} {
			got := c.Must("GET", path("id", "status"), "")
			if got.Code != want || (want == 429 && got.Header.Get("Retry-After") != "1") {
				t.Errorf("request %d: got %d with Retry-After %q, want %d", i, got.Code, got.Header.Get("Retry-After"), want)
			}
		}
		time.Sleep(time.Second)
		if got := c.Must("GET", path("id", "status"), ""); got.Code != 200 {
			t.Errorf("a second later: got %d", got.Code)
		}
	})
}

// TestRateLimitOfAStrictService allows no bursts and asks for longer pauses.
func TestRateLimitOfAStrictService(t *testing.T) {
	config := Config{RateLimit: 20, RateBurst: 1, RetryAfter: 7 * time.Second}
	bubble(t, config, func(t *testing.T, s *Server, c *client) {
		s.SubmitID("id", "e", simulator.Plan{Run: time.Hour})
		for i, want := range []int{200, 429, 200} {
			got := c.Must("GET", path("id", "status"), "")
			if got.Code != want || (want == 429 && got.Header.Get("Retry-After") != "7") {
				t.Errorf("request %d: got %d with Retry-After %q, want %d", i, got.Code, got.Header.Get("Retry-After"), want)
			}
			time.Sleep(25 * time.Millisecond * time.Duration(i+1)) // the second request is too soon
		}
	})
}

// TestEarlyKnowsWhoCouldKnow has a 429 leave while another request is under way:
// only one that comes after it is early.
func TestEarlyKnowsWhoCouldKnow(t *testing.T) {
	config := Config{Latency: 300 * time.Millisecond, Faults: []simulator.Fault{{Kind: simulator.RateLimit429, RetryAfter: 2 * time.Second}}}
	bubble(t, config, func(t *testing.T, s *Server, c *client) {
		s.SubmitID("id", "e", simulator.Plan{Run: time.Hour})
		ask := func(after time.Duration, wg *sync.WaitGroup) {
			wg.Go(func() {
				time.Sleep(after)
				c.Must("GET", path("id", "status"), "")
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
