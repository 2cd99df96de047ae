// Package simulatortest serves a simulator on pipes in memory to a test, within a bubble of
// synctest, so that minutes pass in milliseconds, and exactly. For tests alone.
//
// It does not know the simulators: the tests of their own packages use it as well.
package simulatortest

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller/queue"
	"polltop/poller/simulator/pipe"
)

const (
	// Origin is what the tests ask: any host but that of the files leads to the API.
	Origin = "http://queue.test"
	// Key is the key of the tests.
	Key = "sk-test-0123456789"
)

// Server is a simulator, with faults or without.
type Server interface {
	Serve(net.Listener) error
	Files() http.Handler
	FilesURL() string
	Close()
}

// Client asks a server as a test wants.
type Client struct {
	*http.Client
	// Dial leads to the server.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	t    *testing.T
}

// Answer is what came.
type Answer struct {
	Code   int
	Body   string
	Header http.Header
}

// NewClient returns a client with a transport. It follows no redirects.
func NewClient(t *testing.T, transport *http.Transport) *Client {
	return &Client{t: t, Dial: transport.DialContext, Client: &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Run runs a test in a bubble with a server and a client. The server and its files are each
// on a pipe of their own, and closed at the end.
func Run[S Server](t *testing.T, newServer func() S, test func(t *testing.T, s S, c *Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := newServer()
		api, dialAPI := pipe.Listen()
		cdn, dialCDN := pipe.Listen()
		files, served := &http.Server{Handler: server.Files()}, make(chan error, 1)
		go func() { served <- server.Serve(api) }()
		go files.Serve(cdn)
		synctest.Wait() // both serve before anything can close them
		host := strings.TrimPrefix(server.FilesURL(), "http://")
		dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
			if strings.HasPrefix(addr, host) {
				return dialCDN(ctx, network, addr)
			}
			return dialAPI(ctx, network, addr)
		}
		c := NewClient(t, &http.Transport{DialContext: dial, DisableCompression: true})
		test(t, server, c)
		c.CloseIdleConnections()
		files.Close()
		server.Close()
		if err := <-served; err != nil {
			t.Errorf("Serve returned %v after Close, want nil", err)
		}
		time.Sleep(time.Second) // of the fake clock: net/http lingers over a connection whose request it has not read
	})
}

// NewQueueClient returns polltop's own client over connections that dial opens.
func NewQueueClient(concurrency int, dial func(ctx context.Context, network, addr string) (net.Conn, error)) *queue.Client {
	return queue.NewClient(queue.ClientOptions{
		Header: func(b *queue.Base) http.Header {
			name, value := b.KeyHeader(Key)
			return http.Header{name: {value}}
		},
		Secrets: []string{Key}, Timeout: 15 * time.Second, Concurrency: concurrency, UserAgent: "polltop/test", Dial: dial,
	})
}

// Ask sends a request with the given header lines, "Name: value", and returns the whole
// answer.
func (c *Client) Ask(method, url, body string, header ...string) (Answer, error) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	response, err := c.Client.Do(r)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return Answer{response.StatusCode, string(text), response.Header}, err
}

// Do is Ask with a key, for an answer that is text.
func (c *Client) Do(method, url, body string, header ...string) (Answer, error) {
	c.t.Helper()
	a, err := c.Ask(method, url, body, append([]string{"Authorization: Key k"}, header...)...)
	a.Body = strings.TrimSuffix(a.Body, "\n")
	return a, err
}

// Must is Do for a request that has to be answered.
func (c *Client) Must(method, url, body string, header ...string) Answer {
	c.t.Helper()
	a, err := c.Do(method, url, body, header...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, url, err)
	}
	return a
}
