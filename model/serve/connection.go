package serve

import (
	"context"
	"io"
	"time"

	gossh "golang.org/x/crypto/ssh"

	"polltop/poller/guard"
)

// times bound how long a client that is not there, or takes nothing, stays connected.
type times struct {
	// ask is how often a client is asked whether it is there, answer how long its answer
	// may take.
	ask, answer time.Duration
	// stall is how long a client may take for a piece of its screen.
	stall time.Duration
}

// usual disconnects a client that is gone without a word within 45 s.
var usual = times{ask: 15 * time.Second, answer: 30 * time.Second, stall: 20 * time.Second}

// piece bounds, in bytes, what is written at once: a slow client has times.stall for each.
const piece = 8 << 10

// keepAlive asks a client whether it is there until ctx ends, and disconnects it when it
// does not answer. It returns when the client has closed its session.
func (t times) keepAlive(ctx context.Context, sess gossh.Channel, conn io.Closer) {
	ticker := time.NewTicker(t.ask)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		late := time.AfterFunc(t.answer, guard.Func(func() { conn.Close() }))
		_, err := sess.SendRequest("keepalive@openssh.com", true, nil)
		late.Stop()
		if err != nil {
			return
		}
	}
}

// screen is the terminal of a client. A client that takes nothing for a while is
// disconnected, and a write to it fails then.
type screen struct {
	sess  io.Writer
	conn  io.Closer
	gone  func() // called when a write fails
	stall time.Duration
}

// Write writes to the terminal.
func (s *screen) Write(p []byte) (written int, err error) {
	for len(p) > 0 {
		late := time.AfterFunc(s.stall, guard.Func(func() { s.conn.Close() }))
		n, err := s.sess.Write(p[:min(len(p), piece)])
		late.Stop()
		written += n
		if err != nil {
			s.gone()
			return written, err
		}
		p = p[n:]
	}
	return written, nil
}
