package faulty

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"polltop/poller/simulator"
	"polltop/poller/simulator/pipe"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// origin is what the tests under a fake clock ask. Requests for the origin of the
// files lead there, those for any other host to the API.
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
func bubble(t *testing.T, config Config, test func(t *testing.T, s *Server, c *client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := New(config)
		api, dialAPI := pipe.Listen()
		cdn, dialCDN := pipe.Listen()
		files := &http.Server{Handler: s.Files()}
		go s.Serve(api)
		go files.Serve(cdn)
		// Both serve before anything can close them.
		synctest.Wait()
		filesHost := strings.TrimPrefix(s.FilesURL(), "http://")
		transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if strings.HasPrefix(addr, filesHost) {
				return dialCDN(ctx, network, addr)
			}
			return dialAPI(ctx, network, addr)
		}}
		test(t, s, &client{t: t, http: &http.Client{Transport: transport, CheckRedirect: stay}})
		transport.CloseIdleConnections()
		files.Close()
		s.Close()
		synctest.Wait()
	})
}

// stay keeps a client from following redirects.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// do sends a GET with the key and the given header lines, "Name: value", and returns
// the whole answer.
func (c *client) do(url string, header ...string) (answer, error) {
	c.t.Helper()
	r := request(c.t, c.t.Context(), url)
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

// get is do for a request that has to be answered.
func (c *client) get(url string, header ...string) answer {
	c.t.Helper()
	a, err := c.do(url, header...)
	if err != nil {
		c.t.Fatalf("GET %s: %v", url, err)
	}
	return a
}

// path returns the address of a request's action on the tests' origin.
func path(id, action string) string {
	return origin + simulator.BasePath + "/v1/queue/e/requests/" + id + "/" + action
}
