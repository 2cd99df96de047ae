package queue

import (
	"context"
	"maps"
	"net"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// MaxAnswerBytes bounds how much of an answer is read.
const MaxAnswerBytes = 1 << 20

// maxRedirects bounds how many redirects within one origin are followed.
const maxRedirects = 5

// ClientOptions configure a Client.
type ClientOptions struct {
	// Header returns the headers that requests under a base carry: the
	// credentials and what else the user gave. They go to the base's own
	// origin and nowhere else. What it has returned must not change any more; it
	// is cheapest to return the same map until the headers are others.
	Header func(*Base) http.Header
	// Secrets are texts that must never show, even where a service sends them
	// back: they are blotted out of answers and errors.
	Secrets []string
	// Timeout bounds one request from dialing to the last byte of its answer.
	Timeout time.Duration
	// Concurrency is how many requests to one host there are at most at once,
	// and so how many connections.
	Concurrency int
	// UserAgent names the program to the service.
	UserAgent string
	// Dial opens connections; nil for the network. Tests pass their own.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Client asks services about requests. It is safe for concurrent use.
type Client struct {
	http      *http.Client
	timeout   time.Duration
	header    func(*Base) http.Header
	agent     string
	exchanges exchanges
	dial      dialFunc
	lanes     sync.Map // *Base to *lane
	directs   sync.Map // Origin to *direct, nil where there is none

	mu      sync.Mutex               // of AddSecrets
	secrets atomic.Pointer[[]string] // the longest first
}

// lane is what is kept for the requests under one base.
type lane struct {
	gate   *gate   // nil where there is no HTTP/2
	direct *direct // nil where it takes http.Transport
	header atomic.Pointer[headers]
}

// headers are those that were given for a base, and those that are sent.
type headers struct {
	given, sent http.Header
	head        string // sent, as direct has it; "" where it takes http.Transport
}

// NewClient returns a client with its own pool of connections, which keeps as
// many open as there are requests at once: the default transport keeps two a
// host and would open a new one for every third poll.
func NewClient(o ClientOptions) *Client {
	dial := dialFunc(o.Dial)
	if dial == nil {
		dial = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            gated(dial),
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           0,
		MaxIdleConnsPerHost:    o.Concurrency,
		MaxConnsPerHost:        o.Concurrency,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		// A status answer of some 240 bytes costs more to inflate than to send.
		DisableCompression: true,
	}
	c := &Client{
		http:      &http.Client{Transport: sharing{transport}, CheckRedirect: withinOrigin},
		timeout:   o.Timeout,
		header:    o.Header,
		agent:     o.UserAgent,
		exchanges: exchanges{timeout: o.Timeout, most: o.Concurrency},
		dial:      dial,
	}
	c.secrets.Store(new([]string))
	c.AddSecrets(o.Secrets...)
	return c
}

// Close closes the connections that no request uses.
func (c *Client) Close() {
	c.exchanges.drop()
	c.http.CloseIdleConnections()
	c.directs.Range(func(_, d any) bool {
		if d := d.(*direct); d != nil {
			d.close()
		}
		return true
	})
}

// Status asks for the request's status. It returns an answer, or else a fault
// that says why there is none; never both. It returns within the client's
// time-out, or when ctx ends.
func (c *Client) Status(ctx context.Context, r Request) (Answer, *Fault) {
	body, response, fault := c.do(ctx, http.MethodGet, r.StatusURL(), r.Base)
	if fault != nil {
		return Answer{}, fault
	}
	answer, fault := DecodeAnswer(body, r)
	if fault != nil {
		fault.HTTP, fault.Message = response.StatusCode, c.Redact(fault.Message)
		return Answer{}, fault
	}
	// Blotting out the body did not see a secret that JSON had escaped.
	answer.Error, answer.ErrorType = c.Redact(answer.Error), c.Redact(answer.ErrorType)
	for _, address := range []*string{&answer.URLs.Status, &answer.URLs.Response, &answer.URLs.Cancel} {
		if c.Redact(*address) != *address || strings.Contains(*address, redacted) {
			*address = "" // it carried the key: the address that is built does not
		}
	}
	answer.RetryAfter = RetryAfter(response.Header, time.Now())
	return answer, nil
}

// do makes one request to a base's origin and returns the whole body of its
// answer when that is a success (2xx), without the user's secrets.
func (c *Client) do(ctx context.Context, method, address string, base *Base) ([]byte, *http.Response, *Fault) {
	e, whole := c.exchanges.begin(ctx), false
	defer func() { c.exchanges.end(e, whole) }()
	response, fault := c.send(e, method, address, base)
	if fault != nil {
		return nil, nil, fault
	}
	defer response.Body.Close()
	body, whole, err := readAnswer(response)
	if err != nil {
		return nil, response, c.networkFault(e.why(err))
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

// send makes one request and returns its answer, whose body is still to be read.
func (c *Client) send(e *exchange, method, address string, base *Base) (*http.Response, *Fault) {
	at := c.lane(base)
	header := c.headers(at, base)
	if header == nil {
		// Its tasks are from a session of before. Without the key nothing is to be
		// learned there, and nothing is to be told either.
		return nil, &Fault{Kind: Unauthorized, Message: "there is no key for " + base.String() + ": start with --base-url " + base.String() + " to go on with its tasks"}
	}
	path, plain := base.below(address)
	if plain && method == http.MethodGet && at.direct != nil && header.head != "" {
		return c.sendDirect(e, at, path, base, header)
	}
	var request *http.Request
	if plain {
		request = e.ask(method, base, path, header.sent)
	} else {
		var err error
		if request, err = http.NewRequestWithContext(e.ctx, method, address, nil); err != nil {
			return nil, &Fault{Kind: Refused, Message: "the address of the request is no URL: " + c.Redact(err.Error())}
		}
		if OriginOf(request.URL) != base.origin {
			return nil, &Fault{Kind: Refused, Message: errForeign{OriginOf(request.URL)}.Error()}
		}
		request.Header = header.sent
	}
	response, err := c.roundTrip(e, at.gate, request)
	if err != nil {
		return nil, c.networkFault(e.why(err))
	}
	return response, nil
}

// sendDirect makes one request for a path under a base without http.Transport.
func (c *Client) sendDirect(e *exchange, at *lane, path string, base *Base, header *headers) (*http.Response, *Fault) {
	response, err := at.direct.get(e, path, header.head)
	if err == nil && redirects(response) {
		request := e.ask(http.MethodGet, base, path, header.sent)
		response.Request = request
		response, err = c.follow(request, response)
	}
	if err != nil {
		return nil, c.networkFault(e.why(err))
	}
	return response, nil
}

// roundTrip does what http.Client would, which makes much of each request that
// only few need: to those it leaves them.
func (c *Client) roundTrip(e *exchange, gate *gate, request *http.Request) (*http.Response, error) {
	e.gate.Store(gate)
	if request.URL.User != nil {
		return c.http.Do(request)
	}
	response, err := c.http.Transport.RoundTrip(request)
	if err == nil && redirects(response) {
		return c.follow(request, response)
	}
	return response, err
}

// lane returns what is kept for a base.
func (c *Client) lane(base *Base) *lane {
	if known, ok := c.lanes.Load(base); ok {
		return known.(*lane)
	}
	fresh := &lane{}
	if base.origin.Scheme == "https" {
		fresh.gate = &gate{}
	}
	origin, _ := c.directs.LoadOrStore(base.origin, newDirect(base, c.dial, c.exchanges.most))
	fresh.direct = origin.(*direct)
	known, _ := c.lanes.LoadOrStore(base, fresh)
	return known.(*lane)
}

// headers returns the headers of a request under a base, nil for a base that the
// user has not configured. Requests share them, so they must not be changed.
func (c *Client) headers(at *lane, base *Base) *headers {
	given := c.header(base)
	if given == nil {
		return nil
	}
	if last := at.header.Load(); last != nil && reflect.ValueOf(last.given).Pointer() == reflect.ValueOf(given).Pointer() {
		return last
	}
	sent := make(http.Header, len(given)+1)
	maps.Copy(sent, given)
	if sent.Get("User-Agent") == "" {
		sent.Set("User-Agent", c.agent)
	}
	next := &headers{given, sent, directHead(base.url.Host, sent)}
	at.header.Store(next)
	return next
}
