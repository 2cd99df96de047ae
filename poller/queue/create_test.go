package queue_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

const key = "sk-live-secret-42"

func newClient(t *testing.T) *queue.Client {
	c := queue.NewClient(queue.ClientOptions{
		Header: func(b *queue.Base) http.Header {
			name, value := b.KeyHeader(key)
			return http.Header{name: {value}, "Idempotency-Key": {"of-the-user"}}
		},
		Secrets: []string{key}, Timeout: 300 * time.Millisecond, Concurrency: 4,
	})
	t.Cleanup(c.Close)
	return c
}

var endpoints = map[string]string{queue.SeaCloud: "wan26_i2v", queue.Fal: "fal-ai/flux/dev", queue.Comfy: "bfl/flux-2-pro"}

// start starts a simulated service and returns its base.
func start(t *testing.T, service string, faults ...simulator.Fault) (*faulty.Server, *queue.Base) {
	t.Helper()
	s := faulty.New(faulty.Config{
		Service: simulator.Service(service), Key: key, Faults: faults, Endpoints: []simulator.Endpoint{{Name: endpoints[service]}},
	})
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	base, err := queue.ParseBaseAs(url, service)
	if err != nil {
		t.Fatal(err)
	}
	return s, base
}

func TestCreateSubmitsToEachService(t *testing.T) {
	for service, endpoint := range endpoints {
		s, base := start(t, service)
		c := newClient(t)
		p := queue.Payload{Base: base, Endpoint: endpoint, Input: []byte(`{"prompt":"a cat"}`), Key: "k1"}
		a := c.Create(context.Background(), p)
		if a.Outcome != queue.CreationDone || a.Request.Endpoint != endpoint || a.Request.ID == "" {
			t.Fatalf("%s: %+v, %v", service, a, a.Fault)
		}
		if status, fault := c.Status(context.Background(), a.Request, false); fault != nil || status.Status == queue.OutcomeUnclear {
			t.Errorf("%s: the created task has status %v, %v", service, status.Status, fault)
		}
		// A repetition is the same task only where the service knows the key.
		b := c.Create(context.Background(), p)
		if same := a.Request.ID == b.Request.ID; same != base.Idempotent() || same != (service == queue.Comfy) {
			t.Errorf("%s: repeated with one key: the same task is %v", service, same)
		}
		if n := s.Created()[`{"prompt":"a cat"}`]; (n == 1) != base.Idempotent() {
			t.Errorf("%s: created %d times", service, n)
		}
	}
}

// What comes after the payload was sent is unknown, unless an idempotency key makes
// repeating safe.
func TestCreateKnowsWhatItCantKnow(t *testing.T) {
	for _, kind := range faulty.UnknownCreations() {
		for service, endpoint := range endpoints {
			t.Run(kind.Name+" "+service, func(t *testing.T) {
				t.Parallel()
				s, base := start(t, service, simulator.Fault{Kind: kind})
				a := newClient(t).Create(context.Background(), queue.Payload{Base: base, Endpoint: endpoint, Input: []byte(`{}`), Key: "k1"})
				want := queue.CreationUnknown
				if service == queue.Comfy {
					want = queue.CreationRetryable
				}
				if a.Outcome != want || a.Fault == nil || a.Fault.Error() == "" {
					t.Errorf("outcome %d, %v; want %d", a.Outcome, a.Fault, want)
				}
				if n := s.Created()[`{}`]; n != 1 {
					t.Errorf("%d tasks were created", n)
				}
			})
		}
	}
}

