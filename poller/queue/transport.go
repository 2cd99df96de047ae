package queue

import (
	"context"
	"net"
	"net/http"
	"time"

	"polltop/poller/guard"
)

const (
	dialTimeout      = 10 * time.Second // bounds the making of a TCP connection
	handshakeTimeout = 10 * time.Second // bounds the TLS handshake
	idleTimeout      = 90 * time.Second // how long a connection without requests stays open
	// pingAfter is how long an HTTP/2 connection may be silent before it is pinged,
	// and pingTimeout how long the answer may take before it is closed.
	pingAfter, pingTimeout = 15 * time.Second, 10 * time.Second
	maxHeaderBytes         = 64 << 10 // bounds the headers of an answer
	maxRedirects           = 5        // bounds how many redirects are followed
)

// dialFunc opens a connection.
type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// newTransport returns a transport that keeps as many connections to a host as
// there are requests to it at once: the default keeps two and would make a new
// connection for most polls.
func newTransport(concurrency int, dial dialFunc) *http.Transport {
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	return &http.Transport{
		Proxy:                  Proxy,
		OnProxyConnectResponse: proxyRefusal,
		DialContext: func(ctx context.Context, network, addr string) (conn net.Conn, err error) {
			defer guard.Error(&err) // the transport dials in goroutines of its own
			return dial(ctx, network, addr)
		},
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
		MaxIdleConnsPerHost:    concurrency,
		MaxConnsPerHost:        concurrency,
		IdleConnTimeout:        idleTimeout,
		TLSHandshakeTimeout:    handshakeTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		// A status answer of some 240 bytes costs more to inflate than to send.
		DisableCompression: true,
	}
}

// RedirectError says why a redirect was not followed.
type RedirectError string

func (e RedirectError) Error() string { return string(e) }

// errForeign returns the error for an address on another origin than the base's.
func errForeign(to Origin) RedirectError {
	return RedirectError("redirected to " + to.String() + ", which is another origin: not followed, so that the key stays here; if the service has moved, give it with --base-url")
}

// withinOrigin follows redirects only within the origin that was asked, so that neither the key
// nor a header of the user's ever goes elsewhere, and none of a creation.
func withinOrigin(next *http.Request, via []*http.Request) error {
	if via[0].Method == http.MethodPost {
		return http.ErrUseLastResponse
	}
	if to := OriginOf(next.URL); to != OriginOf(via[0].URL) {
		return errForeign(to)
	}
	if len(via) > maxRedirects {
		return RedirectError("redirected in a circle")
	}
	return nil
}
