package queue

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"polltop/poller/queue/guard"
)

const (
	// idleMost is how long a connection is kept that nothing is asked on.
	idleMost = 90 * time.Second
	// idleTrusted is how long a connection may have been idle to be used without a
	// look at it.
	idleTrusted = 10 * time.Millisecond
	// headerMost bounds the header of an answer, in bytes.
	headerMost = 64 << 10
	// interimMost is how many answers of "go on" (1xx) may come before the real one.
	interimMost = 5
)

var (
	// errLongHeader is an answer whose header has no end in sight.
	errLongHeader = errors.New("the header of the answer is longer than 64 KiB")
	// errInterim is an answer that does not get beyond "go on".
	errInterim = errors.New("the service announces an answer again and again, and gives none")
)

// direct asks an origin over plain HTTP/1.1 connections of its own. The goroutine
// that asks also writes and reads, where http.Transport hands each request to one
// goroutine and its answer to another: that is half of what a poll costs. What
// there is more to HTTP is left to that: TLS and so HTTP/2, proxies, requests with
// a body, redirects.
type direct struct {
	dial    dialFunc
	address string // with the port
	most    int

	mu     sync.Mutex
	idle   []*wire // the one used last is the last
	sweeps *time.Timer
	closed bool
}

// newDirect returns what asks the origin of a base without http.Transport, nil
// where that is needed.
func newDirect(base *Base, dial dialFunc, most int) *direct {
	if base.origin.Scheme != "http" || !plainHost(base.url.Host) {
		return nil
	}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: base.url}); proxy != nil || err != nil {
		return nil
	}
	return &direct{dial: dial, address: net.JoinHostPort(base.origin.Host, base.origin.Port), most: most}
}

// plainHost reports whether a host, perhaps with a port, is sent as it is written.
func plainHost(host string) bool {
	return host != "" && strings.IndexFunc(host, func(c rune) bool {
		return c > 127 || !plainByte(byte(c)) && c != ':' && c != '[' && c != ']'
	}) < 0
}

// directHead returns the lines behind the first one of every request with these
// headers to a host, as http.Request writes them, and "" where that would refuse
// or change one of them.
func directHead(host string, header http.Header) string {
	for name, values := range header {
		switch http.CanonicalHeaderKey(name) {
		case "Connection", "Content-Length", "Host", "Trailer", "Transfer-Encoding":
			return ""
		}
		if name == "" || strings.IndexFunc(name, func(c rune) bool { return c > 127 || !plainByte(byte(c)) }) >= 0 {
			return ""
		}
		for _, value := range values {
			if strings.TrimSpace(value) != value || strings.IndexFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) >= 0 {
				return ""
			}
		}
	}
	var b strings.Builder
	b.WriteString(" HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: " + header.Get("User-Agent") + "\r\n")
	_ = header.WriteSubset(&b, map[string]bool{"User-Agent": true}) // a Builder does not fail
	b.WriteString("\r\n")
	return b.String()
}

// get asks for a path, and returns the answer, whose body is still to be read. A
// connection that was used before may have been closed by the service meanwhile:
// where nothing came on it another one is used.
func (d *direct) get(e *exchange, path, head string) (*http.Response, error) {
	for {
		// A connection that is there already would not notice.
		if err := e.ctx.Err(); err != nil {
			return nil, err
		}
		w, err := d.take(e.ctx)
		if err != nil {
			return nil, err
		}
		e.holds(w)
		reused := w.answered
		response, err := w.get(path, head)
		switch {
		case err == nil && reused && response.StatusCode == http.StatusRequestTimeout && response.Close:
			// Some services say so of a connection that nothing was asked on, before
			// they close it.
		case err == nil:
			w.answered = true
			response.Body = &directBody{from: response.Body, of: d, wire: w, exchange: e, last: response.Close}
			return response, nil
		case !reused || w.began || e.ctx.Err() != nil:
			e.drops(w)
			return nil, err
		}
		e.drops(w)
	}
}

// take returns a connection that nothing is asked on: the one that was used last,
// or a new one.
func (d *direct) take(ctx context.Context) (*wire, error) {
	for w := d.takeIdle(); w != nil; w = d.takeIdle() {
		if time.Since(w.used) < idleTrusted || quiet(w.Conn) {
			return w, nil
		}
		w.Close() // it has ended, or what came is the answer to nothing
	}
	conn, err := d.dial(ctx, "tcp", d.address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: conn, left: -1}
	w.in = bufio.NewReader(w)
	return w, nil
}

