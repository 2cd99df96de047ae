package keyboard

import (
	"context"
	"io"
	"time"

	"polltop/poller/guard"
)

const (
	// readSize bounds, in bytes, one read of the terminal.
	readSize = 256
	// maxGrowth is by how much what is read may grow in the filter: a byte that is no
	// text becomes a character of four bytes, between two brackets of six.
	maxGrowth = 9
)

// Stream is a terminal at the other end of a connection. It reads as a Reader does.
type Stream struct {
	filter filter
	pieces chan []byte // closed at the end of the connection
	err    error       // why; set before that
}

// NewStream returns a Stream of what r reads, until ctx ends.
func NewStream(ctx context.Context, r io.Reader) *Stream {
	s := &Stream{pieces: make(chan []byte)}
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
func (s *Stream) Read(p []byte) (int, error) {
	f := &s.filter
	for {
		at, waits := f.deadline()
		if len(f.out) > 0 && (!waits || len(p)-len(f.out) < maxGrowth*readSize) {
			break
		}
		var expired <-chan time.Time
		if waits {
			expired = time.After(time.Until(at))
		}
		select {
		case b, more := <-s.pieces:
			if !more {
				return 0, s.err
			}
			f.take(b, time.Now())
		case <-expired:
			f.expire()
		}
	}
	n := copy(p, f.out)
	f.out = append(f.out[:0], f.out[n:]...)
	return n, nil
}
