package queue

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const plainly200 = "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"status\":\"IN_QUEUE\"}"

// bubble runs a test in a synctest bubble, with a client whose connections lead to
// serve, which is called for each request with its number, counted from 1, and
// returns false to close the connection.
func bubble(t *testing.T, serve func(conn net.Conn, n int) bool, test func(t *testing.T, c *Client, r Request, dials *atomic.Int32)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var dials, requests atomic.Int32
		var served sync.WaitGroup
		dial := func(context.Context, string, string) (net.Conn, error) {
			dials.Add(1)
			near, far := net.Pipe()
			served.Go(func() {
				defer far.Close()
				lines := bufio.NewReader(far)
				for {
					if _, err := http.ReadRequest(lines); err != nil || !serve(far, int(requests.Add(1))) {
						return
					}
				}
			})
			return near, nil
		}
		c := NewClient(ClientOptions{Header: func(*Base) http.Header { return http.Header{} }, Timeout: 10 * time.Second, Concurrency: 4, Dial: dial})
		test(t, c, Request{ID: "a", Endpoint: "b", Base: testBase(t, "http://api.test")}, &dials)
		c.Close()
		served.Wait()
	})
}

// answerOK says that the request is in the queue.
func answerOK(conn net.Conn, _ int) bool {
	_, err := io.WriteString(conn, plainly200)
	return err == nil
}

// silent never answers, and returns when the client is gone.
func silent(conn net.Conn, _ int) bool {
	_, err := conn.Read(make([]byte, 1))
	return err == nil
}

// The time-out counts from each request's own start and bounds an answer that drips.
func TestTimeoutBoundsTheWholeExchange(t *testing.T) {
	serve := func(conn net.Conn, n int) bool {
		if n%5 != 2 && n%5 != 0 {
			return answerOK(conn, n)
		}
		_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
		for err == nil {
			time.Sleep(time.Second)
			_, err = io.WriteString(conn, " ")
		}
		return false
	}
	bubble(t, serve, func(t *testing.T, c *Client, r Request, dials *atomic.Int32) {
		for _, before := range []int{1, 2, 1, 2} {
			for range before {
				if answer, fault := c.Status(t.Context(), r, false); fault != nil || answer.Status != OutcomeWaiting {
					t.Fatalf("Status = %+v, %v", answer, fault)
				}
				time.Sleep(9 * time.Second)
			}
			start := time.Now()
			_, fault := c.Status(t.Context(), r, false)
			if took := time.Since(start); fault == nil || fault.Kind != TimedOut || fault.Message != "no answer within 10s" || took != 10*time.Second {
				t.Errorf("a dripping answer: %+v after %s", fault, took)
			}
		}
		if n := dials.Load(); n != 4 {
			t.Errorf("%d connections, want 4: one until each time-out", n)
		}
	})
}

// A service that takes the request and says nothing is given up in time as well.
func TestTimeoutBoundsTheWaitForAnAnswer(t *testing.T) {
	bubble(t, silent, func(t *testing.T, c *Client, r Request, _ *atomic.Int32) {
		start := time.Now()
		_, fault := c.Status(t.Context(), r, false)
		if took := time.Since(start); fault == nil || fault.Kind != TimedOut || took != 10*time.Second {
			t.Errorf("silence: %+v after %s", fault, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start = time.Now()
		_, fault = c.Status(ctx, r, false)
		if took := time.Since(start); fault == nil || fault.Kind != TimedOut || took != 3*time.Second {
			t.Errorf("silence, with a caller that waits 3 s: %+v after %s", fault, took)
		}
	})
}

// The caller's context ends a request at once, and those after it before they
// begin; another context is not touched by that.
func TestCanceledContextEndsTheRequestAtOnce(t *testing.T) {
	serve := func(conn net.Conn, n int) bool {
		if n == 2 {
			return silent(conn, n)
		}
		return answerOK(conn, n)
	}
	bubble(t, serve, func(t *testing.T, c *Client, r Request, _ *atomic.Int32) {
		ctx, cancel := context.WithCancelCause(t.Context())
		if _, fault := c.Status(t.Context(), r, false); fault != nil {
			t.Fatal(fault)
		}
		time.AfterFunc(time.Second, func() { cancel(errors.New("enough")) })
		start := time.Now()
		for _, after := range []time.Duration{time.Second, time.Second} {
			_, fault := c.Status(ctx, r, false)
			if took := time.Since(start); fault == nil || fault.Kind != Unreachable || fault.Message != "enough" || took != after {
				t.Errorf("%+v after %s, want the cause after %s", fault, took, after)
			}
		}
		if _, fault := c.Status(t.Context(), r, false); fault != nil {
			t.Errorf("under another context: %v", fault)
		}
	})
}

// Answers of every shape leave the connection to the next request, but for one that
// is too long to be read to its end.
func TestAnswersAreReadToTheirEnd(t *testing.T) {
	answers := []string{
		plainly200,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n{\"status\":\"IN_QUEUE\"}\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 5021\r\n\r\n{\"status\":\"IN_QUEUE\"}" + strings.Repeat(" ", 5000),
		"HTTP/1.1 200 OK\r\nContent-Length: 100021\r\n\r\n{\"status\":\"IN_QUEUE\"}" + strings.Repeat(" ", 100_000),
		"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 20\r\n\r\n{\"detail\":\"no such\"}",
		"HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n{\"status\":\"IN_QUEUE\"}" + strings.Repeat(" ", MaxAnswerBytes-21),
		"HTTP/1.1 200 OK\r\nContent-Length: 1049000\r\n\r\n{\"status\":\"IN_QUEUE\"}" + strings.Repeat(" ", 1_048_979),
	}
	serve := func(conn net.Conn, n int) bool {
		_, err := io.WriteString(conn, answers[n-1])
		return err == nil
	}
	bubble(t, serve, func(t *testing.T, c *Client, r Request, dials *atomic.Int32) {
		for i, answer := range answers {
			got, fault := c.Status(t.Context(), r, false)
			if n := dials.Load(); n != 1 {
				t.Errorf("answer %d: connection %d", i, n)
			}
			switch _, body, _ := strings.Cut(answer, "\r\n\r\n"); {
			case i == len(answers)-1:
				if fault == nil || fault.Message != "the answer is longer than 1 MiB" {
					t.Errorf("answer %d: %+v", i, fault)
				}
			case i == 1:
				body = `{"status":"IN_QUEUE"}`
				fallthrough
			case i < 4, i == 6:
				if fault != nil || string(got.Raw) != body {
					t.Errorf("answer %d: %d bytes, %v, want %d", i, len(got.Raw), fault, len(body))
				}
			}
		}
	})
}

// The headers follow the function that gives them, and what it gives is not touched.
func TestHeadersAreThoseGivenLast(t *testing.T) {
	first, second := http.Header{"Authorization": {"Key 1"}}, http.Header{"Authorization": {"Key 2"}, "User-Agent": {"mine"}}
	given := first
	var got string
	r := serve(t, func(w http.ResponseWriter, q *http.Request) {
		got = q.Header.Get("User-Agent") + " " + q.Header.Get("Authorization")
		inQueue(w, q)
	})
	c := NewClient(ClientOptions{Header: func(*Base) http.Header { return given }, Timeout: time.Minute, Concurrency: 1, UserAgent: "polltop/test"})
	defer c.Close()
	for _, want := range []string{"polltop/test Key 1", "polltop/test Key 1", "mine Key 2", "polltop/test Key 1"} {
		given = first
		if strings.HasPrefix(want, "mine") {
			given = second
		}
		if _, fault := c.Status(t.Context(), r, false); fault != nil || got != want {
			t.Errorf("sent %q, %v; want %s", got, fault, want)
		}
	}
	if len(first) != 1 || len(second) != 2 {
		t.Errorf("the given headers became %v and %v", first, second)
	}
}

// inQueue answers that the request is in the queue.
func inQueue(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, `{"status":"IN_QUEUE"}`)
}

// A connection that the service has closed meanwhile costs a request nothing but
// another one, how often ever that happens; canceling as well.
func TestClosedConnectionIsReplaced(t *testing.T) {
	serve := func(conn net.Conn, n int) bool { return answerOK(conn, n) && n%2 == 1 }
	bubble(t, serve, func(t *testing.T, c *Client, r Request, dials *atomic.Int32) {
		for n := range 7 {
			synctest.Wait()
			fault := (*Fault)(nil)
			if n%3 == 2 {
				_, fault = c.Cancel(t.Context(), r)
			} else {
				_, fault = c.Status(t.Context(), r, false)
			}
			if fault != nil {
				t.Errorf("request %d: %v", n, fault)
			}
		}
		if n := dials.Load(); n != 4 {
			t.Errorf("%d connections, want 4: each is closed behind its second answer", n)
		}
	})
}

// An endless header is given up before it fills the memory; a hint before the answer
// is passed over.
func TestHeadersAreBounded(t *testing.T) {
	serve := func(conn net.Conn, _ int) bool {
		_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		for n := 0; err == nil && n < 1000; n++ {
			_, err = io.WriteString(conn, "X-A: "+strings.Repeat("a", 1000)+"\r\n")
		}
		return false
	}
	bubble(t, serve, func(t *testing.T, c *Client, r Request, _ *atomic.Int32) {
		if _, fault := c.Status(t.Context(), r, false); fault == nil || fault.Kind != Unreachable || !strings.Contains(fault.Message, "65536 bytes") {
			t.Errorf("%v, want that the header is too long", fault)
		}
	})
	serve = func(conn net.Conn, n int) bool {
		_, err := io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		return err == nil && answerOK(conn, n)
	}
	bubble(t, serve, func(t *testing.T, c *Client, r Request, dials *atomic.Int32) {
		for range 2 {
			if _, fault := c.Status(t.Context(), r, false); fault != nil || dials.Load() != 1 {
				t.Errorf("behind a hint: %v on connection %d", fault, dials.Load())
			}
		}
	})
}

// What is no HTTP, and TLS where none is, is told in words.
func TestFaultsOfTheConnectionAreTold(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for address, want := range map[string]string{
		strings.Replace(server.URL, "http", "https", 1): "HTTP response to HTTPS client", "http://127.0.0.1:1": "connection refused",
	} {
		_, fault := testClient(time.Minute).Status(t.Context(), Request{ID: "a", Endpoint: "b", Base: testBase(t, address)}, false)
		if fault == nil || fault.Kind != Unreachable || !strings.Contains(fault.Message, want) || strings.Contains(fault.Message, "Get ") {
			t.Errorf("%s: %+v, want %s", address, fault, want)
		}
	}
	for answer, want := range map[string]string{
		"":                 "closed before an answer",
		"nonsense\r\n\r\n": "malformed HTTP",
		"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{":              "closed in the middle",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n": "invalid",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n":               "Content-Length",
	} {
		serve := func(conn net.Conn, _ int) bool { _, _ = io.WriteString(conn, answer); return false }
		bubble(t, serve, func(t *testing.T, c *Client, r Request, _ *atomic.Int32) {
			if _, fault := c.Status(t.Context(), r, false); fault == nil || fault.Kind != Unreachable || !strings.Contains(fault.Message, want) {
				t.Errorf("%q: %+v, want %s", answer, fault, want)
			}
		})
	}
}

// secure starts a server with TLS, and HTTP/2 if wanted, and returns a client of it.
func secure(t *testing.T, http2 bool, handler http.HandlerFunc) (*Client, Request) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	c := testClient(10 * time.Second)
	t.Cleanup(c.Close)
	c.http.Transport.(*http.Transport).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	return c, Request{ID: "a", Endpoint: "b", Base: testBase(t, server.URL)}
}

// A proxy that answers only 503 on the connections that are open, while new ones
// work, is left behind.
func TestCloseIdleLeavesABadConnectionBehind(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		t.Run(fmt.Sprintf("http2 %v", http2), func(t *testing.T) {
			var bad atomic.Value // the address of the client's end of the bad connection
			bad.Store("")
			c, r := secure(t, http2, func(w http.ResponseWriter, q *http.Request) {
				bad.CompareAndSwap("", q.RemoteAddr)
				switch {
				case (q.ProtoMajor == 2) != http2:
					t.Errorf("asked over %s", q.Proto)
				case bad.Load() == q.RemoteAddr:
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				inQueue(w, q)
			})
			for range 2 {
				if _, fault := c.Status(t.Context(), r, false); fault == nil || fault.Kind != Gateway {
					t.Fatalf("%v, want a gateway's 503", fault)
				}
			}
			c.CloseIdle()
			if _, fault := c.Status(t.Context(), r, false); fault != nil {
				t.Errorf("behind CloseIdle: %v", fault)
			}
		})
	}
}

// Compression that nobody asked for is undone, whatever the header says of it.
func TestUnaskedCompressionIsUndone(t *testing.T) {
	var zipped, deflated bytes.Buffer
	for _, w := range []io.WriteCloser{gzip.NewWriter(&zipped), zlib.NewWriter(&deflated)} {
		_, _ = io.WriteString(w, `{"status":"IN_QUEUE"}`)
		w.Close()
	}
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, _ = w.Write(bytes.Repeat([]byte(" "), 3*MaxAnswerBytes))
	w.Close()
	cases := []struct{ name, encoding, body, want string }{
		{"gzip", "gzip", zipped.String(), ""},
		{"gzip without a header", "", zipped.String(), ""},
		{"gzip by another name", "x-gzip", zipped.String(), ""},
		{"deflate", "deflate", deflated.String(), ""},
		{"a header and no compression", "gzip", `{"status":"IN_QUEUE"}`, ""},
		{"another header and no compression", "br", `{"status":"IN_QUEUE"}`, ""},
		{"unknown here", "br", "\x0b\x02\x80", "compressed (br)"},
		{"cut short", "gzip", zipped.String()[:20], "damaged"},
		{"a bomb", "gzip", bomb.String(), "longer than 1 MiB"},
	}
	for _, c := range cases {
		r := serve(t, func(w http.ResponseWriter, q *http.Request) {
			if c.encoding != "" {
				w.Header().Set("Content-Encoding", c.encoding)
			}
			_, _ = io.WriteString(w, c.body)
		})
		answer, fault := testClient(time.Second).Status(t.Context(), r, false)
		switch {
		case c.want == "" && (fault != nil || answer.Status != OutcomeWaiting):
			t.Errorf("%s: %+v, %v", c.name, answer, fault)
		case c.want != "" && (fault == nil || fault.Kind != BadAnswer || !strings.Contains(fault.Message, c.want)):
			t.Errorf("%s: %v, want a bad answer: %s", c.name, fault, c.want)
		}
	}
}

// Over HTTP/2, too, it is told that the time was up, and what the caller's reason was.
func TestEndOfARequestIsToldOverHTTP2(t *testing.T) {
	c, r := secure(t, true, func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() })
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(10*time.Millisecond, func() { cancel(errors.New("enough")) })
	if _, fault := c.Status(ctx, r, false); fault == nil || fault.Kind != Unreachable || fault.Message != "enough" {
		t.Errorf("canceled: %+v", fault)
	}
	c.options.Timeout = 10 * time.Millisecond
	if _, fault := c.Status(t.Context(), r, false); fault == nil || fault.Kind != TimedOut {
		t.Errorf("silence: %+v", fault)
	}
}

