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

// hugeSize is the size in bytes of HugeBody.
const hugeSize = 256 << 20

// openJSON is the beginning of a JSON object up to the inside of a string.
const openJSON = `{"status":"IN_PROGRESS","padding":"`

// correctStatus returns the correct status answer, or that of a waiting task if the request is not
// about a task.
func correctStatus(x *simulator.Exchange) string {
	copied := *x
	recorder := httptest.NewRecorder()
	copied.Writer = recorder
	copied.Status()
	return recorder.Body.String()
}

// slowHeaders waits until the client leaves.
func slowHeaders(x *simulator.Exchange, _ simulator.Fault) {
	<-x.Request.Context().Done()
	// A return would send an empty answer 200.
	panic(http.ErrAbortHandler)
}

// dripBody sends the correct answer, a byte each second.
func dripBody(x *simulator.Exchange, _ simulator.Fault) {
	body := correctStatus(x)
	x.Writer.Header().Set("Content-Type", "application/json")
	x.Writer.Header().Set("Content-Length", strconv.Itoa(len(body)))
	controller := http.NewResponseController(x.Writer)
	for i := range body {
		if i > 0 && !wait(x, time.Second) {
			return // the body is shorter than announced, so the server closes the connection
		}
		if _, err := io.WriteString(x.Writer, body[i:i+1]); err != nil {
			return
		}
		if err := controller.Flush(); err != nil {
			return
		}
	}
}

// endlessBody sends a JSON object that never ends, a kilobyte each second.
func endlessBody(x *simulator.Exchange, _ simulator.Fault) {
	x.Writer.Header().Set("Content-Type", "application/json")
	if _, err := io.WriteString(x.Writer, openJSON); err != nil {
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
			// A return would end the body normally.
			panic(http.ErrAbortHandler)
		}
	}
}

// hugeBody sends a JSON object of hugeSize bytes.
func hugeBody(x *simulator.Exchange, _ simulator.Fault) {
	x.Writer.Header().Set("Content-Type", "application/json")
	if _, err := io.WriteString(x.Writer, openJSON); err != nil {
		return
	}
	chunk := bytes.Repeat([]byte("a"), 64<<10)
	for sent := 0; sent < hugeSize; sent += len(chunk) {
		if _, err := x.Writer.Write(chunk); err != nil {
			return
		}
	}
	_, _ = io.WriteString(x.Writer, `"}`) // an error means that the client has left
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

// hijack makes Server.Finish close the connection, with a reset or normally. Until then the returned
// writer writes to the client.
func hijack(x *simulator.Exchange, reset bool) *bufio.ReadWriter {
	conn, buffer, err := http.NewResponseController(x.Writer).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // in HTTP/2 and in a recorder a request has no connection of its own
	}
	x.ConnToClose = conn
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0) // so that Close sends RST; it fails only if the connection is closed
	}
	return buffer
}

// sendHalf sends the first half of a body, and makes Server.Finish close the connection, with a reset
// or normally.
func sendHalf(x *simulator.Exchange, body string, reset bool) {
	out := hijack(x, reset)
	answer := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	// Errors mean that the client closed the connection first.
	_, _ = out.WriteString(answer + body[:len(body)/2])
	_ = out.Flush()
}
