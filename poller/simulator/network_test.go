package simulator

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
)

// networked runs a test with a client whose way to the server is a Network.
func networked(t *testing.T, test func(t *testing.T, n *Network, ask func(patience time.Duration) error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{})
		defer s.Close()
		s.SubmitID("id", "e", Plan{Run: time.Hour})
		l, dial := Pipe()
		go s.Serve(l)
		n := NewNetwork(dial)
		transport := &http.Transport{DialContext: n.Dial}
		defer transport.CloseIdleConnections()
		c := &http.Client{Transport: transport}
		test(t, n, func(patience time.Duration) error {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			response, err := c.Do(request(t, ctx, path("e", "id", "status")))
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
	networked(t, func(t *testing.T, n *Network, ask func(time.Duration) error) {
		if err := ask(time.Second); err != nil {
			t.Fatal(err)
		}
		n.Set(NoName)
		if err := ask(time.Second); err != nil {
			t.Errorf("on the connection that is open: %v", err)
		}
		n.Cut()
		var lookup *net.DNSError
		if err := ask(time.Second); !errors.As(err, &lookup) || !lookup.IsNotFound || lookup.Name != "queue.test" {
			t.Errorf("got %v, want that queue.test is not found", err)
		}
		n.Set(Refuses)
		if err := ask(time.Second); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("got %v, want connection refused", err)
		}
		n.Set(Up)
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
	networked(t, func(t *testing.T, n *Network, ask func(time.Duration) error) {
		if err := ask(time.Second); err != nil {
			t.Fatal(err)
		}
		n.Set(Drops)
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
			n.Set(Up)
		}()
		if err := ask(5 * time.Second); err != nil {
			t.Errorf("a request that waits until the network is up again: %v", err)
		}
	})
}
