package simulator

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller/simulator/pipe"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// origin is what the tests under a fake clock ask: any host leads to the pipe.
const origin = "http://queue.test"

// client asks a server and keeps what came.
type client struct {
	t    *testing.T
	http *http.Client
}

// answer is what came.
type answer struct {
	code   int
	body   string
	header http.Header
}

// bubble runs a test with a served server and a client under a fake clock.
func bubble(t *testing.T, s func() *Server, test func(t *testing.T, s *Server, c *client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		server := s()
		l, dial := pipe.Listen()
		served := make(chan error, 1)
		go func() { served <- server.Serve(l) }()
		// Serve is at work before anything can close the server.
		synctest.Wait()
		transport := &http.Transport{DialContext: dial}
		c := &client{t: t, http: &http.Client{Transport: transport, CheckRedirect: stay}}
		test(t, server, c)
		transport.CloseIdleConnections()
		server.Close()
		if err := <-served; err != nil {
			t.Errorf("Serve returned %v after Close, want nil", err)
		}
	})
}

// configured returns what makes a server with this configuration.
func configured(config Config) func() *Server {
	return func() *Server { return New(config) }
}

// stay keeps a client from following redirects.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// advance moves the fake clock of the bubble that calls it.
func advance(d time.Duration) { time.Sleep(d) }

// do sends a request with the given header lines, "Name: value", and returns
// the whole answer.
func (c *client) do(method, url, body string, header ...string) (answer, error) {
	c.t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Key k")
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, strings.TrimSuffix(string(text), "\n"), response.Header}, err
}

// must is do for a request that has to be answered.
func (c *client) must(method, url, body string, header ...string) answer {
	c.t.Helper()
	a, err := c.do(method, url, body, header...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, url, err)
	}
	return a
}

// path returns the address of a request's action on the tests' origin.
func path(endpoint, id, action string) string {
	return origin + BasePath + "/v1/queue/" + endpoint + "/requests/" + id + "/" + action
}
