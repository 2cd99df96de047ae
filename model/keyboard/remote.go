package keyboard

import (
	"context"
	"io"
	"time"

	"polltop/poller/guard"
)

// RemoteReader reads a terminal at the other end of a connection, as a Reader does.
type RemoteReader struct {
	filter
	pieces chan []byte // closed at the end of the connection
	err    error       // why it ended; set before pieces is closed
}

// NewRemoteReader returns a reader of the terminal that r reads from, until ctx ends.
func NewRemoteReader(ctx context.Context, r io.Reader) *RemoteReader {
	s := &RemoteReader{pieces: make(chan []byte)}
	guard.Go(func() {
		defer close(s.pieces)
		for s.err == nil {
			b := make([]byte, readSize)
			n, err := r.Read(b)
			if s.err = err; n == 0 {
				continue
			}
			select {
			case s.pieces <- b[:n]:
			case <-ctx.Done():
				s.err = ctx.Err()
			}
		}
	})
	return s
}

// Read reads keys and pasted text. Only one goroutine at a time may call it.
func (s *RemoteReader) Read(p []byte) (int, error) {
	return s.read(p, func(until time.Time) ([]byte, error) {
		var expired <-chan time.Time
		if !until.IsZero() {
			expired = time.After(time.Until(until))
		}
		select {
		case b, more := <-s.pieces:
			if !more {
				return nil, s.err
			}
			return b, nil
		case <-expired:
			return nil, nil
		}
	})
}
