package queue

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// secure starts a server with TLS, and HTTP/2 unless config forbids it, that counts
// its connections, and returns a client of it.
func secure(t *testing.T, concurrency int, handler http.HandlerFunc, config func(*httptest.Server)) (c *Client, r Request, connections *atomic.Int32) {
	t.Helper()
	connections = &atomic.Int32{}
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	config(server)
	server.StartTLS()
	t.Cleanup(server.Close)
	c = NewClient(ClientOptions{Header: func(*Base) http.Header { return http.Header{} }, Timeout: time.Minute, Concurrency: concurrency})
	t.Cleanup(c.Close)
	c.http.Transport.(sharing).TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	return c, Request{ID: "a", Endpoint: "b", Base: testBase(t, server.URL)}, connections
}

// sweep makes n requests with as many workers as there may be requests at once.
func sweep(t *testing.T, c *Client, r Request, workers, n int) {
	t.Helper()
	var next atomic.Int32
	var done sync.WaitGroup
	for range workers {
		done.Go(func() {
			for int(next.Add(1)) <= n {
				if _, fault := c.Status(t.Context(), r); fault != nil {
					t.Error(fault)
				}
			}
		})
	}
	done.Wait()
}

func inQueue(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, `{"status":"IN_QUEUE"}`)
}

// together answers no request before n are there at once.
func together(n int) http.HandlerFunc {
	var arrived atomic.Int32
	all := make(chan struct{})
	return func(w http.ResponseWriter, q *http.Request) {
		if int(arrived.Add(1)) == n {
			close(all)
		}
		select {
		case <-all:
			inQueue(w, q)
		case <-q.Context().Done():
		}
	}
}

// A second connection is let pass: the transport may begin to make one for a request
// that is being given the first.
func TestColdStartOverHTTP2MakesOneConnection(t *testing.T) {
	c, r, connections := secure(t, 64, inQueue, func(*httptest.Server) {})
	sweep(t, c, r, 64, 256)
	if n := connections.Load(); n > 2 {
		t.Errorf("64 workers made %d connections, want 1", n)
	}
}

// Through a proxy it is the proxy that is dialed, and the same holds.
func TestColdStartThroughAProxyMakesOneTunnel(t *testing.T) {
	c, r, connections := secure(t, 16, inQueue, func(*httptest.Server) {})
	var tunnels atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		there, err := net.Dial("tcp", q.Host)
		if err != nil || q.Method != http.MethodConnect {
			t.Errorf("%s %s: %v", q.Method, q.Host, err)
			return
		}
		tunnels.Add(1)
		here, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(there, here); there.Close() }()
		_, _ = io.Copy(here, there)
		here.Close()
	}))
	t.Cleanup(proxy.Close)
	address, _ := url.Parse(proxy.URL)
	c.http.Transport.(sharing).Proxy = http.ProxyURL(address)
	sweep(t, c, r, 16, 64)
	if n := tunnels.Load(); n < 1 || n > 2 || connections.Load() != n {
		t.Errorf("16 workers made %d tunnels and %d connections, want 1", n, connections.Load())
	}
}

// Over HTTP/2, too, it is told that the time was up, and what the caller's reason was.
func TestEndOfTheExchangeIsToldOverHTTP2(t *testing.T) {
	c, r, _ := secure(t, 1, func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }, func(*httptest.Server) {})
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(10*time.Millisecond, func() { cancel(errors.New("enough")) })
	if _, fault := c.Status(ctx, r); fault == nil || fault.Kind != Unreachable || fault.Message != "enough" {
		t.Errorf("canceled: %+v", fault)
	}
	c.timeout, c.exchanges.timeout = 10*time.Millisecond, 10*time.Millisecond
	if _, fault := c.Status(t.Context(), r); fault == nil || fault.Kind != TimedOut {
		t.Errorf("silence: %+v", fault)
	}
}

// A handshake that fails does so for all who waited for it.
func TestFailedHandshakeFailsAllWhoWaitForIt(t *testing.T) {
	c, r, _ := secure(t, 8, inQueue, func(s *httptest.Server) { s.Config.ErrorLog = log.New(io.Discard, "", 0) })
	c.http.Transport.(sharing).TLSClientConfig = &tls.Config{NextProtos: []string{"h2"}}
	var done sync.WaitGroup
	for range 8 {
		done.Go(func() {
			for range 2 {
				if _, fault := c.Status(t.Context(), r); fault == nil || fault.Kind != Unreachable || !strings.Contains(fault.Message, "certificate") {
					t.Errorf("%+v, want what is wrong with the certificate", fault)
				}
			}
		})
	}
	done.Wait()
}

// More requests at once than a connection takes get further ones, without a stall.
func TestRequestsAboveTheStreamLimitGetAnotherConnection(t *testing.T) {
	c, r, connections := secure(t, 250, together(250), func(s *httptest.Server) {
		s.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 100}
	})
	sweep(t, c, r, 250, 250)
	if n := connections.Load(); n < 3 || n > 10 {
		t.Errorf("250 requests at once, 100 on each connection, made %d connections", n)
	}
}

// A service that ends its connection every so often, as nginx does, does not get as
// many new ones as there are workers.
func TestEndOfTheSharedConnectionMakesOneNew(t *testing.T) {
	var asked atomic.Int32
	c, r, connections := secure(t, 32, func(w http.ResponseWriter, q *http.Request) {
		if asked.Add(1)%200 == 0 {
			w.Header().Set("Connection", "close") // over HTTP/2: GOAWAY
		}
		inQueue(w, q)
	}, func(*httptest.Server) {})
	sweep(t, c, r, 32, 2000)
	if n := connections.Load(); n < 5 || n > 22 {
		t.Errorf("%d connections, want some ten: the service ended ten", n)
	}
}

// Where requests can't share a connection, each gets its own, all at once.
func TestHTTP1OverTLSHasAConnectionForEachRequest(t *testing.T) {
	c, r, connections := secure(t, 8, together(8), func(s *httptest.Server) { s.EnableHTTP2 = false })
	sweep(t, c, r, 8, 8)
	sweep(t, c, r, 8, 80)
	if n := connections.Load(); n != 8 {
		t.Errorf("8 requests at once made %d connections", n)
	}
}

// The requests that wait for another's connection fail with it, or when their own
// time is up: none is left behind.
func TestRequestsDoNotWaitForAConnectionForever(t *testing.T) {
	for name, hang := range map[string]bool{"refused": false, "silence": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				c := NewClient(ClientOptions{Header: func(*Base) http.Header { return http.Header{} }, Timeout: 10 * time.Second, Concurrency: 8,
					Dial: func(context.Context, string, string) (net.Conn, error) {
						if hang {
							<-release
						}
						return nil, errors.New("refused")
					}})
				r := Request{ID: "a", Endpoint: "b", Base: testBase(t, "https://api.test")}
				var done sync.WaitGroup
				start := time.Now()
				for range 8 {
					done.Go(func() {
						for range 2 {
							if _, fault := c.Status(t.Context(), r); fault == nil || (fault.Kind == TimedOut) != hang {
								t.Errorf("%+v", fault)
							}
						}
					})
				}
				done.Wait()
				want := time.Duration(0)
				if hang {
					want = 20 * time.Second
				}
				if took := time.Since(start); took != want {
					t.Errorf("after %s, want %s", took, want)
				}
				close(release)
				c.Close()
				synctest.Wait()
			})
		})
	}
}
