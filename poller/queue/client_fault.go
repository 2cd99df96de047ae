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

// networkFault says why no whole answer came.
func (c *Client) networkFault(err error) *Fault {
	var foreign errForeign
	if errors.As(err, &foreign) {
		return &Fault{Kind: Refused, Message: foreign.Error()}
	}
	if errors.Is(err, errCircle) {
		return &Fault{Kind: Refused, Message: errCircle.Error()}
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
	// http.Client says it thus.
	var record tls.RecordHeaderError
	if errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/" {
		err = http.ErrSchemeMismatch
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
