package simulator

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller/simulator/pipe"

	"polltop/poller/queue"
)

// withFiles runs a test with the files' origin on a pipe of its own: what is
// dialed by its name leads there, all else to the API.
func withFiles(t *testing.T, config Config, test func(t *testing.T, s *Server, c *client, q *queue.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := New(config)
		api, dialAPI := pipe.Listen()
		cdn, dialCDN := pipe.Listen()
		files := &http.Server{Handler: s.Files()}
		go s.Serve(api)
		go files.Serve(cdn)
		synctest.Wait()
		dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
			if strings.HasPrefix(addr, "cdn.seaart.example:") {
				return dialCDN(ctx, network, addr)
			}
			return dialAPI(ctx, network, addr)
		}
		transport := &http.Transport{DialContext: dial, DisableCompression: true}
		q := queue.NewClient(queue.ClientOptions{
			Header:  func(*queue.Base) http.Header { return http.Header{"Authorization": {"Key k"}} },
			Timeout: time.Minute, Concurrency: 2, UserAgent: "polltop/test", Dial: dial,
		})
		test(t, s, &client{t: t, http: &http.Client{Transport: transport, CheckRedirect: stay}}, q)
		q.Close()
		transport.CloseIdleConnections()
		files.Close()
		s.Close()
		synctest.Wait()
	})
}

// fetch sends a request without any header of the tests', other than the given
// ones.
func (c *client) fetch(method, url string, header ...string) (answer, error) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, url, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, line := range header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, string(body), response.Header}, err
}

// get is fetch for a request that has to be answered.
func (c *client) get(method, url string, header ...string) answer {
	c.t.Helper()
	a, err := c.fetch(method, url, header...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, url, err)
	}
	return a
}

// outputsOf asks for a result as polltop does.
func outputsOf(t *testing.T, q *queue.Client, endpoint, id string) queue.Result {
	t.Helper()
	base, err := queue.ParseBase(origin + BasePath)
	if err != nil {
		t.Fatal(err)
	}
	answer, fault := q.Result(t.Context(), queue.Request{ID: id, Endpoint: endpoint, Base: base})
	if fault != nil || !answer.OK() || answer.Pending {
		t.Fatalf("the result of %s: %+v, %v", id, answer, fault)
	}
	return answer.Result
}
