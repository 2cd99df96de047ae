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
	// handshakeTimeout bounds the time until a client has authenticated.
	handshakeTimeout = 20 * time.Second
	// idleTimeout is how long a connection without traffic stays open, such as one without a dashboard.
	idleTimeout = 45 * time.Second
	// maxConnections bounds the connections, also those that have not authenticated yet. Further ones
	// wait.
	maxConnections = 2 * maxMembers
	// shutdownTimeout bounds the time in which the clients' terminals are restored at the end.
	// flushTimeout bounds the wait for the poller after that. Their sum is below crash.ExitTimeout.
	shutdownTimeout = 700 * time.Millisecond
	flushTimeout    = time.Second
)

// Options configure a Server.
type Options struct {
	Access     Access
	HostKey    string                // the path of the server's private key
	Poller     poller.Runner         // polls for all dashboards
	Dashboard  model.Options         // the options that all dashboards have in common
	Downloads  actions.Downloader    // downloads outputs for operators; nil if that is off
	NewCatcher func() *crash.Catcher // returns a catcher for the panics of one dashboard, which end only that one
	Log        func(text string)     // is called with each event, a line of text

	timeouts timeouts // zero for defaultTimeouts
}

// Server serves dashboards over ssh.
type Server struct {
	options Options
	ssh     *ssh.Server
	hub     *hub
}

// New returns a server. It creates the host key if there is none.
func New(o Options) (*Server, error) {
	key, err := hostKeyOption(o.HostKey)
	if err != nil {
		return nil, err
	}
	if o.timeouts == (timeouts{}) {
		o.timeouts = defaultTimeouts
	}
	s := &Server{options: o, hub: newHub(o.Poller, o.Downloads, o.Log)}
	s.ssh, err = wish.NewServer(key,
		wish.WithVersion("polltop"),
		wish.WithIdleTimeout(idleTimeout),
		wish.WithPublicKeyAuth(func(_ ssh.Context, key ssh.PublicKey) bool {
			_, ok := o.Access.identify(key)
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

// Run polls, and serves the connections to a listener, until ctx ends. Then it waits for the poller to
// write everything, at most flushTimeout.
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
	guard.Go(func() { failed <- s.ssh.Serve(netutil.LimitListener(listener, maxConnections)) })
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.hub.end()
	ending, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	_ = s.ssh.Shutdown(ending) // Close disconnects the remaining clients
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

// hostKeyOption returns the option that sets the server's key, and creates the key if its file does not
// exist.
func hostKeyOption(path string) (ssh.Option, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("the host key has no place: %w", err)
	}
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("others can read the host key %s (mode %04o), and so pass for this server: chmod 600 it, or delete it for a new one", path, info.Mode().Perm())
	}
	return wish.WithHostKeyPath(path), nil
}

// Fingerprint returns the fingerprint of the server's key, as ssh shows it at the first connection.
func (s *Server) Fingerprint() string {
	return gossh.FingerprintSHA256(s.ssh.HostSigners[0].PublicKey())
}

// timeouts bound how long a client that does not answer or read stays connected.
type timeouts struct {
	keepAliveInterval time.Duration // the time between two keep-alive requests
	keepAliveAnswer   time.Duration // bounds the wait for the answer to one
	write             time.Duration // bounds one write of at most maxWrite bytes
}

// defaultTimeouts disconnect a client that has vanished within 45 s.
var defaultTimeouts = timeouts{keepAliveInterval: 15 * time.Second, keepAliveAnswer: 30 * time.Second, write: 20 * time.Second}

// maxWrite bounds what is written to a client at once, in bytes, so that a slow one has
// timeouts.write for each part.
const maxWrite = 8 << 10

// keepAlive sends keep-alive requests to a client until ctx ends or the client has closed its session. It
// disconnects a client that does not answer.
func (t timeouts) keepAlive(ctx context.Context, sess gossh.Channel, conn io.Closer) {
	ticker := time.NewTicker(t.keepAliveInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		late := time.AfterFunc(t.keepAliveAnswer, guard.Func(func() { conn.Close() }))
		_, err := sess.SendRequest("keepalive@openssh.com", true, nil)
		late.Stop()
		if err != nil {
			return
		}
	}
}

// clientWriter writes to the terminal of a client. It disconnects a client that does not read for the
// time-out; the write fails then.
type clientWriter struct {
	sess    io.Writer
	conn    io.Closer
	failed  func() // is called when a write fails
	timeout time.Duration
}

func (w *clientWriter) Write(p []byte) (written int, err error) {
	for len(p) > 0 {
		late := time.AfterFunc(w.timeout, guard.Func(func() { w.conn.Close() }))
		n, err := w.sess.Write(p[:min(len(p), maxWrite)])
		late.Stop()
		written += n
		if err != nil {
			w.failed()
			return written, err
		}
		p = p[n:]
	}
	return written, nil
}
