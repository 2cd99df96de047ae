package queue

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// MaxAnswerBytes bounds how much of an answer is read, unless it is a result or a list.
const MaxAnswerBytes = 1 << 20

// ClientOptions configure a Client.
type ClientOptions struct {
	// Header returns the headers for requests to a base: the credentials and the user's own. They
	// are sent only to the base's origin. It returns nil for a base that is not configured.
	Header              func(*Base) http.Header
	Secrets             []string       // redacted from answers and errors, because services may echo them
	Timeout             time.Duration  // bounds one request from dialing to the last byte of its answer
	Concurrency         int            // bounds the connections to one host
	UserAgent           string         // the User-Agent header, unless Header sets one
	AllowPrivateOutputs bool           // allows outputs at private addresses
	Observe             func(Exchange) // is called concurrently for each request; nil for none
	// Dial opens connections; nil uses the network. Tests set it.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Exchange is an HTTP call to a service and its outcome, for a log.
type Exchange struct {
	Kind      string  // poll, fetch, cancel, create or list
	Request   Request // the request that the call is about; in create without an ID, in list with one or none
	Logs      bool    // the poll asked for log lines
	Sent      int     // the size of the payload in bytes
	StartedAt time.Time
	// Answer is an Answer, ResultAnswer, CancelOutcome, CreateAnswer or ListPage; valid if Fault
	// is nil.
	Answer   any
	Fault    *Fault
	Canceled bool // the caller's context ended
}

// Client makes the calls to the services. It is safe for concurrent use.
type Client struct {
	Outputs *OutputTransport // fetches the outputs of results

	http       *http.Client
	createHTTP *http.Client
	options    ClientOptions

	mu       sync.Mutex // of AddSecrets
	secrets  []string   // the longest first
	patterns atomic.Pointer[[]*regexp.Regexp]
}

// NewClient returns a client with its own pool of connections.
func NewClient(o ClientOptions) *Client {
	creating := newTransport(o.Concurrency, o.Dial)
	creating.IdleConnTimeout = createIdleTimeout
	c := &Client{
		http:       &http.Client{Transport: newTransport(o.Concurrency, o.Dial), CheckRedirect: checkRedirect},
		createHTTP: &http.Client{Transport: creating, CheckRedirect: checkRedirect},
		Outputs:    &OutputTransport{AllowPrivate: o.AllowPrivateOutputs, Concurrency: o.Concurrency, Dial: o.Dial},
		options:    o,
	}
	c.AddSecrets(o.Secrets...)
	return c
}

// Close closes the idle connections.
func (c *Client) Close() {
	c.CloseIdle()
	c.Outputs.CloseIdleConnections()
}

// CloseIdle closes the idle connections to services, so that the next request uses a new one. It is
// for a host that keeps answering 5xx: the fault may be a proxy on the old connections.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

// Status gets the request's status. It returns either an answer or a fault, within the client's
// time-out or when ctx ends.
//
// With logs, the answer has log lines also from a service that sends them only on demand (fal).
// That costs the service more, so it is for the task that the user looks at. See MergeLogs.
func (c *Client) Status(ctx context.Context, r Request, logs bool) (Answer, *Fault) {
	address := r.StatusURL()
	if logs {
		address = withQuery(address, r.Base.service.logsQuery)
	}
	o := &call{Exchange: Exchange{Kind: "poll", Request: r, Logs: logs}, method: http.MethodGet, address: address, limit: MaxAnswerBytes}
	return do(ctx, c, o, func(got *reply) (Answer, *Fault) { return r.Base.service.statusAnswer(got, r) })
}

func (s *service) statusAnswer(got *reply, r Request) (answer Answer, fault *Fault) {
	switch {
	case s.saysNotFinished(got), got.code == http.StatusAccepted && got.object().text("status") == "":
		answer = unfinishedAnswer(got.body)
	case got.code == http.StatusGone && !s.isGateway(got):
		answer = unfinishedAnswer(got.body)
		answer.Status = OutcomeExpired
		answer.ErrorType, answer.Error = apiError(got.object())
	default:
		if fault = s.fault(got); fault == nil {
			answer, fault = decodeAnswer(got.object(), got.body, r)
		}
	}
	if fault != nil {
		return Answer{}, fault
	}
	answer.ServiceRequestID, answer.Cost, answer.Retryable = s.readMeta(got, got.object().object("usage"))
	answer.RetryAfter = RetryAfter(got.header, time.Now())
	return answer, nil
}

// reply is an HTTP answer with its body.
type reply struct {
	code      int
	header    http.Header // without the user's secrets, like body
	body      []byte
	truncated bool   // the body was longer than limit
	limit     int64  // in bytes
	members   object // caches what object returns
}

// object returns the members of the body; nil if it does not begin with a complete JSON object.
func (r *reply) object() object {
	if r.members == nil && !r.truncated {
		r.members = parseObject(r.body)
	}
	return r.members
}

// call is one HTTP call to the origin of Request.Base.
type call struct {
	Exchange
	method, address string
	body            []byte      // the payload of a create call; nil for none
	key             string      // the idempotency key of a create call; "" for none
	limit           int64       // bounds the answer's body, in bytes
	mayBeSent       atomic.Bool // the request may have been written to a connection
}

// do makes a call and decodes the answer with read. It redacts the fault and reports the exchange
// to ClientOptions.Observe.
func do[A any](ctx context.Context, c *Client, o *call, read func(*reply) (A, *Fault)) (answer A, fault *Fault) {
	o.StartedAt, o.Sent = time.Now(), len(o.body)
	got, fault := c.roundTrip(ctx, o)
	if fault == nil {
		if answer, fault = read(got); fault != nil {
			fault.HTTP, fault.ServiceRequestID = got.code, o.Request.Base.service.requestID(got.header)
		}
	}
	if fault != nil {
		fault.Code, fault.Message, fault.Proxy = c.Redact(fault.Code), c.Redact(fault.Message), c.Redact(fault.Proxy)
	}
	if o.Answer, o.Fault, o.Canceled = answer, fault, ctx.Err() != nil; c.options.Observe != nil {
		c.options.Observe(o.Exchange)
	}
	return answer, fault
}

// roundTrip makes a call and reads the answer, whatever its HTTP status. It returns a fault if there
// is no complete answer.
func (c *Client) roundTrip(ctx context.Context, o *call) (*reply, *Fault) {
	base, client := o.Request.Base, c.http
	header := c.requestHeaders(base)
	if header == nil {
		// The task is from an earlier session. Without a key no request is useful.
		return nil, &Fault{Kind: Unauthorized, Message: "there is no key for " + base.String() + ": start with --base-url " + base.String() + " to go on with its tasks"}
	}
	switch o.method {
	case http.MethodPut:
		// An empty value is not sent, but allows the transport to repeat the request if the
		// connection was closed. Canceling twice does no harm.
		header["Idempotency-Key"] = []string{}
	case http.MethodPost:
		client = c.createHTTP
		header.Set("Content-Type", "application/json")
		// A user's header for all requests would make all payloads repetitions of the first.
		header.Del("Idempotency-Key")
		header.Del("X-Idempotency-Key")
		if o.key != "" {
			header.Set("Idempotency-Key", o.key)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout+time.Duration(len(o.body))*time.Second/minUploadRate)
	defer cancel()
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { o.mayBeSent.Store(true) }})
	request, err := http.NewRequestWithContext(traced, o.method, o.address, bytes.NewReader(o.body))
	if err != nil {
		return nil, refusedFault("the address of the request is no URL: " + err.Error())
	}
	if OriginOf(request.URL) != base.origin {
		return nil, foreignOriginFault(OriginOf(request.URL))
	}
	request.Header = header
	response, err := client.Do(request)
	if err != nil {
		return nil, c.networkFault(request, err, o.mayBeSent.Load())
	}
	defer response.Body.Close()
	body, err := readBody(response, o.limit)
	if err != nil {
		return nil, c.networkFault(request, err, true)
	}
	for _, values := range response.Header {
		for i, value := range values {
			values[i] = c.Redact(value)
		}
	}
	got := &reply{code: response.StatusCode, header: response.Header, body: c.redactBytes(body), limit: o.limit}
	got.truncated = int64(len(body)) > o.limit
	return got, nil
}

