package pipe

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
)

// TestPipe dials a listener that is there, is busy, and is gone.
func TestPipe(t *testing.T) {
	l, dial := Listen()
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
