package pipe

import (
	"context"
	"errors"
	"net"
	"sync"
)

// errPipeClosed is the dialer's error when nobody listens any more.
var errPipeClosed = errors.New("connection refused: the pipe's listener is closed")

// Listen returns a listener in memory and the function that dials it, whatever
// the address: for http.Transport.DialContext. Reads and writes on it block in
// a way that testing/synctest understands, which those of a socket do not.
func Listen() (net.Listener, Dialer) {
	p := &pipe{conns: make(chan net.Conn), done: make(chan struct{})}
	return p, p.dial
}

// pipe is a listener whose connections are pairs of net.Pipe.
type pipe struct {
	conns chan net.Conn
	done  chan struct{}
	close sync.Once
}

// dial hands one end of a new connection to Accept and returns the other.
func (p *pipe) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	server, client := net.Pipe()
	var err error
	select {
	case p.conns <- server:
		return client, nil
	case <-p.done:
		err = errPipeClosed
	case <-ctx.Done():
		err = ctx.Err()
	}
	server.Close()
	client.Close()
	return nil, &net.OpError{Op: "dial", Net: network, Addr: pipeAddr(addr), Err: err}
}

// Accept returns the next connection that is dialed.
func (p *pipe) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close makes Accept and the dialer fail from now on.
func (p *pipe) Close() error {
	p.close.Do(func() { close(p.done) })
	return nil
}

// Addr returns an address that says that this is no network.
func (p *pipe) Addr() net.Addr { return pipeAddr("pipe") }

// pipeAddr is an address on a pipe: any text.
type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }
