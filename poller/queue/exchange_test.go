package queue

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

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

// The time-out counts from each request's own start, however often the exchange
// was used before, and bounds an answer that drips.
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
				if answer, fault := c.Status(t.Context(), r); fault != nil || answer.Status != StatusInQueue {
					t.Fatalf("Status = %+v, %v", answer, fault)
				}
				time.Sleep(9 * time.Second)
			}
			start := time.Now()
			_, fault := c.Status(t.Context(), r)
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
		_, fault := c.Status(t.Context(), r)
		if took := time.Since(start); fault == nil || fault.Kind != TimedOut || took != 10*time.Second {
			t.Errorf("silence: %+v after %s", fault, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start = time.Now()
		_, fault = c.Status(ctx, r)
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
		if _, fault := c.Status(t.Context(), r); fault != nil {
			t.Fatal(fault)
		}
		time.AfterFunc(time.Second, func() { cancel(errors.New("enough")) })
		start := time.Now()
		for _, after := range []time.Duration{time.Second, time.Second} {
			_, fault := c.Status(ctx, r)
			if took := time.Since(start); fault == nil || fault.Kind != Unreachable || fault.Message != "enough" || took != after {
				t.Errorf("%+v after %s, want the cause after %s", fault, took, after)
			}
		}
		if _, fault := c.Status(t.Context(), r); fault != nil {
			t.Errorf("under another context: %v", fault)
		}
	})
}

// uncomparable is a context that == panics on.
type uncomparable struct {
	context.Context
	_ []int
}

func TestAnyContextWillDo(t *testing.T) {
	bubble(t, answerOK, func(t *testing.T, c *Client, r Request, dials *atomic.Int32) {
		for range 2 {
			for _, ctx := range []context.Context{uncomparable{Context: t.Context()}, uncomparable{Context: t.Context()}, context.Background(), t.Context()} {
				if _, fault := c.Status(ctx, r); fault != nil {
					t.Error(fault)
				}
			}
		}
		if n := dials.Load(); n != 1 {
			t.Errorf("%d connections, want 1", n)
		}
		if n := len(c.exchanges.spare); n != 1 {
			t.Errorf("%d exchanges are kept, want 1", n)
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
			got, fault := c.Status(t.Context(), r)
			if n := dials.Load(); n != 1 {
				t.Errorf("answer %d: connection %d", i, n)
			}
			switch _, body, _ := strings.Cut(answer, "\r\n\r\n"); {
			case i == len(answers)-1:
				if fault == nil || fault.Message != "the answer is longer than 1 MiB" || len(c.exchanges.spare) != 0 {
					t.Errorf("answer %d: %+v; %d exchanges are kept, want none", i, fault, len(c.exchanges.spare))
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
	s := &scripted{answers: []string{plainly200}}
	c := NewClient(ClientOptions{Header: func(*Base) http.Header { return given }, Timeout: time.Minute, Concurrency: 1, UserAgent: "polltop/test", Dial: s.dial})
	defer c.Close()
	for _, want := range []string{"polltop/test Key 1", "polltop/test Key 1", "mine Key 2", "polltop/test Key 1"} {
		given = first
		if strings.HasPrefix(want, "mine") {
			given = second
		}
		if _, fault := c.Status(t.Context(), Request{ID: "a", Endpoint: "b", Base: testBase(t, "http://api.test")}); fault != nil {
			t.Fatal(fault)
		}
		agent, key, _ := strings.Cut(want, " ")
		if last := s.requests[len(s.requests)-1]; !strings.Contains(last, "User-Agent: "+agent+"\r\n") || !strings.Contains(last, "Authorization: "+key+"\r\n") {
			t.Errorf("%q, want %s", last, want)
		}
	}
	if len(first) != 1 || len(second) != 2 {
		t.Errorf("the given headers became %v and %v", first, second)
	}
}
