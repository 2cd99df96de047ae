package queue

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
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
	// origin and nowhere else.
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
	http    *http.Client
	timeout time.Duration
	header  func(*Base) http.Header
	agent   string

	mu      sync.RWMutex
	secrets []string
}

// NewClient returns a client with its own pool of connections, which keeps as
// many open as there are requests at once: the default transport keeps two a
// host and would open a new one for every third poll.
func NewClient(o ClientOptions) *Client {
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            o.Dial,
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
	if o.Dial == nil {
		transport.DialContext = (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
	c := &Client{
		http:    &http.Client{Transport: transport, CheckRedirect: withinOrigin},
		timeout: o.Timeout,
		header:  o.Header,
		agent:   o.UserAgent,
	}
	c.AddSecrets(o.Secrets...)
	return c
}

// AddSecrets adds texts that must never show, as after a change of the key. One
// shorter than four bytes would blot out half of every answer, and is no secret.
func (c *Client) AddSecrets(secrets ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, secret := range secrets {
		if len(secret) < 4 {
			continue
		}
		for _, form := range formsOf(secret) {
			if !slices.Contains(c.secrets, form) {
				c.secrets = append(c.secrets, form)
			}
		}
	}
	// The longest first: one may be part of another.
	slices.SortStableFunc(c.secrets, func(a, b string) int { return len(b) - len(a) })
}

// formsOf returns a secret as it may stand in an answer: as it is, escaped in
// JSON in the ways that services do, and escaped in a URL.
func formsOf(secret string) []string {
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if quoted, err := json.Marshal(secret); err == nil {
		escaped := string(quoted[1 : len(quoted)-1])
		forms = append(forms, escaped, strings.ReplaceAll(escaped, "/", `\/`))
	}
	return append(forms, strings.ReplaceAll(secret, "/", `\/`))
}

// Close closes the connections that no request uses.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// errForeign is a redirect to another origin than the request's own.
type errForeign struct{ to Origin }

func (e errForeign) Error() string {
	return fmt.Sprintf("redirected to %s, which is another origin: not followed, so that the key stays here; if the service has moved, give it with --base-url", e.to)
}

// withinOrigin follows redirects only within the origin that was asked, so that
// neither the key nor a header of the user's ever goes elsewhere.
func withinOrigin(next *http.Request, via []*http.Request) error {
	if to := OriginOf(next.URL); to != OriginOf(via[0].URL) {
		return errForeign{to}
	}
	if len(via) > maxRedirects {
		return errors.New("redirected in a circle")
	}
	return nil
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
		fault.HTTP, fault.Message = response.StatusCode, c.redact(fault.Message)
		return Answer{}, fault
	}
	// Blotting out the body did not see a secret that JSON had escaped.
	answer.Error, answer.ErrorType = c.redact(answer.Error), c.redact(answer.ErrorType)
	for _, address := range []*string{&answer.URLs.Status, &answer.URLs.Response, &answer.URLs.Cancel} {
		if c.redact(*address) != *address || strings.Contains(*address, redacted) {
			*address = "" // it carried the key: the address that is built does not
		}
	}
	answer.RetryAfter = RetryAfter(response.Header, time.Now())
	return answer, nil
}

// do makes one request to a base's origin and returns the whole body of its
// answer when that is a success (2xx), without the user's secrets.
func (c *Client) do(ctx context.Context, method, address string, base *Base) ([]byte, *http.Response, *Fault) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, nil, &Fault{Kind: Refused, Message: "the address of the request is no URL: " + c.redact(err.Error())}
	}
	if OriginOf(request.URL) != base.origin {
		return nil, nil, &Fault{Kind: Refused, Message: errForeign{OriginOf(request.URL)}.Error()}
	}
	for name, values := range c.header(base) {
		request.Header[name] = values
	}
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
		fault.Code, fault.Message = c.redact(fault.Code), c.redact(fault.Message)
		return nil, response, fault
	}
	if len(body) > MaxAnswerBytes {
		return nil, response, &Fault{Kind: BadAnswer, HTTP: response.StatusCode, Message: "the answer is longer than 1 MiB"}
	}
	return body, response, nil
}

// networkFault says why no whole answer came.
func (c *Client) networkFault(err error) *Fault {
	var foreign errForeign
	if errors.As(err, &foreign) {
		return &Fault{Kind: Refused, Message: foreign.Error()}
	}
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout()) {
		return &Fault{Kind: TimedOut, Message: fmt.Sprintf("no answer within %s", c.timeout)}
	}
	// The URL that http.Client puts before the cause is on the screen already.
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Fault{Kind: Unreachable, Message: "the connection was closed in the middle of the answer"}
	case errors.Is(err, io.EOF):
		return &Fault{Kind: Unreachable, Message: "the connection was closed before an answer came"}
	}
	return &Fault{Kind: Unreachable, Message: c.redact(clip(plainly(err), 500))}
}

// plainly returns what went wrong with a connection, without the addresses of
// its ends, which say nothing to the reader.
func plainly(err error) string {
	var lookup *net.DNSError
	if errors.As(err, &lookup) && lookup.IsNotFound {
		return "no such host: " + lookup.Name
	}
	var refused syscall.Errno
	if errors.As(err, &refused) {
		return refused.Error()
	}
	return err.Error()
}

// httpFault says what an HTTP status other than success means for the polling.
func httpFault(response *http.Response, body []byte) *Fault {
	code, message := apiError(body)
	if message == "" {
		message = http.StatusText(response.StatusCode)
	}
	fault := &Fault{
		Kind: Refused, HTTP: response.StatusCode, Code: code, Message: message,
		RetryAfter: RetryAfter(response.Header, time.Now()),
		Raw:        body[:min(len(body), 16<<10)],
	}
	switch status := response.StatusCode; {
	case status == http.StatusUnauthorized:
		fault.Kind = Unauthorized
	case status == http.StatusForbidden:
		fault.Kind = Forbidden
	case status == http.StatusNotFound, status == http.StatusGone:
		fault.Kind = Missing
	case status == http.StatusTooManyRequests:
		fault.Kind = RateLimited
	case status == http.StatusRequestTimeout:
		fault.Kind = TimedOut
	case status >= 500:
		fault.Kind = ServerError
	}
	return fault
}

// redacted stands where a secret was.
const redacted = "[redacted]"

// Redact returns a text without the user's secrets.
func (c *Client) Redact(s string) string { return c.redact(s) }

// redact blots the user's secrets out of a text.
func (c *Client) redact(s string) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, secret := range c.secrets {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return s
}

// redactBytes blots the user's secrets out of a body.
func (c *Client) redactBytes(body []byte) []byte {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, secret := range c.secrets {
		if bytes.Contains(body, []byte(secret)) {
			body = bytes.ReplaceAll(body, []byte(secret), []byte(redacted))
		}
	}
	return body
}
