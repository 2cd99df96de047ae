package queue

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Bounds in bytes: of the body of an error in a Fault, and of the message about a failed connection.
const (
	maxFaultBytes     = 16 << 10
	maxNetworkMessage = 500
)

// networkFault returns the fault of a request without a complete answer. connected tells whether
// the request had a connection to the service; without one its proxy may have failed.
func (c *Client) networkFault(request *http.Request, err error, connected bool) *Fault {
	proxy, _ := Proxy(request)
	if ctx := request.Context(); ctx.Err() != nil {
		err = context.Cause(ctx)
		if proxy != nil && !connected {
			err = proxyFault(proxy, "no connection through it came about in time")
		}
	}
	fault := Fault{Kind: Unreachable, Message: describeError(err)}
	own, isOwn := errors.AsType[*Fault](err)
	operation, failed := errors.AsType[*net.OpError](err)
	timeout, timed := errors.AsType[net.Error](err)
	switch {
	case isOwn:
		fault = *own
	case proxy != nil && failed && (operation.Op == "proxyconnect" || operation.Op == "socks connect"):
		fault = *proxyFault(proxy, describeError(operation.Err))
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

// streamID matches the number of a stream in an error of HTTP/2.
var streamID = regexp.MustCompile(`stream ID \d+; `)

// describeError describes a network error without the URL, the IP addresses and the numbers in it, which
// tell the user nothing: errors with the same cause have the same text, which is reported once.
func describeError(err error) string {
	lookup, looked := errors.AsType[*net.DNSError](err)
	code, coded := errors.AsType[syscall.Errno](err)
	certificate, isCertificate := errors.AsType[x509.CertificateInvalidError](err)
	wrapped, isWrapped := errors.AsType[*url.Error](err)
	switch {
	case isCertificate && certificate.Reason == x509.Expired:
		from, to := certificate.Cert.NotBefore.Format(time.DateOnly), certificate.Cert.NotAfter.Format(time.DateOnly)
		return fmt.Sprintf("the certificate is valid from %s to %s only, and by this machine's clock it is not that time", from, to)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed in the middle of the answer"
	case errors.Is(err, io.EOF):
		return "the connection was closed before an answer came"
	case looked && lookup.IsNotFound:
		return "no such host: " + lookup.Name
	case coded:
		return code.Error()
	case isWrapped:
		err = wrapped.Err
	}
	return streamID.ReplaceAllString(err.Error(), "")
}

// faultKinds are the kinds of the API's HTTP errors below 500.
var faultKinds = map[int]FaultKind{
	http.StatusUnauthorized: Unauthorized, http.StatusTooManyRequests: RateLimited, http.StatusRequestTimeout: TimedOut,
	http.StatusForbidden: Forbidden, http.StatusNotFound: Missing,
}

// fault returns the fault of an answer whose HTTP status is not 2xx or whose body is too long; nil
// for a success.
func (s *service) fault(got *reply) *Fault {
	switch {
	case got.code >= 200 && got.code <= 299 && !got.truncated:
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

// isGateway reports whether an HTTP error is from a gateway and not from the API, so that it says
// nothing about the task. A 5xx with one of the service's headers is from the API.
func (s *service) isGateway(got *reply) bool {
	switch {
	case got.code == http.StatusProxyAuthRequired: // only proxies answer this
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

// saysNotFinished reports whether an answer says only that the request has not finished: 204, or
// fal's 400 (seen: "Request is still in progress").
func (s *service) saysNotFinished(got *reply) bool {
	return got.code == http.StatusNoContent ||
		s == fal && got.code == http.StatusBadRequest && bytes.Contains(bytes.ToLower(got.body), []byte("still in progress"))
}

// maxRetryAfter bounds the pause that a service may ask for: a wrong header, or a date from a wrong
// clock, must not stop polltop for days.
const maxRetryAfter = time.Hour

// RetryAfter returns the pause that an answer asks for, at most maxRetryAfter; 0 if it asks for none
// or the time has passed. It reads Retry-After-Ms, in milliseconds, and Retry-After in all forms
// that were seen: seconds with or without a fraction, a duration such as 3s, 500ms or "3 seconds",
// a date and a Unix time, each also twice with a comma. A date is compared with the answer's Date
// header if there is one, because the clocks may differ.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	value, ms := header.Get("Retry-After"), header.Get("Retry-After-Ms")
	if value == "" && ms == "" {
		return 0
	}
	if served, err := http.ParseTime(header.Get("Date")); err == nil {
		now = served
	}
	first, _, _ := strings.Cut(value, ",") // a proxy may double a header: 3, 3
	seconds, err := strconv.ParseFloat(strings.TrimSpace(ms), 64)
	seconds /= 1000
	for _, text := range []string{value, first} {
		if err != nil {
			seconds, err = parseWait(strings.TrimSpace(text), now)
		}
	}
	if err != nil || math.IsNaN(seconds) {
		return 0
	}
	return time.Duration(min(max(seconds, 0), maxRetryAfter.Seconds()) * float64(time.Second))
}

// minUnixTime is the smallest number of seconds that is read as a Unix time.
const minUnixTime = 1e9

// unitWords maps the words for units of time to their short forms. Longer words come first.
var unitWords = strings.NewReplacer(
	"milliseconds", "ms", "millisecond", "ms", "seconds", "s", "second", "s", "secs", "s", "sec", "s",
	"minutes", "m", "minute", "m", "mins", "m", "min", "m", "hours", "h", "hour", "h",
)

// parseWait returns the seconds to wait that a text gives in one of the forms of RetryAfter.
func parseWait(text string, now time.Time) (float64, error) {
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		if seconds >= minUnixTime {
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
