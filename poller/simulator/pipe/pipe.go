package pipe

import (
	"context"
	"errors"
	"net"
	"sync"
)

// errPipeClosed is the dialer's error after the listener was closed.
var errPipeClosed = errors.New("connection refused: the pipe's listener is closed")

// Listen returns a listener in memory and its dialer, which accepts any address. Unlike those of a
// socket, its blocking reads and writes are known to testing/synctest.
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

// dial returns one end of a new connection; Accept returns the other.
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

// Close makes Accept and the dialer fail.
func (p *pipe) Close() error {
	p.close.Do(func() { close(p.done) })
	return nil
}

// Addr returns the address of the network "pipe".
func (p *pipe) Addr() net.Addr { return pipeAddr("pipe") }

// pipeAddr is the address of a pipe.
type pipeAddr string

func (pipeAddr) Network() string  { return "pipe" }
func (a pipeAddr) String() string { return string(a) }
