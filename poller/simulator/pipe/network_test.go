package pipe_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller/simulator"
	"polltop/poller/simulator/pipe"
)

// statusPath is the path of the status of the task that the tests ask for.
const statusPath = simulator.BasePath + "/v1/queue/e/requests/id/status"

// get asks with the key.
func get(ctx context.Context, c *http.Client, url string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Key k")
	return c.Do(r)
}

// networked runs a test with a client whose way to the server is a Network.
func networked(t *testing.T, test func(t *testing.T, n *pipe.Network, ask func(patience time.Duration) error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{})
		defer s.Close()
		s.SubmitID("id", "e", simulator.Plan{Run: time.Hour})
		l, dial := pipe.Listen()
		go s.Serve(l)
		n := pipe.NewNetwork(dial)
		transport := &http.Transport{DialContext: n.Dial}
		defer transport.CloseIdleConnections()
		c := &http.Client{Transport: transport}
		test(t, n, func(patience time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			response, err := get(ctx, c, "http://queue.test"+statusPath)
			if err != nil {
				return err
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Errorf("answered %s", response.Status)
			}
			_, err = io.Copy(io.Discard, response.Body)
			return err
		})
	})
}

func TestNetworkThatFindsNoName(t *testing.T) {
	networked(t, func(t *testing.T, n *pipe.Network, ask func(time.Duration) error) {
		if err := ask(time.Second); err != nil {
			t.Fatal(err)
		}
		n.Set(pipe.NoName)
		if err := ask(time.Second); err != nil {
			t.Errorf("on the connection that is open: %v", err)
		}
		n.Cut()
		var lookup *net.DNSError
		if err := ask(time.Second); !errors.As(err, &lookup) || !lookup.IsNotFound || lookup.Name != "queue.test" {
			t.Errorf("got %v, want that queue.test is not found", err)
		}
		n.Set(pipe.Refuses)
		if err := ask(time.Second); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("got %v, want connection refused", err)
		}
		n.Set(pipe.Up)
		if err := ask(time.Second); err != nil {
			t.Errorf("when the network is up again: %v", err)
		}
		if got := n.Dialed(); len(got) != 1 || got["queue.test:80"] != 4 {
			t.Errorf("dialed %v", got)
		}
		if got := n.Open(); got != 1 {
			t.Errorf("%d connections are open, want 1", got)
		}
	})
}

func TestNetworkThatDropsPackets(t *testing.T) {
	networked(t, func(t *testing.T, n *pipe.Network, ask func(time.Duration) error) {
		if err := ask(time.Second); err != nil {
			t.Fatal(err)
		}
		n.Set(pipe.Drops)
		for _, where := range []string{"an open connection", "a new connection"} {
			start := time.Now()
			if err := ask(5 * time.Second); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 5*time.Second {
				t.Errorf("on %s: %v after %v, want no answer for all of 5 s", where, err, time.Since(start))
			}
		}
		synctest.Wait()
		if got := n.Open(); got != 0 {
			t.Errorf("%d connections are open, want none", got)
		}
		go func() {
			time.Sleep(3 * time.Second)
			n.Set(pipe.Up)
		}()
		if err := ask(5 * time.Second); err != nil {
			t.Errorf("a request that waits until the network is up again: %v", err)
		}
	})
}
