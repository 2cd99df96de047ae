package queue

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
)

// reference is the client as it was first written, on http.Client and a context
// made for each request: what goes over the wire, and what a poll costs, is
// compared with it.
type reference struct{ *Client }

func (c reference) Status(ctx context.Context, r Request) (Answer, *Fault) {
	body, response, fault := c.do(ctx, http.MethodGet, r.StatusURL(), r.Base)
	if fault != nil {
		return Answer{}, fault
	}
	answer, fault := referenceDecode(body, r)
	if fault != nil {
		fault.HTTP, fault.Message = response.StatusCode, c.Redact(fault.Message)
		return Answer{}, fault
	}
	answer.Error, answer.ErrorType = c.Redact(answer.Error), c.Redact(answer.ErrorType)
	for _, address := range []*string{&answer.URLs.Status, &answer.URLs.Response, &answer.URLs.Cancel} {
		if c.Redact(*address) != *address || strings.Contains(*address, redacted) {
			*address = ""
		}
	}
	answer.RetryAfter = RetryAfter(response.Header, time.Now())
	return answer, nil
}

func (c reference) do(ctx context.Context, method, address string, base *Base) ([]byte, *http.Response, *Fault) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, nil, &Fault{Kind: Refused, Message: "the address of the request is no URL: " + c.Redact(err.Error())}
	}
	if OriginOf(request.URL) != base.origin {
		return nil, nil, &Fault{Kind: Refused, Message: errForeign{OriginOf(request.URL)}.Error()}
	}
	maps.Copy(request.Header, c.header(base))
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", c.agent)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, nil, c.networkFault(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, MaxAnswerBytes+1))
	if err != nil {
		return nil, response, c.networkFault(err)
	}
	body = c.redactBytes(body)
	if response.StatusCode < 200 || response.StatusCode > 299 {
		fault := httpFault(response, body)
		fault.Code, fault.Message = c.Redact(fault.Code), c.Redact(fault.Message)
		return nil, response, fault
	}
	if len(body) > MaxAnswerBytes {
		return nil, response, &Fault{Kind: BadAnswer, HTTP: response.StatusCode, Message: "the answer is longer than 1 MiB"}
	}
	return body, response, nil
}

// scripted is a server on pipes that answers each request with the next answer,
// the last again and again, and keeps what came over the wire, byte for byte.
type scripted struct {
	answers []string

	mu       sync.Mutex
	requests []string
}

func (s *scripted) dial(_ context.Context, _, addr string) (net.Conn, error) {
	near, far := net.Pipe()
	go s.serve(far, addr)
	return near, nil
}

func (s *scripted) serve(conn net.Conn, addr string) {
	defer conn.Close()
	lines := bufio.NewReader(conn)
	for request := addr + "\n"; ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if request += line; line != "\r\n" {
			continue
		}
		s.mu.Lock()
		answer := s.answers[min(len(s.requests), len(s.answers)-1)]
		s.requests = append(s.requests, request)
		s.mu.Unlock()
		request = addr + "\n"
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
	}
}

const plainly200 = "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"status\":\"IN_QUEUE\"}"

// Whatever ids, endpoints and addresses look like, the bytes on the wire are those
// that http.NewRequest and http.Client make of them; so are the faults.
func TestRequestsAreOnTheWireAsHTTPClientMakesThem(t *testing.T) {
	redirect := func(to string) string {
		return "HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n"
	}
	scripts := [][]string{{plainly200}, {redirect("/moved?x=1"), plainly200}, {redirect("../a b"), plainly200}, {redirect("http://other.test/")}, {redirect("::")},
		{"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"}, {"HTTP/1.1 304 Not Modified\r\n\r\n"}, {redirect("")}, {redirect("/a")}}
	bases := []string{"http://api.test", "http://api.test:8080/model", "http://API.test/a b", "http://api.test/%2e/a", "http://api.test:/x", "http://[::1]:80/y", "http://bücher.test/ü", "http://api.test/a;b"}
	ids := []string{"mmsu_1", ".", "..", "a/b", "a b", "%2E", "a%zz", "ü", "a?b#c", "a:b@c", "a\nb", "~-._", "a;b,c", "", "\xff"}
	given := []*URLs{nil, {Status: "http://api.test/given?a=b"}, {Status: "http://api.test/%2E%2E/x"}, {Status: "http://user:word@api.test/x"}, {Status: "//api.test"}, {Status: "http://api.test:80/a"}, {Status: "http://api.test"}}
	for _, base := range bases {
		for i, id := range ids {
			for j, endpoint := range []string{"wan26_i2v", "fal-ai/flux", "a//b", "../x", "a b/%41", ""} {
				for k, urls := range given {
					script := scripts[(i+j+k)%len(scripts)]
					compareWires(t, script, Request{ID: id, Endpoint: endpoint, Base: testBase(t, base), URLs: urls})
				}
			}
		}
	}
}

