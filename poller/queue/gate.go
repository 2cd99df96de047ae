package queue

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"polltop/poller/queue/guard"
)

// gate lets the requests to an origin make one connection at a time, as long as
// the origin speaks HTTP/2. There all requests share a connection; but those that
// start before there is one would each make their own, and throw all but the first
// away. The same happens whenever a service ends the shared connection, as most do
// after a thousand requests. So the first dials, and the others wait until that
// has led to something: to a connection, which they are given, or to a failure, or
// to HTTP/1.1, where each needs a connection of its own: then they dial as well.
// Where a connection is full, as services allow some hundred requests on it at
// once, one more is made in the same way.
type gate struct {
	made atomic.Int64 // how many connections were made that requests share

	mu    sync.Mutex
	http1 bool // the last connection that was made is not one that requests share
	first *attempt
}

// attempt is a connection that is being made, from its dialing until it is used,
// closed or no connection to share.
type attempt struct {
	net.Conn
	gate   *gate
	http2  bool          // whether the handshake has shown that requests can share it
	shared bool          // whether it led to a connection to share
	done   chan struct{} // closed at its end
}

// errShared says that another connection was made meanwhile, to be shared.
var errShared = errors.New("another connection can be shared")

// begins notes that an exchange is about to look for a connection to share.
func (g *gate) begins(e *exchange) { e.made.Store(g.made.Load()) }

// wants notes that an exchange has none, and waits to be given one: it found none,
// or the service has ended the one that it had.
func (g *gate) wants(e *exchange) { e.connected.Store(false) }

// got notes that an exchange has its connection.
func (g *gate) got(e *exchange, conn net.Conn) {
	e.connected.Store(true)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.first == nil {
		return
	}
	for conn != nil {
		if conn == net.Conn(g.first) {
			g.end(g.first, true)
			return
		}
		wrapped, _ := conn.(interface{ NetConn() net.Conn })
		if wrapped == nil {
			return
		}
		conn = wrapped.NetConn()
	}
}

// greeted notes how the TLS handshake of a connection went, and of the attempt that
// it belongs to, nil where nobody waits for it.
func (g *gate) greeted(a *attempt, state tls.ConnectionState, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.http1 = state.NegotiatedProtocol != "h2"
	}
	if a != nil {
		if a.http2 = err == nil && !g.http1; !a.http2 {
			g.end(a, false)
		}
	}
}

// Close closes the connection, which ends the attempt: the transport closes one
// over HTTP/2 that turned out not to be needed.
func (a *attempt) Close() error {
	a.gate.mu.Lock()
	a.gate.end(a, a.http2)
	a.gate.mu.Unlock()
	return a.Conn.Close()
}

// end ends an attempt, once, and notes whether there is a connection to share now.
func (g *gate) end(a *attempt, shared bool) {
	if g.first != a {
		return
	}
	if a.shared = shared; shared {
		g.made.Add(1)
	}
	g.first = nil
	close(a.done)
}

// turn waits for the exchange's turn to make a connection. It returns the attempt to
// make it with, nil where none needs to wait for that; or errShared when there is
// no need to make it any more.
func (g *gate) turn(ctx context.Context, e *exchange) (*attempt, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if first := g.first; first != nil && !g.http1 && g.needs(e) {
		g.mu.Unlock()
		select {
		case <-first.done:
		case <-ctx.Done():
		}
		g.mu.Lock()
		if first.shared {
			return nil, errShared
		}
		return nil, ctx.Err()
	}
	switch {
	case g.http1:
		return nil, nil
	case !g.needs(e):
		return nil, errShared
	}
	g.first = &attempt{gate: g, done: make(chan struct{})}
	e.attempt.Store(g.first)
	return g.first, nil
}

// needs reports whether a new connection is of use to an exchange: none was made
// since it looked for one, and it has none. The transport makes one also for a
// request that is over or has got another one meanwhile.
func (g *gate) needs(e *exchange) bool {
	return e.gate.Load() == g && !e.connected.Load() && e.made.Load() == g.made.Load()
}

// dialFunc opens a connection.
type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// gated returns dial behind the gate of the exchange that it is called for.
func gated(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (conn net.Conn, err error) {
		defer guard.Error(&err) // the transport dials in goroutines of its own
		e, _ := ctx.Value(exchangeKey{}).(*exchange)
		if e == nil {
			return dial(ctx, network, addr)
		}
		g := e.gate.Load()
		if g == nil {
			return dial(ctx, network, addr)
		}
		a, err := g.turn(ctx, e)
		if err != nil {
			return nil, err
		}
		conn, err = dial(ctx, network, addr)
		if a == nil {
			return conn, err
		}
		if err != nil {
			e.attempt.Store(nil)
			g.mu.Lock()
			defer g.mu.Unlock()
			g.end(a, false)
			return nil, err
		}
		a.Conn = conn
		return a, nil
	}
}

// sharing is a transport whose requests look again for a connection when another
// one than their own was made to be shared.
type sharing struct{ *http.Transport }

// RoundTrip makes a request.
func (s sharing) RoundTrip(request *http.Request) (*http.Response, error) {
	for {
		if e, ok := request.Context().Value(exchangeKey{}).(*exchange); ok {
			if g := e.gate.Load(); g != nil {
				g.begins(e)
			}
		}
		// errShared is the failure to dial, so nothing has been sent yet.
		response, err := s.Transport.RoundTrip(request)
		if err == nil || !errors.Is(err, errShared) {
			return response, err
		}
	}
}
