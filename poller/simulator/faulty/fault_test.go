package faulty

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"
	"time"

	"polltop/poller/simulator"
	"polltop/poller/simulator/simulatortest"
)

// loopback returns a server on a real connection with one running task, id, on
// which the fault is, and a client without kept connections: a request on one
// of those is repeated by net/http itself when it breaks.
func loopback(t *testing.T, fault simulator.Fault) (s *Server, url string, c *client) {
	t.Helper()
	s = New(Config{Key: "k"})
	t.Cleanup(s.Close)
	s.SubmitID("id", "e", simulator.Plan{Run: time.Hour, Faults: []simulator.Fault{fault}})
	base, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return s, base + "/v1/queue/e/requests/id/status", simulatortest.NewClient(t, transport)
}

// running is in the status answer of a task that runs.
const running = `"status":"IN_PROGRESS"`

// TestWholeAnswers has each fault that ends in a whole HTTP answer.
func TestWholeAnswers(t *testing.T) {
	truth := `"status":"IN_PROGRESS","request_id":"id"`
	tests := []struct {
		fault  simulator.Fault
		code   int
		body   string // is in the answer's
		header string // is in it, "Name: value"
	}{
		{simulator.Fault{Kind: Status500}, 500, `{"error":"Internal server error"}`, ""},
		{simulator.Fault{Kind: simulator.Gateway502HTML}, 502, "<h1>502 Bad Gateway</h1>", "Content-Type: text/html"},
		{simulator.Fault{Kind: Unavailable503}, 503, "upstream connect error", "Retry-After: "},
		{simulator.Fault{Kind: Unavailable503, RetryAfter: 90 * time.Second}, 503, "upstream connect error", "Retry-After: 90"},
		{simulator.Fault{Kind: simulator.RateLimit429}, 429, `{"error":{"code":"RATE_LIMIT_EXCEEDED","message":"`, "Retry-After: "},
		{simulator.Fault{Kind: simulator.RateLimit429, RetryAfter: 1100 * time.Millisecond}, 429, `"request_id":"req_`, "Retry-After: 2"},
		{simulator.Fault{Kind: Unauthorized401}, 401, `{"error":{"code":"UNAUTHORIZED","message":"`, ""},
		{simulator.Fault{Kind: Forbidden403}, 403, `{"detail":"Model not allowed for this user"}`, ""},
		{simulator.Fault{Kind: simulator.NotFound404}, 404, `{"detail":"Request not found"}`, ""},
		{simulator.Fault{Kind: RedirectOther, URL: "https://other.example/x"}, 302, "", "Location: https://other.example/x"},
		{simulator.Fault{Kind: RedirectLoop}, 302, "", "Location: /model/v1/queue/e/requests/id/status?hop"},
		{simulator.Fault{Kind: RedirectFile}, 302, "", "Location: file:///etc/passwd"},
		{simulator.Fault{Kind: EmptyBody}, 200, "", "Content-Length: 0"},
		{simulator.Fault{Kind: NoContent204}, 204, "", ""},
		{simulator.Fault{Kind: NotJSON}, 200, "<title>Guest Wi-Fi</title>", "Content-Type: text/html; charset=utf-8"},
		{simulator.Fault{Kind: NotObject}, 200, "null", "Content-Type: application/json"},
		{simulator.Fault{Kind: WrongType}, 200, truth, "Content-Type: text/html; charset=utf-8"},
		{simulator.Fault{Kind: UnknownStatus}, 200, `"status":"PAUSED","request_id":"id"`, "Content-Type: application/json"},
		{simulator.Fault{Kind: WrongFieldTypes}, 200, `"request_id":["id"],"response_url":null,"status":2`, "Content-Type: application/json"},
		{simulator.Fault{Kind: OtherID}, 200, `"status":"IN_PROGRESS","request_id":"mmsu_01hother`, "Content-Type: application/json"},
		{simulator.Fault{Kind: Backwards}, 200, `"status":"IN_QUEUE","request_id":"id"`, "Content-Type: application/json"},
		{simulator.Fault{Kind: DeepNesting}, 200, truth + `,"response_url":"http`, "Content-Type: application/json"},
	}
	seen := map[*simulator.FaultKind]bool{ResetBefore: true, ResetMiddle: true, Truncated: true, SlowHeaders: true, DripBody: true, HugeBody: true, EndlessBody: true}
	for _, test := range tests {
		seen[test.fault.Kind] = true
		t.Run(fmt.Sprintf("%v %v", test.fault.Kind, test.fault.RetryAfter), func(t *testing.T) {
			_, url, c := loopback(t, test.fault)
			got := c.Must("GET", url, "")
			if got.Code != test.code || !strings.Contains(got.Body, test.body) || (test.body == "" && got.Body != "") {
				t.Errorf("got %d %s, want %d with %s", got.Code, got.Body, test.code, test.body)
			}
			if name, value, ok := strings.Cut(test.header, ": "); ok && got.Header.Get(name) != value {
				t.Errorf("%s is %q, want %q", name, got.Header.Get(name), value)
			}
		})
	}
	for _, kind := range Kinds() {
		if !seen[kind] {
			t.Errorf("%v is not tested", kind)
		}
	}
}

// TestRetryAfterDate has a pause told as a date, which is never too early.
func TestRetryAfterDate(t *testing.T) {
	for _, kind := range []*simulator.FaultKind{simulator.RateLimit429, Unavailable503} {
		fault := simulator.Fault{Kind: kind, RetryAfter: 5 * time.Second, AsDate: true}
		bubble(t, Config{Faults: []simulator.Fault{fault}}, func(t *testing.T, s *Server, c *client) {
			time.Sleep(300 * time.Millisecond)
			got := c.Must("GET", path("id", "status"), "")
			date, err := http.ParseTime(got.Header.Get("Retry-After"))
			if pause := time.Until(date); err != nil || pause < 5*time.Second || pause >= 6*time.Second {
				t.Errorf("%v: Retry-After %q is in %v, want 5 s to 6 s (%v)", kind, got.Header.Get("Retry-After"), pause, err)
			}
		})
	}
}

