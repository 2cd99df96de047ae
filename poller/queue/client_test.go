package queue

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const secretKey = "sk-live-secret-42"

func testClient(timeout time.Duration) *Client {
	return NewClient(ClientOptions{
		Header: func(*Base) http.Header {
			return http.Header{"Authorization": {"Key " + secretKey}, "X-Team": {"video"}}
		},
		Secrets: []string{secretKey}, Timeout: timeout, Concurrency: 4, UserAgent: "polltop/test",
	})
}

// serve starts a server on loopback and returns a request that lives there.
func serve(t *testing.T, handler http.HandlerFunc) Request {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return Request{ID: "mmsu_1", Endpoint: "wan26_i2v", Base: testBase(t, server.URL+"/model")}
}

func TestClientAsksAsTheProtocolSays(t *testing.T) {
	r := serve(t, func(w http.ResponseWriter, q *http.Request) {
		if q.Method != http.MethodGet || q.URL.Path != "/model/v1/queue/wan26_i2v/requests/mmsu_1/status" {
			t.Errorf("%s %s", q.Method, q.URL.Path)
		}
		if q.Header.Get("Authorization") != "Key "+secretKey || q.Header.Get("X-Team") != "video" || q.Header.Get("User-Agent") != "polltop/test" || q.Header.Get("Accept-Encoding") != "" {
			t.Errorf("headers %v", q.Header)
		}
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusAccepted) // fal's answers before the end are 202
		fmt.Fprint(w, `{"status":"IN_PROGRESS","request_id":"mmsu_1"}`)
	})
	answer, fault := testClient(time.Second).Status(context.Background(), r, false)
	if fault != nil || answer.Status != OutcomeRunning || answer.RetryAfter != 7*time.Second {
		t.Errorf("Status = %+v, %v", answer, fault)
	}
}

func TestClientTellsFaultsApart(t *testing.T) {
	cases := []struct {
		code          int
		body          string
		kind          FaultKind
		errCode, text string
	}{
		{401, `{"error":{"code":"UNAUTHORIZED","message":"invalid key"},"request_id":"r"}`, Unauthorized, "UNAUTHORIZED", "invalid key"},
		{403, `{"detail":"Model not allowed for this user"}`, Forbidden, "", "Model not allowed for this user"},
		{404, `{"detail":"Request not found"}`, Missing, "", "Request not found"},
		{429, `{"error":{"code":"RATE_LIMIT_EXCEEDED","message":"slow down"}}`, RateLimited, "RATE_LIMIT_EXCEEDED", "slow down"},
		{500, `{"error":"oops"}`, ServerError, "", "oops"},
		{500, `{"detail":"Internal Server Error"}`, ServerError, "", "Internal Server Error"},
		{502, `<html><head><title>502 Bad Gateway</title></head></html>`, Gateway, "", "HTTP 502 (no JSON)"},
		{503, ``, Gateway, "", "HTTP 503 (no JSON)"},
		{504, `upstream request timeout`, Gateway, "", "HTTP 504 (no JSON)"},
		{530, `{}`, Gateway, "", "HTTP 530 (no JSON)"},
		{500, `{"detail":"cut`, Gateway, "", "HTTP 500 (no JSON)"},
		{404, `<html><head><title>404 Not Found</title></head></html>`, Gateway, "", "HTTP 404 (no JSON)"},
		{404, `404 page not found`, Gateway, "", "HTTP 404 (no JSON)"},
		{404, ``, Gateway, "", "HTTP 404 (no JSON)"},
		{404, `null`, Gateway, "", "HTTP 404 (no JSON)"},
		{404, `{"detail":"Not Found"}`, Missing, "", "Not Found"},
		{404, `{"error":{"code":"NOT_FOUND","message":"no such request"}}`, Missing, "NOT_FOUND", "no such request"},
		{403, `<html><head><title>Attention Required! | Cloudflare</title></head></html>`, Gateway, "", "HTTP 403 (no JSON): Attention Required! | Cloudflare"},
		{403, `Forbidden`, Gateway, "", "HTTP 403 (no JSON)"},
		{401, `<html>log in</html>`, Unauthorized, "", "Unauthorized"},
		{422, `{"detail":[{"loc":["body"],"msg":"field required","type":"missing"}]}`, Refused, "missing", "field required"},
		{500, `{"error":"your key ` + secretKey + ` is bad"}`, ServerError, "", "your key [redacted] is bad"},
		{200, `<html>log in</html>`, BadAnswer, "", "web page"},
		{200, `{"status":"IN_QUEUE","x":"` + strings.Repeat("x", MaxAnswerBytes) + `"}`, BadAnswer, "", "longer than 1 MiB"},
	}
	for _, c := range cases {
		r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.code)
			fmt.Fprint(w, c.body)
		})
		_, fault := testClient(5*time.Second).Status(context.Background(), r, false)
		if fault == nil || fault.Kind != c.kind || fault.HTTP != c.code || fault.Code != c.errCode || !strings.Contains(fault.Message, c.text) {
			t.Errorf("HTTP %d %.60q: fault %+v, want kind %d, code %q, text %q", c.code, c.body, fault, c.kind, c.errCode, c.text)
		}
		if fault != nil && strings.Contains(fault.Error()+string(fault.Raw), secretKey) {
			t.Errorf("HTTP %d: the key is in the fault", c.code)
		}
	}
}

