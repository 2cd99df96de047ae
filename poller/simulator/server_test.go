package simulator

import (
	"errors"
	"net"
	"strings"
	"testing"

	"polltop/poller/simulator/pipe"
)

// TestClosed uses a server that was closed.
func TestClosed(t *testing.T) {
	s := New(Config{})
	s.Close()
	s.Close()
	l, _ := pipe.Listen()
	if err := s.Serve(l); err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve left the listener open: %v", err)
	}
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