func TestCreateTellsRefusalsApart(t *testing.T) {
	cases := []struct {
		service string
		code    int
		header  http.Header
		body    string
		want    queue.CreateOutcome
	}{
		{queue.SeaCloud, 429, nil, `{"error":{"code":"RATE_LIMIT_EXCEEDED","message":"slow down"}}`, queue.CreationRetryable},
		{queue.Fal, 429, nil, ``, queue.CreationRetryable},
		{queue.Comfy, 429, nil, `{"detail":"wait","error_type":"queue_backlog_full"}`, queue.CreationRetryable},
		{queue.Comfy, 409, nil, `{"detail":"wait","error_type":"concurrency_limit_exceeded"}`, queue.CreationRetryable},
		{queue.Comfy, 409, nil, `{"detail":"key used","error_type":"invalid_input"}`, queue.CreationRejected},
		{queue.SeaCloud, 503, nil, `{"detail":"down"}`, queue.CreationUnknown},
		{queue.SeaCloud, 503, http.Header{"Retry-After": {"3"}}, `{"detail":"down"}`, queue.CreationRetryable},
		{queue.Fal, 503, http.Header{"Retry-After": {"3"}}, ``, queue.CreationRetryable},
		{queue.Comfy, 503, nil, ``, queue.CreationRetryable},
		{queue.Fal, 408, nil, ``, queue.CreationUnknown},
		{queue.Fal, 499, nil, `{"detail":"client left","error_type":"client_disconnected"}`, queue.CreationUnknown},
		{queue.SeaCloud, 302, http.Header{"Location": {"/login"}}, ``, queue.CreationUnknown},
		{queue.SeaCloud, 308, http.Header{"Location": {"https://elsewhere.test/"}}, ``, queue.CreationRejected},
		{queue.SeaCloud, 200, nil, `<html>please log in</html>`, queue.CreationUnknown},
		{queue.SeaCloud, 204, nil, ``, queue.CreationUnknown},
		{queue.SeaCloud, 200, nil, `{"request_id":null}`, queue.CreationUnknown},
		{queue.SeaCloud, 400, nil, `{"detail":"no"}`, queue.CreationRejected},
		{queue.SeaCloud, 401, nil, `{"error":{"code":"UNAUTHORIZED","message":"no"}}`, queue.CreationRetryable},
		{queue.SeaCloud, 402, nil, `{"status":{"code":402,"message":"no credits","error_code":40201},"data":null}`, queue.CreationRejected},
		{queue.SeaCloud, 403, nil, `{"detail":"Model not allowed for this user"}`, queue.CreationRejected},
		{queue.SeaCloud, 404, nil, `{"detail":"App not found: x"}`, queue.CreationRejected},
		{queue.SeaCloud, 404, nil, `<html><title>404 Not Found</title></html>`, queue.CreationRetryable},
		{queue.Fal, 403, nil, `<html>blocked</html>`, queue.CreationRetryable},
		{queue.Comfy, 404, nil, ``, queue.CreationRetryable},
		{queue.SeaCloud, 400, nil, `<html>Bad Request</html>`, queue.CreationRejected},
		{queue.Fal, 422, nil, `{"detail":[{"loc":["body","prompt"],"msg":"Field required","type":"missing"}]}`, queue.CreationRejected},
	}
	for _, c := range cases {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			maps.Copy(w.Header(), c.header)
			w.WriteHeader(c.code)
			io.WriteString(w, c.body)
		}))
		base, err := queue.ParseBaseAs(server.URL, c.service)
		if err != nil {
			t.Fatal(err)
		}
		a := newClient(t).Create(context.Background(), queue.Payload{Base: base, Endpoint: endpoints[c.service], Input: []byte(`{}`), Key: "k"})
		if a.Outcome != c.want || a.Fault == nil || a.Fault.Error() == "" {
			t.Errorf("%s %d %s: outcome %d (%v), want %d", c.service, c.code, c.body, a.Outcome, a.Fault, c.want)
		}
		server.Close()
	}
}

// What was never sent may be sent again: refused connections, unknown hosts, a handshake that
// never ends.
func TestCreateKnowsWhatWasNeverSent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := "https://" + l.Addr().String()
	t.Cleanup(func() { l.Close() })
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, url := range []string{"http://" + closed.Addr().String(), "http://nowhere.invalid", silent} {
		base, err := queue.ParseBaseAs(url, queue.Fal)
		if err != nil {
			t.Fatal(err)
		}
		if a := newClient(t).Create(context.Background(), queue.Payload{Base: base, Endpoint: "fal-ai/flux", Input: []byte(`{}`)}); a.Outcome != queue.CreationRetryable || a.Fault == nil {
			t.Errorf("%s: outcome %d, %v", url, a.Outcome, a.Fault)
		}
	}
}

func TestCreateSendsWhatTheServiceDocuments(t *testing.T) {
	cases := []struct{ service, endpoint, path, key string }{
		{queue.SeaCloud, "wan26_i2v", "/v1/queue/wan26_i2v", ""},
		{queue.Fal, "fal-ai/flux/dev", "/fal-ai/flux/dev", ""},
		{queue.Fal, "123-my-app", "/123/my-app", ""},
		{queue.Comfy, "BFL/Flux-2-Pro", "/v2/models/bfl/flux-2-pro/requests", "k1"},
		{queue.SeaCloud, "../admin?x=1#y", "/v1/queue/%2E%2E/admin%3Fx=1%23y", ""},
	}
	for _, c := range cases {
		var asked []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			asked = append(asked, fmt.Sprint(r.Method, " ", r.URL.EscapedPath(), " ", r.Header["Idempotency-Key"], " ", r.Header.Get("Content-Type"), " ", string(body)))
			fmt.Fprint(w, `{"request_id":"id-1","status_url":"https://elsewhere.test/x"}`)
		}))
		base, err := queue.ParseBaseAs(server.URL, c.service)
		if err != nil {
			t.Fatal(err)
		}
		a := newClient(t).Create(context.Background(), queue.Payload{Base: base, Endpoint: c.endpoint, Input: []byte(`{"a":1}`), Key: "k1"})
		sent := "[]"
		if c.key != "" {
			sent = "[" + c.key + "]"
		}
		if want := []string{"POST " + c.path + " " + sent + " application/json {\"a\":1}"}; !slices.Equal(asked, want) {
			t.Errorf("%s: asked %q, want %q", c.service, asked, want)
		}
		if a.Outcome != queue.CreationDone || strings.Contains(a.Request.StatusURL(), "elsewhere") {
			t.Errorf("%s: %+v", c.service, a)
		}
		server.Close()
	}
}

// Without a configured base nothing is sent, and so nothing is lost.
func TestCreateSendsNothingWithoutAKey(t *testing.T) {
	c := queue.NewClient(queue.ClientOptions{Header: func(*queue.Base) http.Header { return nil }, Timeout: time.Second, Concurrency: 1})
	_, base := start(t, queue.Fal)
	if a := c.Create(context.Background(), queue.Payload{Base: base, Endpoint: "fal-ai/flux/dev", Input: []byte(`{}`)}); a.Outcome != queue.CreationRetryable || a.Fault.Kind != queue.Unauthorized {
		t.Errorf("%+v, %v", a, a.Fault)
	}
}
