package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"charm.land/ssh"
	"charm.land/wish/v2"
	gossh "golang.org/x/crypto/ssh"
	"golang.org/x/net/netutil"

	"polltop/model"
	"polltop/model/actions"
	"polltop/model/crash"
	"polltop/poller"
	"polltop/poller/guard"
)

const (
	// handshakeTimeout bounds the time until a client has shown its key.
	handshakeTimeout = 20 * time.Second
	// idleTimeout ends a connection on which nothing is sent or received, such as one
	// that opens no dashboard.
	idleTimeout = 45 * time.Second
	// connectionsMost bounds the connections, those that are still to show a key among
	// them: further ones wait.
	connectionsMost = 2 * membersMost
	// farewellTimeout bounds the restoring of the clients' terminals at the end, and
	// flushTimeout the writing of what is known to disk: both within crash.ExitTimeout.
	farewellTimeout = 700 * time.Millisecond
	flushTimeout    = time.Second
)

// Options say what a server serves.
type Options struct {
	Access     Access
	HostKey    string                // the file of the server's key
	Poller     poller.Runner         // polls for all dashboards
	Dashboard  model.Options         // what all dashboards have in common
	Downloads  actions.Downloader    // downloads outputs for operators; nil where that is off
	NewCatcher func() *crash.Catcher // returns a catcher for the panics of one dashboard, which end that alone
	Log        func(text string)     // is called with what happens, a line each

	times times // usual where there are none
}

// Server is a server of dashboards.
type Server struct {
	options Options
	ssh     *ssh.Server
	hub     *hub
}

// New returns a server, which has its host key.
func New(o Options) (*Server, error) {
	key, err := hostKey(o.HostKey)
	if err != nil {
		return nil, err
	}
	if o.times == (times{}) {
		o.times = usual
	}
	s := &Server{options: o, hub: newHub(o.Poller, o.Downloads, o.Log)}
	s.ssh, err = wish.NewServer(key,
		wish.WithVersion("polltop"),
		wish.WithIdleTimeout(idleTimeout),
		wish.WithPublicKeyAuth(func(_ ssh.Context, key ssh.PublicKey) bool {
			_, ok := o.Access.find(key)
			return ok
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("the host key %s can't be used: %w", o.HostKey, err)
	}
	s.ssh.Handler = s.handle
	s.ssh.HandshakeTimeout = handshakeTimeout
	return s, nil
}

// Run polls, and serves the connections to a listener, until ctx ends. All that is known
// is on disk when it returns.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	polling, stop := context.WithCancel(context.Background())
	defer stop()
	polled := make(chan struct{})
	guard.Go(func() {
		defer close(polled)
		s.options.Poller.Run(polling)
	})
	guard.Go(func() { s.hub.run(polling) })
	failed := make(chan error, 1)
	guard.Go(func() { failed <- s.ssh.Serve(netutil.LimitListener(listener, connectionsMost)) })
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.hub.end()
	ending, cancel := context.WithTimeout(context.Background(), farewellTimeout)
	defer cancel()
	_ = s.ssh.Shutdown(ending) // the clients that are still there are disconnected
	s.ssh.Close()
	stop()
	select {
	case <-polled:
	case <-time.After(flushTimeout):
	}
	if errors.Is(err, ssh.ErrServerClosed) {
		return nil
	}
	return err
}

// hostKey returns the option that sets the server's key, which is made where the file is
// not there yet.
func hostKey(path string) (ssh.Option, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("the host key has no place: %w", err)
	}
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others can read the host key %s (mode %04o), and so pass for this server: chmod 600 it, or delete it for a new one", path, info.Mode().Perm())
	}
	return wish.WithHostKeyPath(path), nil
}

// Fingerprint returns the fingerprint of a server's key, as ssh shows it to those who
// connect for the first time.
func (s *Server) Fingerprint() string {
	return gossh.FingerprintSHA256(s.ssh.HostSigners[0].PublicKey())
}

// times bound how long a client that is not there, or takes nothing, stays connected.
type times struct {
	ask    time.Duration // how often a client is asked whether it is there
	answer time.Duration // how long its answer may take
	stall  time.Duration // how long a client may take for a piece of its screen
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
