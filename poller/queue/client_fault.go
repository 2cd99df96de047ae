package queue

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// maxFaultBytes bounds how much of an error's body a Fault keeps.
const maxFaultBytes = 16 << 10

// networkFault says why no whole answer came. ctx is the request's.
func (c *Client) networkFault(ctx context.Context, err error) *Fault {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var foreign errForeign
	var encoding errEncoding
	switch {
	case errors.As(err, &foreign):
		return &Fault{Kind: Refused, Message: foreign.Error()}
	case errors.Is(err, errCircle):
		return &Fault{Kind: Refused, Message: errCircle.Error()}
	case errors.As(err, &encoding):
		return &Fault{Kind: BadAnswer, Message: encoding.Error()}
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
	return &Fault{Kind: Unreachable, Message: c.Redact(clip(plainly(err), 500))}
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
	var record tls.RecordHeaderError
	if errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/" {
		return http.ErrSchemeMismatch.Error()
	}
	return err.Error()
}

// fault says what an HTTP status other than success (2xx), or an answer that is
// too long, means for the polling; nil for a success.
func (r *reply) fault() *Fault {
	if r.code >= 200 && r.code <= 299 {
		if r.long {
			return &Fault{Kind: BadAnswer, HTTP: r.code, Message: fmt.Sprintf("the answer is longer than %d MiB", r.limit>>20)}
		}
		return nil
	}
	fault := &Fault{HTTP: r.code, Kind: r.kind(), RetryAfter: RetryAfter(r.header, time.Now()), Raw: r.body[:min(len(r.body), maxFaultBytes)]}
	if fault.Kind == Gateway {
		fault.Message = gatewayMessage(r.code, r.body)
		return fault
	}
	if fault.Code, fault.Message = apiError(r.body); fault.Message == "" {
		fault.Message = http.StatusText(r.code)
	}
	return fault
}

// kind classifies an HTTP status other than success. A 403, 404 or 5xx that is not
// the API's own says nothing about the task, as gateways answer so for everything.
func (r *reply) kind() FaultKind {
	gateway := !isAPIError(r.body)
	switch {
	case r.code == http.StatusUnauthorized:
		return Unauthorized
	case r.code == http.StatusTooManyRequests:
		return RateLimited
	case r.code == http.StatusRequestTimeout:
		return TimedOut
	case gateway && (r.code == http.StatusForbidden || r.code == http.StatusNotFound || r.code >= 500):
		return Gateway
	case r.code == http.StatusForbidden:
		return Forbidden
	case r.code == http.StatusNotFound || r.code == http.StatusGone:
		return Missing
	case r.code >= 500:
		return ServerError
	}
	return Refused
}

// redactFault returns the fault without the user's secrets.
func (c *Client) redactFault(f *Fault) *Fault {
	f.Code, f.Message = c.Redact(f.Code), c.Redact(f.Message)
	return f
}
