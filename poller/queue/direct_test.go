package queue

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// directOf returns what asks the base's origin without http.Transport.
func directOf(c *Client, base *Base) *direct { return c.lane(base).direct }

// idleAt returns the connections that nothing is asked on.
func idleAt(c *Client, base *Base) []*wire {
	d := directOf(c, base)
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.idle)
}

// A connection that the service has closed meanwhile costs a request nothing but
// another one, how often ever that happens.
func TestClosedConnectionIsReplaced(t *testing.T) {
	serve := func(conn net.Conn, n int) bool { return answerOK(conn, n) && n%2 == 1 }
	bubble(t, serve, func(t *testing.T, c *Client, r Request, dials *atomic.Int32) {
		for n := range 7 {
			if _, fault := c.Status(t.Context(), r); fault != nil {
				t.Errorf("request %d: %v", n, fault)
			}
		}
		if n := dials.Load(); n != 4 {
			t.Errorf("%d connections, want 4: each is closed behind its second answer", n)
		}
	})
}

// Where a service says first that nothing was asked for too long, what is asked
// then is asked again; where it says so of a new connection it is the answer.
func TestRequestTimeoutOfAnIdleConnectionIsNoAnswer(t *testing.T) {
	const late = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
	serve := func(conn net.Conn, n int) bool {
		if n == 2 || n >= 4 {
			_, _ = io.WriteString(conn, late)
			return false
		}
		return answerOK(conn, n)
	}
	bubble(t, serve, func(t *testing.T, c *Client, r Request, _ *atomic.Int32) {
		for range 2 {
			if _, fault := c.Status(t.Context(), r); fault != nil {
				t.Error(fault)
			}
		}
		if _, fault := c.Status(t.Context(), r); fault == nil || fault.Kind != TimedOut || fault.HTTP != http.StatusRequestTimeout {
			t.Errorf("408 of a new connection: %v", fault)
		}
	})
}

// An answer that nobody asked for is never taken for the answer to the next
// request, and neither is what comes behind an answer.
func TestUnaskedAnswersAreNotBelieved(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	const unasked = "HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n{\"status\":\"COMPLETED\"}"
	more, sent := make(chan bool), make(chan bool)
	go func() {
		for n := 0; ; n++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if _, err := http.ReadRequest(bufio.NewReader(conn)); err != nil {
				return
			}
			switch n {
			case 0: // behind the answer
				_, _ = io.WriteString(conn, plainly200+unasked)
			default: // when the answer has been read
				_, _ = io.WriteString(conn, plainly200)
				<-more
				_, _ = io.WriteString(conn, unasked)
				sent <- true
			}
		}
	}()
	c := testClient(time.Minute)
	defer c.Close()
	r := Request{ID: "a", Endpoint: "b", Base: testBase(t, "http://"+listener.Addr().String())}
	for n := range 3 {
		answer, fault := c.Status(t.Context(), r)
		if fault != nil || answer.Status != StatusInQueue {
			t.Fatalf("request %d: %s, %v", n, answer.Status, fault)
		}
		if n > 0 {
			more <- true
			<-sent
			idleAt(c, r.Base)[0].used = time.Time{}
		}
	}
}

// An endless header is given up before it fills the memory, and so is a service
// that goes on announcing an answer.
func TestHeadersAreBounded(t *testing.T) {
	for want, answer := range map[string]string{
		"longer than 64 KiB": "X-A: " + strings.Repeat("a", 1000) + "\r\n",
		"again and again":    "\r\nHTTP/1.1 102 Processing\r\n",
	} {
		serve := func(conn net.Conn, _ int) bool {
			_, err := io.WriteString(conn, "HTTP/1.1 102 Processing\r\n")
			for n := 0; err == nil && n < 1000; n++ {
				_, err = io.WriteString(conn, answer)
			}
			return false
		}
		bubble(t, serve, func(t *testing.T, c *Client, r Request, _ *atomic.Int32) {
			if _, fault := c.Status(t.Context(), r); fault == nil || !strings.Contains(fault.Message, want) {
				t.Errorf("%v, want %s", fault, want)
			}
		})
	}
	serve := func(conn net.Conn, n int) bool {
		_, err := io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		return err == nil && answerOK(conn, n)
	}
	bubble(t, serve, func(t *testing.T, c *Client, r Request, dials *atomic.Int32) {
		for range 2 {
			if _, fault := c.Status(t.Context(), r); fault != nil || dials.Load() != 1 {
				t.Errorf("behind a hint: %v on connection %d", fault, dials.Load())
			}
		}
	})
}

// Connections that nothing is asked on are closed after a while, and all with the
// client, also those that come back later.
func TestIdleConnectionsAreClosed(t *testing.T) {
	bubble(t, answerOK, func(t *testing.T, c *Client, r Request, dials *atomic.Int32) {
		for _, pause := range []time.Duration{0, idleMost / 2, idleMost * 3 / 4, idleMost + time.Second, 0} {
			time.Sleep(pause)
			if _, fault := c.Status(t.Context(), r); fault != nil {
				t.Fatal(fault)
			}
		}
		if n, idle := dials.Load(), len(idleAt(c, r.Base)); n != 2 || idle != 1 {
			t.Errorf("%d connections, %d of them idle, want a second after more than %s, and that one idle", n, idle, idleMost)
		}
		time.Sleep(2 * idleMost)
		if idle := len(idleAt(c, r.Base)); idle != 0 {
			t.Errorf("%d connections are idle for long", idle)
		}
		c.Close()
		if _, fault := c.Status(t.Context(), r); fault != nil || len(idleAt(c, r.Base)) != 0 {
			t.Errorf("after Close: %v, or a connection is kept", fault)
		}
	})
}

// Where a proxy is set, a header is odd or TLS is spoken, http.Transport asks.
func TestOnlyPlainHTTPGoesDirect(t *testing.T) {
	dial := func(context.Context, string, string) (net.Conn, error) { return nil, io.EOF }
	for text, want := range map[string]bool{
		"http://api.test": true, "http://API.test:8080/model": true, "http://[::1]/x": true,
		"https://api.test": false, "http://bücher.test": false,
	} {
		if got := newDirect(testBase(t, text), dial, 1) != nil; got != want {
			t.Errorf("%s: direct %v, want %v", text, got, want)
		}
	}
	for name, header := range map[string]http.Header{
		"a line break": {"X-A": {"a\r\nb"}}, "no ASCII": {"X-A": {"ü"}}, "a space at the end": {"X-A": {"a "}},
		"an odd name": {"X A": {"a"}}, "no name": {"": {"a"}}, "the connection's": {"Connection": {"close"}}, "in small letters": {"host": {"a"}},
	} {
		if head := directHead("api.test", header); head != "" {
			t.Errorf("%s: %q", name, head)
		}
	}
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	c := testClient(time.Minute)
	defer c.Close()
	r := Request{ID: "a?b", Endpoint: "c", Base: testBase(t, s.URL)}
	if _, fault := c.Status(t.Context(), r); fault == nil || fault.Kind != Missing || len(idleAt(c, r.Base)) != 0 {
		t.Errorf("an id that must be escaped: %v", fault)
	}
}