// takeIdle returns the connection that was used last, nil for none.
func (d *direct) takeIdle() *wire {
	d.mu.Lock()
	defer d.mu.Unlock()
	last := len(d.idle) - 1
	if last < 0 {
		return nil
	}
	w := d.idle[last]
	d.idle[last], d.idle = nil, d.idle[:last]
	return w
}

// put takes a connection back whose answer was read to its end.
func (d *direct) put(w *wire) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed || len(d.idle) >= d.most || w.in.Buffered() > 0 {
		w.Close() // what came behind the answer is the answer to nothing
		return
	}
	w.used = time.Now()
	d.idle = append(d.idle, w)
	if d.sweeps == nil {
		d.sweeps = time.AfterFunc(idleMost, guard.Func(d.sweep))
	}
}

// sweep closes the connections that nothing was asked on for long.
func (d *direct) sweep() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, old := time.Now(), 0
	for old < len(d.idle) && now.Sub(d.idle[old].used) >= idleMost {
		d.idle[old].Close()
		old++
	}
	d.idle = append(d.idle[:0], d.idle[old:]...)
	if d.sweeps = nil; len(d.idle) > 0 {
		d.sweeps = time.AfterFunc(idleMost-now.Sub(d.idle[0].used), guard.Func(d.sweep))
	}
}

// close closes the connections that nothing is asked on, now and later.
func (d *direct) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for _, w := range d.idle {
		w.Close()
	}
	d.idle = nil
	if d.sweeps != nil {
		d.sweeps.Stop()
	}
}

// wire is a connection on which one thing is asked at a time.
type wire struct {
	net.Conn
	in       *bufio.Reader
	out      []byte
	left     int  // how many bytes more may be read of a header; less than 0 for any number
	answered bool // an answer has come on it
	began    bool // the answer to what is asked now has begun
	used     time.Time
}

// get asks for a path and reads the header of the answer.
func (w *wire) get(path, head string) (*http.Response, error) {
	w.began, w.left = false, headerMost
	defer func() { w.left = -1 }()
	w.out = append(append(append(w.out[:0], "GET "...), path...), head...)
	if _, err := w.Write(w.out); err != nil {
		return nil, err
	}
	if _, err := w.in.Peek(1); err != nil {
		return nil, err
	}
	w.began = true
	for range interimMost {
		response, err := http.ReadResponse(w.in, nil)
		if w.left == 0 {
			err = errLongHeader
		}
		if err != nil {
			return nil, fmt.Errorf("net/http: HTTP/1.x transport connection broken: %w", err)
		}
		if response.StatusCode >= 200 || response.StatusCode == http.StatusSwitchingProtocols {
			return response, nil
		}
	}
	return nil, errInterim
}

// Read reads from the connection, of a header so much as it may have.
func (w *wire) Read(b []byte) (int, error) {
	if w.left < 0 {
		return w.Conn.Read(b)
	}
	if w.left == 0 {
		return 0, errLongHeader
	}
	n, err := w.Conn.Read(b[:min(len(b), w.left)])
	w.left -= n
	return n, err
}

// directBody is the body of an answer. When it was read to its end, the connection
// is there for the next request; else it is closed, as what is left of the body
// may have no end.
type directBody struct {
	from     io.Reader
	of       *direct
	wire     *wire // nil when it was given back
	exchange *exchange
	last     bool // the service closes the connection behind the answer
}

// Read reads from the body.
func (b *directBody) Read(p []byte) (int, error) {
	if b.wire == nil {
		return 0, io.EOF
	}
	n, err := b.from.Read(p)
	if err == io.EOF {
		b.release(!b.last)
	}
	return n, err
}

// Close ends the reading.
func (b *directBody) Close() error {
	if b.wire != nil {
		b.release(false)
	}
	return nil
}

func (b *directBody) release(again bool) {
	w := b.wire
	b.wire = nil
	if again && b.exchange.lets(w) {
		b.of.put(w)
		return
	}
	b.exchange.drops(w)
}
