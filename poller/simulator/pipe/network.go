package pipe

import (
	"context"
	"net"
	"os"
	"sync"
	"syscall"

	"polltop/poller/guard"
)

// Dialer opens a connection; it has the type of http.Transport.DialContext.
type Dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// NetworkState is the state of a Network.
type NetworkState uint8

const (
	// Up delivers everything.
	Up NetworkState = iota
	// NoName resolves no name. Open connections stay.
	NoName
	// Refuses refuses new connections, like a host without a listener.
	Refuses
	// Drops loses every packet: dialing hangs, and what is sent or was under
	// way arrives when the network is up again, if anybody still waits.
	Drops
)

// Network is a network between a client and a server that can fail. It wraps a dialer, and is safe for
// concurrent use.
type Network struct {
	dial Dialer

	mu      sync.Mutex
	state   NetworkState
	changed chan struct{} // closed when the state changes
	conns   map[*link]struct{}
	dialed  map[string]int
}

// NewNetwork returns a network that is up.
func NewNetwork(dial Dialer) *Network {
	return &Network{dial: dial, changed: make(chan struct{}), conns: map[*link]struct{}{}, dialed: map[string]int{}}
}

// Set changes the state of the network.
func (n *Network) Set(state NetworkState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.state = state
	close(n.changed)
	n.changed = make(chan struct{})
}

// Cut breaks all open connections.
func (n *Network) Cut() {
	n.mu.Lock()
	open := make([]*link, 0, len(n.conns))
	for c := range n.conns {
		open = append(open, c)
	}
	n.mu.Unlock()
	for _, c := range open {
		c.Close()
	}
}

// Open returns how many connections are open.
func (n *Network) Open() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.conns)
}

// Dialed returns how often each address was dialed, host and port.
func (n *Network) Dialed() map[string]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	dialed := make(map[string]int, len(n.dialed))
	for addr, count := range n.dialed {
		dialed[addr] = count
	}
	return dialed
}

// Dial opens a connection, or fails as the network's state says.
func (n *Network) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	n.mu.Lock()
	n.dialed[addr]++
	n.mu.Unlock()
	for {
		state, changed := n.now()
		switch state {
		case NoName:
			host, _, err := net.SplitHostPort(addr)
			if err != nil {
				host = addr
			}
			return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
		case Refuses:
			return nil, &net.OpError{Op: "dial", Net: network, Addr: pipeAddr(addr), Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
		case Up:
			return n.connect(ctx, network, addr)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, &net.OpError{Op: "dial", Net: network, Addr: pipeAddr(addr), Err: ctx.Err()}
		}
	}
}

// now returns the state, and a channel that is closed when it changes.
func (n *Network) now() (NetworkState, <-chan struct{}) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.state, n.changed
}

// connect opens and counts a connection.
func (n *Network) connect(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := n.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	c := &link{Conn: conn, network: n, wake: make(chan struct{}, 1), closed: make(chan struct{})}
	n.mu.Lock()
	n.conns[c] = struct{}{}
	n.mu.Unlock()
	guard.Go(c.send)
	return c, nil
}

// link is the client's end of a connection over a Network. As on a socket, writing does not wait for
// the other side to read. Otherwise a client that stops reading, as TLS does after a wrong certificate,
// and a server that still writes would wait for each other.
type link struct {
	net.Conn
	network *Network
	wake    chan struct{} // holds a token while there is something to send
	closed  chan struct{}
	once    sync.Once

	mu    sync.Mutex
	queue []byte // what is to be sent
	err   error  // why nothing can be sent any more
}

// Read returns what has arrived, once the network is up.
func (c *link) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if !c.pass() {
		return 0, net.ErrClosed
	}
	return n, err
}

// Write sends b, once the network is up.
func (c *link) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return 0, c.err
	}
	c.queue = append(c.queue, b...)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return len(b), nil
}

// send sends what is written until the connection is closed or cut.
func (c *link) send() {
	for {
		select {
		case <-c.wake:
		case <-c.closed:
			return
		}
		if !c.pass() {
			return
		}
		c.mu.Lock()
		b := c.queue
		c.queue = nil
		c.mu.Unlock()
		if _, err := c.Conn.Write(b); err != nil {
			c.mu.Lock()
			c.err = err
			c.mu.Unlock()
			return
		}
	}
}

// pass waits while packets are dropped. It returns false if the connection is closed meanwhile.
func (c *link) pass() bool {
	for {
		state, changed := c.network.now()
		if state != Drops {
			return true
		}
		select {
		case <-changed:
		case <-c.closed:
			return false
		}
	}
}

// Close closes the connection. What was not sent is lost.
func (c *link) Close() error {
	c.once.Do(func() {
		close(c.closed)
		c.network.mu.Lock()
		delete(c.network.conns, c)
		c.network.mu.Unlock()
	})
	return c.Conn.Close()
}