// requestHeaders returns the headers of a request to a base: the user's and a User-Agent; nil for a
// base that is not configured.
func (c *Client) requestHeaders(base *Base) http.Header {
	header := c.options.Header(base).Clone()
	if header != nil && header.Get("User-Agent") == "" {
		header.Set("User-Agent", c.options.UserAgent)
	}
	return header
}

// Cancel asks the service to cancel a request. It returns the answer, or a fault that says why
// there is none.
//
// SeaCloud answers 202 CANCELLATION_REQUESTED, 400 ALREADY_COMPLETED or 404 NOT_FOUND. fal answers
// in the same way, and 200 OK for a waiting request, which it removes. Comfy Router answers 202,
// 409 ALREADY_COMPLETED (one of its schemas says 400) or 404.
func (c *Client) Cancel(ctx context.Context, r Request) (CancelOutcome, *Fault) {
	o := &call{Exchange: Exchange{Kind: "cancel", Request: r}, method: http.MethodPut, address: r.CancelURL(), limit: MaxAnswerBytes}
	return do(ctx, c, o, r.Base.service.cancelAnswer)
}

// CancelOutcome is the answer to a request to cancel.
type CancelOutcome uint8

const (
	CancelAccepted CancelOutcome = iota + 1 // the service will try; polls show the outcome
	CancelTooLate                           // the request has already ended
	CancelUnknown                           // the service does not know the request
	CancelDone                              // the request was waiting and is now canceled (fal)
)

var cancelWords = [...]string{"unknown", "accepted", "already completed", "not found", "canceled"}

// String returns the outcome in words.
func (o CancelOutcome) String() string { return cancelWords[o] }

func (s *service) cancelAnswer(got *reply) (CancelOutcome, *Fault) {
	// Assumed: fal's answer 200 has OK as its status or its body.
	bareOK := []string{"", "OK", `"OK"`}
	word := strings.ToUpper(got.object().text("status"))
	switch {
	case word == "ALREADY_COMPLETED", got.code == http.StatusConflict:
		return CancelTooLate, nil
	case word == "NOT_FOUND", got.code == http.StatusNotFound && got.isAPIError():
		return CancelUnknown, nil
	case s == fal && got.code == http.StatusOK && (word == "OK" || slices.Contains(bareOK, strings.TrimSpace(string(got.body)))):
		return CancelDone, nil
	}
	if fault := s.fault(got); fault != nil {
		return 0, fault
	}
	return CancelAccepted, nil
}