// TestBrokenConnections has each fault that breaks the connection.
func TestBrokenConnections(t *testing.T) {
	tests := []struct {
		kind *simulator.FaultKind
		want error
		part string // what has come until then
	}{
		{ResetBefore, syscall.ECONNRESET, ""},
		{ResetMiddle, syscall.ECONNRESET, ""},
		{Truncated, io.ErrUnexpectedEOF, `{"status":"IN_PROGRESS","request_id":"id"`},
	}
	for _, test := range tests {
		t.Run(test.kind.String(), func(t *testing.T) {
			_, url, c := loopback(t, simulator.Fault{Kind: test.kind})
			got, err := c.Do("GET", url, "")
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if !strings.HasPrefix(got.Body, test.part) || strings.HasSuffix(got.Body, "}") {
				t.Errorf("the answer %q is not the first part of the right one", got.Body)
			}
		})
	}
}

// TestNoPatience leaves answers that do not end, and then closes the server,
// which must not hang on them.
func TestNoPatience(t *testing.T) {
	t.Run("SlowHeaders", func(t *testing.T) {
		s, url, c := loopback(t, simulator.Fault{Kind: SlowHeaders})
		ctx, cancel := context.WithCancel(t.Context())
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			WroteRequest: func(httptrace.WroteRequestInfo) { cancel() },
		})
		_, err := c.Client.Do(request(t, ctx, url))
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want that the client canceled", err)
		}
		s.Close()
	})
	for kind, first := range map[*simulator.FaultKind]string{DripBody: "{", HugeBody: `{"status":"IN_PROGRESS","padding":"` + strings.Repeat("a", 1<<20), EndlessBody: `{"status":"IN_PROGRESS","padding":"` + strings.Repeat("a", 1<<10)} {
		t.Run(kind.String(), func(t *testing.T) {
			s, url, c := loopback(t, simulator.Fault{Kind: kind})
			response, err := c.Client.Do(request(t, t.Context(), url))
			if err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(first))
			if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != first {
				t.Errorf("the answer begins with %.50q (%v), want %.50q", got, err, first)
			}
			response.Body.Close()
			s.Close()
		})
	}
}

// request returns a GET with the key.
func request(t *testing.T, ctx context.Context, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Key k")
	return r
}

// TestCloseInterrupts closes the server while clients wait for it.
func TestCloseInterrupts(t *testing.T) {
	for _, kind := range []*simulator.FaultKind{SlowHeaders, DripBody, EndlessBody} {
		bubble(t, Config{}, func(t *testing.T, s *Server, c *client) {
			s.SubmitID("id", "e", simulator.Plan{Run: time.Hour, Faults: []simulator.Fault{{Kind: kind}}})
			failed := make(chan error)
			go func() {
				_, err := c.Do("GET", path("id", "status"), "")
				failed <- err
			}()
			time.Sleep(3 * time.Second)
			s.Close()
			if err := <-failed; err == nil {
				t.Errorf("%v: the request succeeded though the server closed", kind)
			}
		})
	}
}

// TestDripBody waits for all of a slow answer.
func TestDripBody(t *testing.T) {
	bubble(t, Config{}, func(t *testing.T, s *Server, c *client) {
		s.SubmitID("id", "e", simulator.Plan{Run: time.Hour, Faults: []simulator.Fault{{Kind: DripBody}}})
		start := time.Now()
		got := c.Must("GET", path("id", "status"), "")
		if !strings.Contains(got.Body, running) {
			t.Errorf("got %s, want the status of a running task", got.Body)
		}
		if took, want := time.Since(start), time.Duration(len(got.Body))*time.Second; took != want {
			t.Errorf("it took %v, want %v", took, want)
		}
	})
}

// TestFaultsOfTheServer has faults hit all requests, and go.
func TestFaultsOfTheServer(t *testing.T) {
	faults := []simulator.Fault{{Kind: ResetBefore, From: 5 * time.Second, Until: 6 * time.Second}, {Kind: UnknownStatus, From: 9 * time.Second}}
	bubble(t, Config{Faults: faults, Speed: 2}, func(t *testing.T, s *Server, c *client) {
		s.SubmitID("id", "e", simulator.Plan{Run: time.Hour})
		url := path("id", "status")
		if got := c.Must("GET", url, "").Body; !strings.Contains(got, running) {
			t.Errorf("before the window the task is %s", got)
		}
		time.Sleep(2500 * time.Millisecond)
		if got, err := c.Do("GET", url, ""); err == nil {
			t.Errorf("in the window came %d %s, want an error", got.Code, got.Body)
		}
		time.Sleep(500 * time.Millisecond)
		if got := c.Must("GET", url, "").Body; !strings.Contains(got, running) {
			t.Errorf("after the window the task is %s", got)
		}
		time.Sleep(2 * time.Second)
		if got := c.Must("GET", url, ""); !strings.Contains(got.Body, `"PAUSED"`) {
			t.Errorf("got %s, want an unknown status", got.Body)
		}
		if got := c.Must("GET", path("id", "response"), ""); got.Code != 202 {
			t.Errorf("the result answers %d %s, though the fault is of statuses", got.Code, got.Body)
		}
		s.SetFaults()
		if got := c.Must("GET", url, "").Body; !strings.Contains(got, running) {
			t.Errorf("without faults the task is %s", got)
		}
	})
}
