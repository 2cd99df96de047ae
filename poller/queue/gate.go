package queue

import (
	"context"
	"crypto/tls"
	"net"
	"net/http/httptrace"
	"sync"
)

// gate holds requests to an origin back while its one connection is being made.
// Over HTTP/2 all requests share a connection; but requests that start together,
// before there is one, would each make their own and throw all but one away. So
// the first goes alone until it has its connection, and the same again when the
// service has ended that one, as most do after a thousand requests. Where the
// connection is there but full, the one more that it takes is made while the
// others wait, which is no longer than a handshake. Over HTTP/1.1 each request
// under way needs a connection of its own, and the gate stays open.
type gate struct {
	mu      sync.Mutex
	known   bool          // whether a connection was ever made
	http1   bool          // the last one that was made does not speak HTTP/2
	pioneer *exchange     // the one that makes the connection; nil when none does
	opened  chan struct{} // closed when it has it, or has failed
}

// enter lets an exchange through, at once or when a connection can be had. It
// returns an error when the exchange is over before that.
func (g *gate) enter(e *exchange) error {
	g.mu.Lock()
	e.gate.Store(g)
	e.connected = false
	if g.pioneer == nil {
		if !g.known {
			g.shut(e)
		}
		g.mu.Unlock()
		return nil
	}
	opened := g.opened
	g.mu.Unlock()
	select {
	case <-opened:
		return nil
	case <-e.ctx.Done():
		return context.Cause(e.ctx)
	}
}

// shut makes an exchange the one that the others wait for, unless one is or it
// has its connection.
func (g *gate) shut(e *exchange) {
	if g.pioneer == nil && !g.http1 && !e.connected {
		g.pioneer, g.opened = e, make(chan struct{})
	}
}

// open lets the others pass, if it was this exchange that they waited for.
func (g *gate) open(e *exchange) {
	if g.pioneer == e {
		g.pioneer = nil
		close(g.opened)
	}
}

// dialing notes that an exchange found no connection to use and makes one.
func (g *gate) dialing(e *exchange) {
	g.mu.Lock()
	defer g.mu.Unlock()
	// A connection is made on when its exchange is over, and may begin to be so late.
	if e.gate.Load() == g {
		g.shut(e)
	}
}

// got notes that an exchange has a connection, and of what kind a new one is.
func (g *gate) got(e *exchange, info httptrace.GotConnInfo) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !info.Reused {
		conn, _ := info.Conn.(*tls.Conn)
		g.known, g.http1 = true, conn == nil || conn.ConnectionState().NegotiatedProtocol != "h2"
	}
	e.connected = true
	g.open(e)
}

// leave notes that an exchange is over.
func (g *gate) leave(e *exchange) {
	g.mu.Lock()
	defer g.mu.Unlock()
	e.gate.Store(nil)
	g.open(e)
}

// dialFunc opens a connection.
type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// watched returns dial, which first tells the gate of the exchange that it is
// called for.
func watched(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
			if g := e.gate.Load(); g != nil {
				g.dialing(e)
			}
		}
		return dial(ctx, network, addr)
	}
}
