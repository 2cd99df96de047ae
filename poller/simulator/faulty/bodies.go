package faulty

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"

	"polltop/poller/simulator"
)

// hugeSize is how much HugeBody sends.
const hugeSize = 256 << 20

// padded is the beginning of JSON in which a text follows.
const padded = `{"status":"IN_PROGRESS","padding":"`

// truth returns the right status answer; where the request is not about a task, that of one that
// waits.
func truth(x *simulator.Exchange) string {
	asked := *x
	recorder := httptest.NewRecorder()
	asked.Writer = recorder
	asked.Status()
	return recorder.Body.String()
}

// slowHeaders waits until the client leaves.
func slowHeaders(x *simulator.Exchange, _ simulator.Fault) {
	<-x.Request.Context().Done()
	// To return would send an empty answer 200.
	panic(http.ErrAbortHandler)
}

// drip sends the right answer so slowly that no client should have patience.
func drip(x *simulator.Exchange, _ simulator.Fault) {
	body := truth(x)
	x.Writer.Header().Set("Content-Type", "application/json")
	x.Writer.Header().Set("Content-Length", strconv.Itoa(len(body)))
	controller := http.NewResponseController(x.Writer)
	for i := range body {
		if i > 0 && !wait(x, time.Second) {
			// The length that was announced is not kept, so the server breaks
			// the connection.
			return
		}
		if _, err := io.WriteString(x.Writer, body[i:i+1]); err != nil {
			return
		}
		if err := controller.Flush(); err != nil {
			return
		}
	}
}

// endless sends the beginning of valid JSON and never its end.
func endless(x *simulator.Exchange, _ simulator.Fault) {
	x.Writer.Header().Set("Content-Type", "application/json")
	if _, err := io.WriteString(x.Writer, padded); err != nil {
		return
	}
	controller := http.NewResponseController(x.Writer)
	chunk := bytes.Repeat([]byte("a"), 1<<10)
	for {
		if _, err := x.Writer.Write(chunk); err != nil {
			return
		}
		if err := controller.Flush(); err != nil {
			return
		}
		if !wait(x, time.Second) {
			// To return would end the body in order.
			panic(http.ErrAbortHandler)
		}
	}
}

// huge sends more than any status answer can need, as the beginning of valid JSON.
func huge(x *simulator.Exchange, _ simulator.Fault) {
	x.Writer.Header().Set("Content-Type", "application/json")
	if _, err := io.WriteString(x.Writer, padded); err != nil {
		return
	}
	chunk := bytes.Repeat([]byte("a"), 64<<10)
	for sent := 0; sent < hugeSize; sent += len(chunk) {
		if _, err := x.Writer.Write(chunk); err != nil {
			return
		}
	}
	// An error means that the client has left, and nobody reads it.
	_, _ = io.WriteString(x.Writer, `"}`)
}

// redirect answers 302 to an address.
func redirect(x *simulator.Exchange, address string) {
	x.Writer.Header().Set("Location", address)
	x.Writer.WriteHeader(http.StatusFound)
}

// redirectToItself answers 302 to the same address with RedirectedQuery.
func redirectToItself(x *simulator.Exchange, _ simulator.Fault) {
	redirect(x, x.Request.URL.Path+"?"+simulator.RedirectedQuery)
}

// cut has the connection broken once the request is answered: by a reset, or by closing it in
// order. The writer leads to the client until then.
func cut(x *simulator.Exchange, reset bool) *bufio.ReadWriter {
	conn, buffer, err := http.NewResponseController(x.Writer).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2 and recorders have no connection of the request's own
	}
	x.ConnToClose = conn
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		// Without lingering, closing sends RST. It fails only on a closed one.
		_ = tcp.SetLinger(0)
	}
	return buffer
}

// half sends the first half of an answer with a body, and has the connection broken: by a reset,
// or by closing it in order.
func half(x *simulator.Exchange, body string, reset bool) {
	out := cut(x, reset)
	answer := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	// Errors mean that the client was faster to break the connection.
	_, _ = out.WriteString(answer + body[:len(body)/2])
	_ = out.Flush()
}