// compareWires fails when a request is not on the wire as the reference puts it.
func compareWires(t *testing.T, script []string, r Request) {
	t.Helper()
	ask := func(status func(*Client) (Answer, *Fault)) (Answer, *Fault, []string) {
		s := &scripted{answers: script}
		c := NewClient(ClientOptions{
			Header:  func(*Base) http.Header { return http.Header{"X-Team": {"video"}, "x-odd": {"1", "2"}} },
			Timeout: time.Minute, Concurrency: 1, UserAgent: "polltop/test", Dial: s.dial,
		})
		defer c.Close()
		answer, fault := status(c)
		return answer, fault, s.requests
	}
	got, gotFault, gotWire := ask(func(c *Client) (Answer, *Fault) { return c.Status(t.Context(), r) })
	want, wantFault, wantWire := ask(func(c *Client) (Answer, *Fault) { return reference{c}.Status(t.Context(), r) })
	if !reflect.DeepEqual(gotWire, wantWire) || !reflect.DeepEqual(got, want) || !reflect.DeepEqual(gotFault, wantFault) {
		t.Errorf("%s %q %q %v:\n got %q, %+v, %+v\nwant %q, %+v, %+v", r.Base, r.Endpoint, r.ID, r.URLs, gotWire, got, gotFault, wantWire, want, wantFault)
	}
}

// What below calls plain, url.Parse reads as nothing but the base's scheme and
// host and that path.
func FuzzPlainAddress(f *testing.F) {
	for _, base := range []string{"http://api.test/model", "HTTPS://Api.test:443", "http://[::1]", "http://a.test:/", "http://a.test?", "http://a.test/#", "http://%41.test", "http://ü.test"} {
		for _, rest := range []string{"", "/", "/a/./../b", "//evil.test/", "@evil.test/", ":1/", ".evil.test/", "/a%2Fb", "/a?b", "/a#b", "/ü", "/a b", "/~._-"} {
			f.Add(base, rest)
		}
	}
	f.Fuzz(func(t *testing.T, text, rest string) {
		base, err := ParseBase(text)
		if err != nil {
			return
		}
		for _, address := range []string{rest, base.text + rest, base.place + rest} {
			path, plain := base.below(address)
			if !plain {
				continue
			}
			want, err := http.NewRequest(http.MethodGet, address, nil)
			if err != nil {
				t.Fatalf("%q is plain, but %v", address, err)
			}
			e := &exchange{request: &http.Request{}}
			got := e.ask(http.MethodGet, base, path, nil)
			if !reflect.DeepEqual(got.URL, want.URL) || got.Host != want.Host || OriginOf(want.URL) != base.origin {
				t.Fatalf("%q: %+v on %q, want %+v on %q", address, got.URL, got.Host, want.URL, want.Host)
			}
			if u, _ := url.Parse(address); got.URL.RequestURI() != u.RequestURI() {
				t.Fatalf("%q: %q, want %q", address, got.URL.RequestURI(), u.RequestURI())
			}
		}
	})
}

// An answer that is no HTTP, or TLS where none is, is told as http.Client tells it.
func TestFaultsOfTheConnectionAreToldAsBefore(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	secure := testBase(t, strings.Replace(server.URL, "http", "https", 1))
	closed := testBase(t, "http://127.0.0.1:1")
	for _, base := range []*Base{secure, closed} {
		r := Request{ID: "a", Endpoint: "b", Base: base}
		c := testClient(time.Minute)
		_, got := c.Status(t.Context(), r)
		_, want := reference{c}.Status(t.Context(), r)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", base, got, want)
		}
	}
	for _, answer := range []string{"", "nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"} {
		ask := func(status func(*Client) *Fault) *Fault {
			c := NewClient(ClientOptions{Header: func(*Base) http.Header { return http.Header{} }, Timeout: time.Minute, Concurrency: 1,
				Dial: func(context.Context, string, string) (net.Conn, error) {
					near, far := net.Pipe()
					go func() { defer far.Close(); _, _ = far.Read(make([]byte, 4096)); _, _ = io.WriteString(far, answer) }()
					return near, nil
				}})
			defer c.Close()
			return status(c)
		}
		r := Request{ID: "a", Endpoint: "b", Base: testBase(t, "http://api.test")}
		got := ask(func(c *Client) *Fault { _, fault := c.Status(t.Context(), r); return fault })
		want := ask(func(c *Client) *Fault { _, fault := reference{c}.Status(t.Context(), r); return fault })
		if got == nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v", answer, got, want)
		}
	}
}
