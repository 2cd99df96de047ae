package queue

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// MaxAnswerBytes bounds how much of a status answer is read.
const MaxAnswerBytes = 1 << 20

// ClientOptions configure a Client.
type ClientOptions struct {
	// Header returns the headers for requests to a base: the credentials and the user's own. They
	// are sent to the base's origin only. It returns nil for a base that is not configured.
	Header              func(*Base) http.Header
	Secrets             []string       // redacted from answers and errors: services may send them back
	Timeout             time.Duration  // bounds one request from dialing to the last byte of its answer
	Concurrency         int            // bounds the requests and connections to one host at once
	UserAgent           string         // names the program to the service
	AllowPrivateOutputs bool           // lets outputs be fetched from every address
	Observe             func(Exchange) // is called for each request, by any goroutine; nil for nobody
	// Dial opens connections; nil for the network. Tests pass their own.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Exchange is a request to a service and what came of it, for a log.
type Exchange struct {
	Kind    string  // poll, fetch, cancel, create or list
	Request Request // the one asked about; of create and list it may have no ID
	Logs    bool    // a poll that asked for log lines
	Sent    int     // bytes of a payload
	Begun   time.Time
	// Answer is an Answer, ResultAnswer, CancelOutcome, CreateAnswer or ListPage; it counts
	// where Fault is nil.
	Answer  any
	Fault   *Fault
	GivenUp bool // the caller's context ended
}

// Client asks services about requests. It is safe for concurrent use.
type Client struct {
	Outputs *OutputTransport // fetches the outputs of results

	http     *http.Client
	creating *http.Client
	options  ClientOptions

	mu      sync.Mutex               // of AddSecrets
	secrets atomic.Pointer[[]string] // the longest first
}

// NewClient returns a client with its own pool of connections.
func NewClient(o ClientOptions) *Client {
	creating := newTransport(o.Concurrency, o.Dial)
	creating.IdleConnTimeout = createIdle
	c := &Client{
		http:     &http.Client{Transport: newTransport(o.Concurrency, o.Dial), CheckRedirect: withinOrigin},
		creating: &http.Client{Transport: creating, CheckRedirect: withinOrigin},
		Outputs:  &OutputTransport{AllowPrivate: o.AllowPrivateOutputs, Concurrency: o.Concurrency, Dial: o.Dial},
		options:  o,
	}
	c.secrets.Store(new([]string))
	c.AddSecrets(o.Secrets...)
	return c
}

// Close closes the connections that no request uses.
func (c *Client) Close() {
	c.CloseIdle()
	c.Outputs.CloseIdleConnections()
}

// CloseIdle closes the connections to services that no request uses, so that the next
// request to a host without one under way uses a new connection. It is for a host that keeps
// answering 5xx: the cause may be a proxy that only the old connections lead through.
func (c *Client) CloseIdle() { c.http.CloseIdleConnections() }

// Status asks for the request's status. It returns an answer, or else a fault that says why
// there is none; never both. It returns within the client's time-out, or when ctx ends.
//
// With logs, it asks for the log lines too where the service sends them only on demand (fal).
// That costs the service more, so it is for the one task that the user looks at. The lines are
// a window of the log: see MergeLogs.
func (c *Client) Status(ctx context.Context, r Request, logs bool) (Answer, *Fault) {
	address := r.StatusURL()
	if logs {
		address = withQuery(address, r.Base.service.logs)
	}
	o := &call{Exchange: Exchange{Kind: "poll", Request: r, Logs: logs}, method: http.MethodGet, address: address, limit: MaxAnswerBytes}
	answer, fault := ask(ctx, c, o, func(got *reply) (Answer, *Fault) { return r.Base.service.statusAnswer(got, r) })
	c.redactAnswer(&answer)
	return answer, fault
}

func (s *service) statusAnswer(got *reply, r Request) (answer Answer, fault *Fault) {
	switch {
	case s.isUnfinished(got), got.code == http.StatusAccepted && got.object().text("status") == "":
		answer = inProgress(got.body)
	case got.code == http.StatusGone && !s.isGateway(got):
		answer = inProgress(got.body)
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
		if c.Redact(*address) != *address {
			*address = "" // it carried the key: the address that is built does not
		}
	}
}

// reply is an HTTP answer with its whole body.
type reply struct {
	code    int
	header  http.Header
	body    []byte // without the user's secrets
	long    bool   // the body was longer than the limit, and is cut
	limit   int64
	members object // those of the body, once they are asked for
}

// object returns the members of the body; nil where it does not begin with a whole JSON object.
func (r *reply) object() object {
	if r.members == nil && !r.long {
		r.members = objectOf(r.body)
	}
	return r.members
}

// call is one request to a base's origin.
type call struct {
	Exchange        // whose Request's Base is asked
	method, address string
	body            []byte // the payload of a creation, and key its idempotency key; "" for none
	key             string
	limit           int64       // of the answer's body
	connected       atomic.Bool // the request may have been written to a connection
}

// ask makes a request, whose answer read decodes. The fault has none of the user's secrets.
func ask[A any](ctx context.Context, c *Client, o *call, read func(*reply) (A, *Fault)) (answer A, fault *Fault) {
	o.Begun, o.Sent = time.Now(), len(o.body)
	got, fault := c.exchange(ctx, o)
	if fault == nil {
		if answer, fault = read(got); fault != nil {
			fault.HTTP, fault.ServiceRequestID = got.code, o.Request.Base.service.requestID(got.header)
		}
	}
	if fault != nil {
		fault.Code, fault.Message, fault.Proxy = c.Redact(fault.Code), c.Redact(fault.Message), c.Redact(fault.Proxy)
	}
	if o.Answer, o.Fault, o.GivenUp = answer, fault, ctx.Err() != nil; c.options.Observe != nil {
		c.options.Observe(o.Exchange)
	}
	return answer, fault
}

// exchange makes a request and reads the answer, whatever its HTTP status. A fault says why
// there is no whole answer.
func (c *Client) exchange(ctx context.Context, o *call) (*reply, *Fault) {
	base, client := o.Request.Base, c.http
	header := c.headers(base)
	if header == nil {
		// Tasks of an earlier session. Without the key no request makes sense, and
		// nothing may be disclosed.
		return nil, &Fault{Kind: Unauthorized, Message: "there is no key for " + base.String() + ": start with --base-url " + base.String() + " to go on with its tasks"}
	}
	switch o.method {
	case http.MethodPut:
		// An empty value is not sent, but lets the transport repeat a request on a closed
		// connection. To cancel twice does no harm.
		header["Idempotency-Key"] = []string{}
	case http.MethodPost:
		client = c.creating
		header.Set("Content-Type", "application/json")
		// One that the user gave for all requests would make a repetition of all payloads.
		header.Del("Idempotency-Key")
		header.Del("X-Idempotency-Key")
		if o.key != "" {
			header.Set("Idempotency-Key", o.key)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout+time.Duration(len(o.body))*time.Second/leastUploadRate)
	defer cancel()
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { o.connected.Store(true) }})
	request, err := http.NewRequestWithContext(traced, o.method, o.address, bytes.NewReader(o.body))
	if err != nil {
		return nil, refused("the address of the request is no URL: " + err.Error())
	}
	if OriginOf(request.URL) != base.origin {
		return nil, foreign(OriginOf(request.URL))
	}
	request.Header = header
	response, err := client.Do(request)
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

// headers returns the headers of a request to a base: the user's and the program's name; nil
// for a base that is not configured.
func (c *Client) headers(base *Base) http.Header {
	sent := c.options.Header(base).Clone()
	if sent != nil && sent.Get("User-Agent") == "" {
		sent.Set("User-Agent", c.options.UserAgent)
	}
	return sent
}

// Cancel asks the service to cancel a request. It returns the answer, or a fault that says
// why there is none.
//
// SeaCloud answers 202 CANCELLATION_REQUESTED, 400 ALREADY_COMPLETED or 404
// NOT_FOUND; fal the same, and 200 OK for a request that waited and was removed;
// Comfy Router 202, 409 ALREADY_COMPLETED (one of its schemas says 400) or 404.
func (c *Client) Cancel(ctx context.Context, r Request) (CancelOutcome, *Fault) {
	o := &call{Exchange: Exchange{Kind: "cancel", Request: r}, method: http.MethodPut, address: r.CancelURL(), limit: MaxAnswerBytes}
	return ask(ctx, c, o, r.Base.service.cancelAnswer)
}

// CancelOutcome is the answer to a request to cancel.
type CancelOutcome uint8

const (
	CancelAccepted CancelOutcome = iota + 1 // the service will try; a poll shows whether it did
	CancelTooLate                           // the request had ended already
	CancelUnknown                           // the service does not know the request
	CancelDone                              // the request waited and was removed; it is canceled (fal)
)

var cancelWords = [...]string{"unknown", "accepted", "already completed", "not found", "canceled"}

// String returns the outcome in words.
func (o CancelOutcome) String() string { return cancelWords[o] }

func (s *service) cancelAnswer(got *reply) (CancelOutcome, *Fault) {
	// Assumed: fal's 200 OK reports so in its status or by itself.
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
