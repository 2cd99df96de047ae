package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"charm.land/ssh"
	"charm.land/wish/v2"
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
	Access Access
	// HostKey is the file of the server's key.
	HostKey string
	// Poller polls for all dashboards.
	Poller poller.Runner
	// Dashboard is what all dashboards have in common.
	Dashboard model.Options
	// Downloads downloads outputs for operators; nil where that is off.
	Downloads actions.Downloader
	// NewCatcher returns a catcher for the panics of one dashboard, which end that alone.
	NewCatcher func() *crash.Catcher
	// Log is told what happens, a line each.
	Log func(text string)

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