// A server on a second origin stands for all the places that the key must never
// reach: it sees whether anything comes, and what it carries.
func TestKeyNeverLeavesItsOrigin(t *testing.T) {
	var reached atomic.Int32
	foreign := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		reached.Add(1)
		if q.Header.Get("Authorization") != "" || q.Header.Get("X-Team") != "" {
			t.Errorf("another origin got %v", q.Header)
		}
		fmt.Fprint(w, `{"status":"COMPLETED"}`)
	}))
	defer foreign.Close()

	t.Run("redirect", func(t *testing.T) {
		for _, code := range []int{301, 302, 303, 307, 308} {
			r := serve(t, func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, foreign.URL, code) })
			_, fault := testClient(time.Second).Status(context.Background(), r, false)
			if fault == nil || fault.Kind != Refused || !strings.Contains(fault.Message, "another origin") {
				t.Errorf("%d: fault %v, want a refusal that names the redirect", code, fault)
			}
		}
	})
	t.Run("given address", func(t *testing.T) {
		r := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("asked at all") })
		r.URLs = &URLs{Status: foreign.URL + "/status"}
		if _, fault := testClient(time.Second).Status(context.Background(), r, false); fault == nil || fault.Kind != Refused {
			t.Errorf("fault %v, want a refusal", fault)
		}
	})
	t.Run("to file", func(t *testing.T) {
		r := serve(t, func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(302)
		})
		if _, fault := testClient(time.Second).Status(context.Background(), r, false); fault == nil {
			t.Error("no fault")
		}
	})
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests reached another origin", n)
	}
}

func TestRedirectWithinTheOriginIsFollowed(t *testing.T) {
	r := serve(t, func(w http.ResponseWriter, q *http.Request) {
		switch {
		case strings.HasSuffix(q.URL.Path, "/status"):
			http.Redirect(w, q, "/moved", http.StatusFound)
		case q.Header.Get("Authorization") == "":
			t.Error("the key was lost on the way")
		default:
			fmt.Fprint(w, `{"status":"IN_QUEUE"}`)
		}
	})
	if answer, fault := testClient(time.Second).Status(context.Background(), r, false); fault != nil || answer.Status != OutcomeWaiting {
		t.Errorf("Status = %+v, %v", answer, fault)
	}
	loop := serve(t, func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, q.URL.Path, http.StatusFound) })
	if _, fault := testClient(time.Second).Status(context.Background(), loop, false); fault == nil || !strings.Contains(fault.Message, "circle") {
		t.Errorf("a loop gave %v", fault)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, " 1.5 ": 1500 * time.Millisecond, "-3": 0, "soon": 0, "NaN": 0, "1e300": maxRetryAfter,
		"3s": 3 * time.Second, "1.5S": 1500 * time.Millisecond, "250ms": 250 * time.Millisecond, "1m30s": 90 * time.Second, "3 s": 3 * time.Second,
		"3, 3": 3 * time.Second, "3 seconds": 3 * time.Second, "2 Minutes": 2 * time.Minute, "500 milliseconds": 500 * time.Millisecond,
		strconv.FormatInt(now.Unix()+8, 10): 8 * time.Second, strconv.FormatInt(now.Unix()-8, 10): 0,
		"-3s": 0, "0": 0, "Inf": maxRetryAfter, "-Inf": 0,
		"2026-11-01T10:00:20Z":                            20 * time.Second,
		"Fri, 31 Dec 9999 23:59:59 GMT":                   maxRetryAfter,
		"Sunday, 01-Nov-26 10:00:07 GMT":                  7 * time.Second, // RFC 850, which RFC 9110 obliges readers to accept
		now.Add(30 * time.Second).Format(http.TimeFormat): 30 * time.Second,
		now.Add(-time.Hour).Format(http.TimeFormat):       0,
		now.AddDate(1, 0, 0).Format(http.TimeFormat):      maxRetryAfter,
	} {
		if got := RetryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("Retry-After %q = %s, want %s", value, got, want)
		}
	}
	if got := RetryAfter(http.Header{"Retry-After-Ms": {"1500"}, "Retry-After": {"2"}}, now); got != 1500*time.Millisecond {
		t.Errorf("Retry-After-Ms = %s, want 1.5s", got)
	}
	// The service's clock is an hour behind ours: its date counts from its own.
	header := http.Header{"Retry-After": {now.Add(-time.Hour + 10*time.Second).Format(http.TimeFormat)}, "Date": {now.Add(-time.Hour).Format(http.TimeFormat)}}
	if got := RetryAfter(header, now); got != 10*time.Second {
		t.Errorf("a date by another clock = %s, want 10s", got)
	}
}

