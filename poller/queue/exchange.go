package queue

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"polltop/poller/queue/guard"
)

// firstRead is how much of an answer there is room for at first when its length
// is not told, in bytes; a told one is believed up to mostTold.
const (
	firstRead = 512
	mostTold  = 16 << 10
)

// exchange is what one request and its answer need, and what the next request
// can use again: a context that ends with the caller's, and the timer that ends
// it when the time is up. To make both anew for each poll is a good part of what
// a poll costs. An exchange that did not come to a good end is not used again,
// since the transport may still hold its context.
type exchange struct {
	parent  context.Context
	ctx     context.Context
	cancel  context.CancelCauseFunc
	timer   *time.Timer
	request *http.Request // what all requests start from: it holds ctx

	gate      atomic.Pointer[gate]    // of the origin that is asked; nil for none
	attempt   atomic.Pointer[attempt] // its own, until the TLS handshake
	made      atomic.Int64            // how many shared connections there had been when it looked for one
	connected atomic.Bool             // whether it has one

	wire   atomic.Pointer[wire] // what it asks on without http.Transport; nil for none
	breaks bool                 // whether its end breaks off what is read there
}

// exchangeKey is where an exchange's context keeps the exchange.
type exchangeKey struct{}

// exchanges are the ones that wait to be used again.
type exchanges struct {
	timeout time.Duration
	most    int

	mu    sync.Mutex
	spare []*exchange
}

// begin returns an exchange that ends with parent, or when the time-out has
// passed from now on. It must be given to end.
func (x *exchanges) begin(parent context.Context) *exchange {
	for {
		e := x.take()
		if e == nil {
			return newExchange(parent, x.timeout)
		}
		if e.parent == parent {
			e.timer.Reset(x.timeout)
			return e
		}
		e.cancel(nil)
	}
}

// take returns a spare exchange, nil when there is none.
func (x *exchanges) take() *exchange {
	x.mu.Lock()
	defer x.mu.Unlock()
	last := len(x.spare) - 1
	if last < 0 {
		return nil
	}
	e := x.spare[last]
	x.spare[last], x.spare = nil, x.spare[:last]
	return e
}

// end takes an exchange back. It is kept for the next request when the whole
// answer was read in time.
func (x *exchanges) end(e *exchange, whole bool) {
	inTime := e.timer.Stop()
	e.gate.Store(nil)
	if whole && inTime && e.attempt.Load() == nil && reflect.ValueOf(e.parent).Comparable() {
		x.mu.Lock()
		defer x.mu.Unlock()
		if len(x.spare) < x.most {
			x.spare = append(x.spare, e)
			return
		}
	}
	e.cancel(nil)
}

// drop lets go of all spare exchanges.
func (x *exchanges) drop() {
	for e := x.take(); e != nil; e = x.take() {
		e.cancel(nil)
	}
}

// newExchange returns an exchange whose time runs.
func newExchange(parent context.Context, timeout time.Duration) *exchange {
	e := &exchange{parent: parent}
	traced := httptrace.WithClientTrace(context.WithValue(parent, exchangeKey{}, e), &httptrace.ClientTrace{
		GetConn: e.getConn, GotConn: e.gotConn, TLSHandshakeDone: e.greeted,
	})
	e.ctx, e.cancel = context.WithCancelCause(traced)
	e.timer = time.AfterFunc(timeout, func() { e.cancel(context.DeadlineExceeded) })
	e.request = (&http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}).WithContext(e.ctx)
	return e
}

// why returns what ended the exchange where its time or the caller did, else the
// error that there was.
func (e *exchange) why(err error) error {
	if e.ctx.Err() != nil {
		return context.Cause(e.ctx)
	}
	return err
}

// holds notes the connection that the exchange asks on: at its end it is closed,
// which breaks off what is being read.
func (e *exchange) holds(w *wire) {
	e.wire.Store(w)
	if !e.breaks {
		e.breaks = true
		context.AfterFunc(e.ctx, guard.Func(func() {
			if w := e.wire.Swap(nil); w != nil {
				w.Close()
			}
		}))
	} else if e.ctx.Err() != nil {
		e.drops(w)
	}
}

// lets lets go of the connection, and reports whether it is still open.
func (e *exchange) lets(w *wire) bool { return e.wire.CompareAndSwap(w, nil) }

// drops closes the connection.
func (e *exchange) drops(w *wire) {
	if e.lets(w) {
		w.Close()
	}
}

// getConn, gotConn and greeted tell the gate how the exchange gets its connection.
func (e *exchange) getConn(string) {
	if g := e.gate.Load(); g != nil {
		g.wants(e)
	}
}

func (e *exchange) gotConn(info httptrace.GotConnInfo) {
	if g := e.gate.Load(); g != nil {
		g.got(e, info.Conn)
	}
}

func (e *exchange) greeted(state tls.ConnectionState, err error) {
	defer guard.Catch() // the transport shakes hands in goroutines of its own
	a, g := e.attempt.Swap(nil), e.gate.Load()
	if a != nil {
		g = a.gate
	}
	if g != nil {
		g.greeted(a, state, err)
	}
}

// ask returns a request for a path on a base's own scheme and host: what
// http.NewRequest makes of such an address, without reading the address.
func (e *exchange) ask(method string, base *Base, path string, header http.Header) *http.Request {
	made := &struct {
		request http.Request
		url     url.URL
	}{*e.request, url.URL{Scheme: base.url.Scheme, Host: base.url.Host, Path: path}}
	made.request.Method, made.request.URL, made.request.Host, made.request.Header = method, &made.url, base.url.Host, header
	return &made.request
}

// readAnswer reads an answer to its end, as a connection can be used again only
// then, and reports whether it came to that: of a long one it reads one byte more
// than MaxAnswerBytes.
func readAnswer(response *http.Response) (body []byte, whole bool, err error) {
	size := response.ContentLength
	if size < 0 || size > mostTold {
		size = firstRead
	}
	// One byte more shows the end without another piece of memory.
	body = make([]byte, 0, size+1)
	for {
		room := min(cap(body), MaxAnswerBytes+1)
		n, err := response.Body.Read(body[len(body):room])
		body = body[:len(body)+n]
		switch {
		case err == io.EOF:
			return body, true, nil
		case err != nil:
			return nil, false, err
		case len(body) > MaxAnswerBytes:
			return body, false, nil
		case len(body) == cap(body):
			body = append(body, 0)[:len(body)]
		}
	}
}
