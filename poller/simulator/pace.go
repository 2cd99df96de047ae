package simulator

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// paced sends a body slowly. It is the http.ResponseWriter of one request.
type paced struct {
	http.ResponseWriter
	server  *Server
	request *http.Request
	each    int // bytes sent at once
	pause   time.Duration
}

// newPaced returns a writer that sends so many bytes a second, 0 being
// defaultRate.
func newPaced(s *Server, w http.ResponseWriter, r *http.Request, rate int) *paced {
	if rate <= 0 {
		rate = defaultRate
	}
	p := &paced{ResponseWriter: w, server: s, request: r, each: rate, pause: time.Second}
	if rate >= 20 {
		// Ten times a second, so that a progress bar moves.
		p.each, p.pause = rate/10, 100*time.Millisecond
	}
	return p
}

// Unwrap lets http.NewResponseController find the writer below.
func (p *paced) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// Write sends all of it, with a pause before each part, unless the client leaves
// or the server closes before.
func (p *paced) Write(body []byte) (int, error) {
	controller := http.NewResponseController(p.ResponseWriter)
	for sent := 0; sent < len(body); {
		part := body[sent:min(len(body), sent+p.each)]
		timer := time.NewTimer(p.pause * time.Duration(len(part)) / time.Duration(p.each))
		select {
		case <-timer.C:
		case <-p.request.Context().Done():
			timer.Stop()
			return sent, p.request.Context().Err()
		case <-p.server.done:
			timer.Stop()
			return sent, http.ErrServerClosed
		}
		n, err := p.ResponseWriter.Write(part)
		sent += n
		if err != nil {
			return sent, err
		}
		if err := controller.Flush(); err != nil {
			return sent, err
		}
	}
	return len(body), nil
}

// breaking sends the first half of the announced body and resets the connection.
type breaking struct {
	http.ResponseWriter
	left int // bytes until it breaks; negative until the body begins
}

// Unwrap lets http.NewResponseController find the writer below.
func (b *breaking) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// Write sends what is left of the half, and does not return after it.
func (b *breaking) Write(body []byte) (int, error) {
	if b.left < 0 {
		// Without a length, as of an error page, it breaks at once.
		length, _ := strconv.Atoi(b.Header().Get("Content-Length"))
		b.left = length / 2
	}
	if len(body) < b.left {
		b.left -= len(body)
		return b.ResponseWriter.Write(body)
	}
	// Errors mean that the client was faster to break the connection.
	_, _ = b.ResponseWriter.Write(body[:b.left])
	_ = http.NewResponseController(b.ResponseWriter).Flush()
	reset(b.ResponseWriter)
	panic(http.ErrAbortHandler)
}

// reset breaks the connection of an answer, by a reset where it is on TCP.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// No connection of its own (HTTP/2, a recorder): the server's way to
		// break off, which the caller takes, is the nearest thing.
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		// Without lingering, closing sends RST. It fails only on a closed one.
		_ = tcp.SetLinger(0)
	}
	conn.Close()
}