// A service that sends the key back, in whatever form, does not get it shown.
func TestKeyIsBlottedOutInEveryForm(t *testing.T) {
	const odd, words = "sk+secret/key&123", "secret words"
	for name, body := range map[string]string{
		"as it is":      `{"status":"COMPLETED","error":"bad key sk+secret/key&123","error_type":"sk+secret/key&123"}`,
		"escaped slash": `{"status":"COMPLETED","error":"bad key sk+secret\/key&123"}`,
		"escaped":       `{"status":"COMPLETED","error":"bad key sk+secret/key\u0026123"}`,
		".NET":          `{"status":"COMPLETED","error":"bad key sk\u002Bsecret/key\u0026123"}`,
		"lower case":    `{"status":"COMPLETED","error":"bad key sk\u002bsecret\u002fkey\u0026123, see /x?k=sk%2bsecret%2fkey%26123"}`,
		"JSON in JSON":  `{"status":"COMPLETED","error":"{\"key\":\"sk+secret\\/key\\u0026123\"}"}`,
		"both":          `{"status":"COMPLETED","error":"bad key sk+secret\/key\u0026123"}`,
		"words":         `{"status":"COMPLETED","error":"not secret words, secret%20words and secret+words"}`,
		"in an output":  `{"status":"COMPLETED","outputs":[{"type":"text","text":"sk\u002Bsecret/key&123"}],"seen":"sk+secret\u002Fkey&123"}`,
		"in a query":    `{"status":"COMPLETED","error":"see /x?k=sk%2Bsecret%2Fkey%26123"}`,
		"in an address": `{"status":"IN_QUEUE","status_url":"ORIGIN/s?k=sk+secret\/key\u0026123","cancel_url":"ORIGIN/c?k=sk%2Bsecret%2Fkey%26123"}`,
	} {
		var origin string
		r := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.ReplaceAll(body, "ORIGIN", origin))
		})
		origin = r.Base.Origin().String()
		c := NewClient(ClientOptions{
			Header:  func(*Base) http.Header { return http.Header{"Authorization": {"Key " + odd}} },
			Secrets: []string{odd, words}, Timeout: time.Second, Concurrency: 1,
		})
		answer, fault := c.Status(context.Background(), r, false)
		if fault != nil {
			t.Errorf("%s: %v", name, fault)
			continue
		}
		result, _ := c.Result(context.Background(), r)
		all := fmt.Sprintf("%+v %s %+v %s", answer, answer.Raw, result, result.Result.Raw)
		if strings.Contains(all, "secret") {
			t.Errorf("%s: the key is in %s", name, all)
		}
		if answer.URLs != (URLs{}) {
			t.Errorf("%s: an address with the key was kept: %+v", name, answer.URLs)
		}
	}
}

// A session may hold tasks of a base that is not configured any more: nothing is
// asked there.
func TestBaseThatIsNotConfiguredIsNotAsked(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer server.Close()
	base, err := ParseBase(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := NewClient(ClientOptions{Header: func(*Base) http.Header { return nil }, Timeout: time.Second, Concurrency: 1})
	defer client.Close()
	_, fault := client.Status(context.Background(), Request{ID: "r", Endpoint: "e", Base: base}, false)
	if fault == nil || fault.Kind != Unauthorized || !strings.Contains(fault.Message, "--base-url "+server.URL) || asked > 0 {
		t.Errorf("asked %d times, fault %v", asked, fault)
	}
}
