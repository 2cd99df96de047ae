package queue

import (
	"bytes"
	"context"
	"maps"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// MaxAnswerBytes bounds how much of a status answer is read.
const MaxAnswerBytes = 1 << 20

// ClientOptions configure a Client.
type ClientOptions struct {
	// Header returns the headers for requests to a base: the credentials and the user's
	// own. They are sent to the base's origin only. It returns nil for a base that is not
	// configured.
	Header func(*Base) http.Header
	// Secrets are redacted from answers and errors, because services may send them back.
	Secrets []string
	// Timeout bounds one request from dialing to the last byte of its answer.
	Timeout time.Duration
	// Concurrency bounds the requests and connections to one host at once.
	Concurrency int
	// UserAgent names the program to the service.
	UserAgent string
	// AllowPrivateOutputs lets Peek fetch outputs from every address.
	AllowPrivateOutputs bool
	// Dial opens connections; nil for the network. Tests pass their own.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Client asks services about requests. It is safe for concurrent use.
type Client struct {
	http     *http.Client
	creating *http.Client // follows no redirects
	outputs  *OutputTransport
	timeout  time.Duration
	header   func(*Base) http.Header
	agent    string

	mu      sync.Mutex               // of AddSecrets
	secrets atomic.Pointer[[]string] // the longest first
}

// NewClient returns a client with its own pool of connections.
func NewClient(o ClientOptions) *Client {
	c := &Client{
		http:     &http.Client{Transport: newTransport(o.Concurrency, o.Dial), CheckRedirect: withinOrigin},
		creating: newCreating(o),
		outputs:  NewOutputTransport(OutputOptions{AllowPrivate: o.AllowPrivateOutputs, Concurrency: o.Concurrency, Dial: o.Dial}),
		timeout:  o.Timeout,
		header:   o.Header,
		agent:    o.UserAgent,
	}
	c.secrets.Store(new([]string))
	c.AddSecrets(o.Secrets...)
	return c
}

// Close closes the connections that no request uses.
func (c *Client) Close() {
	c.CloseIdle()
	c.outputs.CloseIdleConnections()
}

// CloseIdle closes the connections to services that no request uses, so that the next
// request to a host without one under way uses a new connection. It is for a host that keeps
// answering 5xx: the cause may be a proxy that only the old connections lead through.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

// Status asks for the request's status. It returns an answer, or else a fault
// that says why there is none; never both. It returns within the client's
// time-out, or when ctx ends.
func (c *Client) Status(ctx context.Context, r Request) (Answer, *Fault) {
	return c.status(ctx, r, r.StatusURL())
}

// StatusWithLogs is Status, and asks for the log lines too where the service sends them
// only on demand (fal). It costs the service more, so it is for the one task that the user
// looks at. The lines are a window of the log: see MergeLogs.
func (c *Client) StatusWithLogs(ctx context.Context, r Request) (Answer, *Fault) {
	return c.status(ctx, r, withQuery(r.StatusURL(), r.Base.service.logs))
}

func (c *Client) status(ctx context.Context, r Request, address string) (Answer, *Fault) {
	got, fault := c.do(ctx, http.MethodGet, address, r.Base, MaxAnswerBytes)
	if fault != nil {
		return Answer{}, c.redactFault(fault)
	}
	answer, fault := r.Base.service.statusAnswer(got, r)
	if fault != nil {
		return Answer{}, c.redactFault(fault)
	}
	c.redactAnswer(&answer)
	return answer, nil
}

// statusAnswer decodes the answer to a status request.
func (s *service) statusAnswer(got *reply, r Request) (answer Answer, fault *Fault) {
	switch {
	case s.isUnfinished(got), got.code == http.StatusAccepted && text(object(got.body)["status"]) == "":
		answer = inProgress(got.body)
	case got.code == http.StatusGone && !s.isGateway(got):
		answer = inProgress(got.body)
		answer.Status = StatusExpired
		answer.ErrorType, answer.Error = apiError(got.body)
	default:
		if fault = s.fault(got); fault == nil {
			answer, fault = DecodeAnswer(got.body, r)
		}
	}
	requestID, cost, retryable := s.readHeaders(got.header)
	if fault != nil {
		fault.HTTP, fault.ServiceRequestID = got.code, requestID
		return Answer{}, fault
	}
	if !cost.Known {
		cost = usageCost(object(got.body))
	}
	answer.ServiceRequestID, answer.Cost, answer.Retryable = requestID, cost, retryable
	answer.RetryAfter = RetryAfter(got.header, time.Now())
	return answer, nil
}

// redactAnswer redacts the user's secrets in the decoded texts, because a secret that JSON
// escaped was not found in the body.
func (c *Client) redactAnswer(a *Answer) {
	for _, s := range []*string{&a.Word, &a.Error, &a.ErrorType, &a.ProviderError, &a.ServiceRequestID} {
		*s = c.Redact(*s)
	}
	for i := range a.Logs {
		a.Logs[i].Message = c.Redact(a.Logs[i].Message)
	}
	for _, address := range []*string{&a.URLs.Status, &a.URLs.Response, &a.URLs.Cancel} {
		if c.Redact(*address) != *address || strings.Contains(*address, redacted) {
			*address = "" // it carried the key: the address that is built does not
		}
	}
}

// reply is an HTTP answer with its whole body.
type reply struct {
	code   int
	header http.Header
	body   []byte // without the user's secrets
	long   bool   // the body was longer than the limit, and is cut
	limit  int64
}

// do makes one request without a body to a base's origin and reads the answer, whatever its
// HTTP status. A fault says why there is no whole answer.
func (c *Client) do(ctx context.Context, method, address string, base *Base, limit int64) (*reply, *Fault) {
	return c.exchange(ctx, &call{client: c.http, method: method, address: address, base: base, limit: limit, timeout: c.timeout, headers: func(sent http.Header) {
		if method != http.MethodGet {
			// An empty value is not sent, but lets the transport repeat a request on a closed
			// connection. To cancel twice does no harm.
			sent["Idempotency-Key"] = []string{}
		}
	}})
}

// call is one request to a base's origin.
type call struct {
	client          *http.Client
	method, address string
	base            *Base
	body            []byte
	headers         func(sent http.Header) // changes the headers of this request
	limit           int64                  // of the answer's body
	timeout         time.Duration
	// connected is set once the request may have been written to a connection.
	connected atomic.Bool
}

// exchange makes a request and reads the answer, whatever its HTTP status. A fault says why
// there is no whole answer.
func (c *Client) exchange(ctx context.Context, o *call) (*reply, *Fault) {
	header := c.header(o.base)
	if header == nil {
		// Tasks of an earlier session. Without the key no request makes sense, and
		// nothing may be disclosed.
		return nil, &Fault{Kind: Unauthorized, Message: "there is no key for " + o.base.String() + ": start with --base-url " + o.base.String() + " to go on with its tasks"}
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, o.method, o.address, bytes.NewReader(o.body))
	if err != nil {
		return nil, &Fault{Kind: Refused, Message: "the address of the request is no URL: " + c.Redact(err.Error())}
	}
	if OriginOf(request.URL) != o.base.origin {
		return nil, &Fault{Kind: Refused, Message: errForeign{OriginOf(request.URL)}.Error()}
	}
	request.Header = c.headers(header)
	o.headers(request.Header)
	response, err := o.client.Do(request.WithContext(o.trace(ctx)))
	if err != nil {
		return nil, c.networkFault(request, err, o.connected.Load())
	}
	defer response.Body.Close()
	body, err := readBody(response, o.limit)
	if err != nil {
		return nil, c.networkFault(request, err, true)
	}
	got := &reply{code: response.StatusCode, header: response.Header, body: c.redactBytes(body), limit: o.limit}
	got.long = int64(len(body)) > o.limit
	return got, nil
}

// trace returns a context in which the call is noted to have a connection.
func (o *call) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { o.connected.Store(true) }})
}

// headers returns the headers of a request: the user's and the program's name.
func (c *Client) headers(given http.Header) http.Header {
	sent := make(http.Header, len(given)+2)
	maps.Copy(sent, given)
	if sent.Get("User-Agent") == "" {
		sent.Set("User-Agent", c.agent)
	}
	return sent
}