// Faults of one cause have one text, so that it is told once: the number of a stream and the time of a
// check are no part of it.
func TestFaultsOfOneCauseHaveOneText(t *testing.T) {
	reset, r := secure(t, true, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	expired, at := secure(t, false, nil)
	end := time.Date(2000, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, c := range map[string]struct {
		fault func() *Fault
		want  string
	}{
		"reset": {func() *Fault { _, fault := reset.Status(t.Context(), r, false); return fault }, "stream error: INTERNAL_ERROR; received from peer"},
		"expired": {func() *Fault {
			request, _ := http.NewRequest(http.MethodGet, at.StatusURL(), nil)
			return expired.networkFault(request, x509.CertificateInvalidError{Cert: &x509.Certificate{NotBefore: end.AddDate(0, -3, 0), NotAfter: end}, Reason: x509.Expired, Detail: time.Now().String()}, true)
		}, "the certificate is valid from 1999-10-02 to 2000-01-02 only, and by this machine's clock it is not that time"},
	} {
		for range 2 {
			if fault := c.fault(); fault == nil || fault.Kind != Unreachable || fault.Message != c.want {
				t.Errorf("%s: %+v, want %s", name, fault, c.want)
			}
		}
	}
}

// More requests at once than a connection takes are all answered, from a cold start
// and again, and also while the service ends its connections now and then.
func TestManyRequestsShareConnectionsOverHTTP2(t *testing.T) {
	var arrived, asked atomic.Int32
	met := make(chan struct{}) // closed when more are under way than one connection takes
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if arrived.Add(1) == 11 {
			close(met)
		}
		select {
		case <-met:
		case <-q.Context().Done():
		}
		if asked.Add(1)%50 == 0 {
			w.Header().Set("Connection", "close") // over HTTP/2: GOAWAY
		}
		inQueue(w, q)
	}))
	server.EnableHTTP2 = true
	server.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 10}
	server.StartTLS()
	defer server.Close()
	c := NewClient(ClientOptions{Header: func(*Base) http.Header { return http.Header{} }, Timeout: 20 * time.Second, Concurrency: 40})
	defer c.Close()
	c.http.Transport.(*http.Transport).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	r := Request{ID: "a", Endpoint: "b", Base: testBase(t, server.URL)}
	var done sync.WaitGroup
	for range 40 {
		done.Go(func() {
			for range 10 {
				if _, fault := c.Status(t.Context(), r, false); fault != nil {
					t.Error(fault)
				}
			}
		})
	}
	done.Wait()
}
