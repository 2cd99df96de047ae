package queue

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// maxFaultBytes bounds how much of an error's body a Fault keeps.
const maxFaultBytes = 16 << 10

// maxNetworkMessage bounds the message about a failed connection, in bytes.
const maxNetworkMessage = 500

// networkFault returns the fault of a request without a whole answer, with the proxy
// that it was to go through. connected says that it had a connection to the service.
func (c *Client) networkFault(request *http.Request, err error, connected bool) *Fault {
	proxy, _ := Proxy(request)
	if ctx := request.Context(); ctx.Err() != nil {
		err = context.Cause(ctx)
		if proxy != nil && !connected {
			err = proxyFault(proxy, "no connection through it came about in time")
		}
	}
	fault := Fault{Kind: Unreachable, Message: plainly(err)}
	own, isOwn := errors.AsType[*Fault](err)
	operation, failed := errors.AsType[*net.OpError](err)
	timeout, timed := errors.AsType[net.Error](err)
	switch {
	case isOwn:
		fault = *own
	case proxy != nil && failed && (operation.Op == "proxyconnect" || operation.Op == "socks connect"):
		fault = *proxyFault(proxy, plainly(operation.Err))
	case errors.Is(err, context.DeadlineExceeded), timed && timeout.Timeout():
		fault = Fault{Kind: TimedOut, Message: "no answer within " + c.options.Timeout.String()}
		if proxy != nil {
			fault.Proxy = proxy.Redacted()
			fault.Message += " through the proxy " + fault.Proxy
		}
	case errors.Is(err, context.Canceled):
		fault = Fault{Kind: TimedOut, Message: "given up"}
	}
	fault.Message = Clip(fault.Message, maxNetworkMessage)
	return &fault
}

// plainly describes a failed connection without the URL and the addresses of its ends, which
// the user knows or which mean nothing.
func plainly(err error) string {
	lookup, looked := errors.AsType[*net.DNSError](err)
	code, coded := errors.AsType[syscall.Errno](err)
	wrapped, isWrapped := errors.AsType[*url.Error](err)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed in the middle of the answer"
	case errors.Is(err, io.EOF):
		return "the connection was closed before an answer came"
	case looked && lookup.IsNotFound:
		return "no such host: " + lookup.Name
	case coded:
		return code.Error()
	case isWrapped:
		return wrapped.Err.Error()
	}
	return err.Error()
}

// faultKinds are the kinds of HTTP errors of the API's own, but for those from 500 on.
var faultKinds = map[int]FaultKind{
	http.StatusUnauthorized: Unauthorized, http.StatusTooManyRequests: RateLimited, http.StatusRequestTimeout: TimedOut,
	http.StatusForbidden: Forbidden, http.StatusNotFound: Missing,
}

// fault returns the fault of an answer with another HTTP status than 2xx, or with too long
// a body; nil for a success.
func (s *service) fault(got *reply) *Fault {
	switch {
	case got.code >= 200 && got.code <= 299 && !got.long:
		return nil
	case got.code >= 200 && got.code <= 299:
		return &Fault{Kind: BadAnswer, Message: fmt.Sprintf("the answer is longer than %d MiB", got.limit>>20)}
	}
	fault := &Fault{Kind: cmp.Or(faultKinds[got.code], Refused), RetryAfter: RetryAfter(got.header, time.Now()), Raw: got.body[:min(len(got.body), maxFaultBytes)]}
	if s.isGateway(got) {
		fault.Kind, fault.Message = Gateway, gatewayMessage(got.code, got.body)
		return fault
	}
	if got.code >= 500 {
		fault.Kind = ServerError
	}
	fault.Code, fault.Message = apiError(got.object())
	fault.Code = cmp.Or(fault.Code, Clip(got.header.Get(s.headers.errorType), maxType))
	fault.Message = cmp.Or(fault.Message, fault.Code, http.StatusText(got.code))
	return fault
}

// isGateway reports whether an HTTP error is not the API's own, so that it says nothing
// about the task. A 5xx with one of the service's own headers is the API's.
func (s *service) isGateway(got *reply) bool {
	switch {
	case got.code == http.StatusProxyAuthRequired: // only a proxy says so
		return true
	case got.code == http.StatusGone:
		return bytes.HasPrefix(bytes.TrimSpace(got.body), []byte("<"))
	case got.code == http.StatusForbidden, got.code == http.StatusNotFound:
		return !got.isAPIError()
	case got.code >= 500:
		return !got.isAPIError() && got.header.Get(s.headers.requestID) == "" && got.header.Get(s.headers.errorType) == ""
	}
	return false
}

// isUnfinished reports whether an answer says that the request has not finished, and
// nothing else: 204, or fal's 400 (seen: "Request is still in progress").
func (s *service) isUnfinished(got *reply) bool {
	return got.code == http.StatusNoContent ||
		s == fal && got.code == http.StatusBadRequest && bytes.Contains(bytes.ToLower(got.body), []byte("still in progress"))
}

// maxRetryAfter bounds what a service may ask for, so that a wrong header (or a
// wrong clock behind a date) does not silence polltop for days.
const maxRetryAfter = time.Hour

// RetryAfter returns how long an answer asks to wait, at most maxRetryAfter; 0 where it does
// not say, or the time has passed. It reads Retry-After-Ms, in milliseconds, and
// Retry-After in all forms that are seen: seconds with or without a fraction, a duration
// such as 3s, 500ms or "3 seconds", a date and a Unix time, each also twice with a comma. A
// date counts from the answer's own Date where there is one, because the clocks may differ.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	value, ms := header.Get("Retry-After"), header.Get("Retry-After-Ms")
	if value == "" && ms == "" { // as with most answers
		return 0
	}
	if served, err := http.ParseTime(header.Get("Date")); err == nil {
		now = served
	}
	first, _, _ := strings.Cut(value, ",") // a header that a proxy doubled: 3, 3
	seconds, err := strconv.ParseFloat(strings.TrimSpace(ms), 64)
	seconds /= 1000
	for _, text := range []string{value, first} {
		if err != nil {
			seconds, err = waitOf(strings.TrimSpace(text), now)
		}
	}
	if err != nil || math.IsNaN(seconds) {
		return 0
	}
	return time.Duration(min(max(seconds, 0), maxRetryAfter.Seconds()) * float64(time.Second))
}

// unixTime is from where on a number of seconds is a date in Unix time.
const unixTime = 1e9

// unitWords are units of time as they are written out, each with its short form. The
// longer word comes first.
var unitWords = strings.NewReplacer(
	"milliseconds", "ms", "millisecond", "ms", "seconds", "s", "second", "s", "secs", "s", "sec", "s",
	"minutes", "m", "minute", "m", "mins", "m", "min", "m", "hours", "h", "hour", "h",
)

// waitOf returns the seconds until the time that a text gives in one of the forms of RetryAfter.
func waitOf(text string, now time.Time) (float64, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if seconds >= unixTime {
			seconds -= float64(now.Unix())
		}
		return seconds, nil
	}
	if wait, err := time.ParseDuration(unitWords.Replace(strings.ToLower(strings.ReplaceAll(text, " ", "")))); err == nil {
		return wait.Seconds(), nil
	}
	at, err := http.ParseTime(text)
	if err != nil {
		at, err = time.Parse(time.RFC3339, text)
	}
	return at.Sub(now).Seconds(), err
}
