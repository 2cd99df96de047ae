package queue

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"syscall"
)

// OutputTransport makes the requests for outputs, whose addresses come from answers. It refuses
// loopback, link-local and other private addresses with a PrivateAddressError, unless the base of
// the output's task has an address of the same kind. It checks the address after the DNS lookup,
// when it is dialled, so that neither a redirect nor a changing DNS answer circumvents the check.
//
// A proxy from the environment looks names up itself, so then only a host that is an IP address
// can be refused.
//
// It is safe for concurrent use.
type OutputTransport struct {
	AllowPrivate bool          // allows outputs at private addresses
	Concurrency  int           // bounds the connections to one host
	TLS          *tls.Config   // verifies servers; nil uses the system's roots
	Resolver     *net.Resolver // looks names up; nil is the system's
	// Dial opens connections; nil uses the network. Tests set it; then only the URL's host is
	// checked.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	mu    sync.Mutex
	pools map[poolKey]*http.Transport
}

// poolKey identifies a pool of connections: one for all through a proxy, and one for the direct
// connections for the outputs of a base.
type poolKey struct {
	base    *Base
	proxied bool
}

// Get requests an output of a base's task, and follows redirects. If base is nil, no private address
// is allowed. header returns the headers of a request. trusted tells that this request and all
// before it are to the base's origin. After a redirect to another origin no request is trusted,
// because a foreign server chooses its URL.
func (t *OutputTransport) Get(ctx context.Context, base *Base, address string, header func(trusted bool) http.Header) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	trusted := base != nil
	prepare := func(r *http.Request) {
		trusted = trusted && OriginOf(r.URL) == base.origin
		r.URL.User = nil // it would be sent as credentials, which are not the user's
		// Replace the headers, because net/http copies some of the user's to other hosts.
		r.Header = header(trusted)
	}
	prepare(request)
	client := http.Client{Transport: baseTransport{t, base}, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		from := via[len(via)-1].URL
		switch {
		case len(via) > maxRedirects:
			return refusedFault(fmt.Sprintf("redirected in a circle, or more than %d times, at last by %s", maxRedirects, from.Host))
		case !Fetchable(next.URL):
			return refusedFault(fmt.Sprintf("%s redirects to a %q URL: only http and https can be downloaded", from.Host, Truncate(next.URL.Scheme, 20)))
		case from.Scheme == "https" && next.URL.Scheme == "http":
			return refusedFault(from.Host + " redirects from https to http, where anybody on the way could change the file: not followed")
		}
		prepare(next)
		return nil
	}}
	return client.Do(request)
}

// Fetchable reports whether an output can be downloaded from a URL: http or https with a host.
func Fetchable(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// FetchPreview fetches an output of a base's task for a preview; it fails if that is longer than limit bytes.
// It sends neither the key nor headers of the user. It returns a PrivateAddressError for an address
// that the OutputTransport refuses.
func (c *Client) FetchPreview(ctx context.Context, base *Base, address string, limit int64) ([]byte, error) {
	if !webURL(address) {
		return nil, errors.New("the output's address is no URL of the web")
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	response, err := c.Outputs.Get(ctx, base, address, func(bool) http.Header { return http.Header{"User-Agent": {c.options.UserAgent}} })
	if private, ok := errors.AsType[PrivateAddressError](err); ok {
		return nil, private
	}
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("HTTP %d", response.StatusCode)
	case int64(len(body)) > limit:
		return nil, fmt.Errorf("it is longer than %d bytes", limit)
	}
	return body, nil
}

// CloseIdleConnections closes the idle connections.
func (t *OutputTransport) CloseIdleConnections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, transport := range t.pools {
		transport.CloseIdleConnections()
	}
}

// transport returns the transport for the outputs of a base's tasks. It checks each address when it
// is dialled.
func (t *OutputTransport) transport(base *Base, proxied bool) *http.Transport {
	dialer := &net.Dialer{
		Timeout: dialTimeout, Resolver: t.Resolver,
		ControlContext: func(ctx context.Context, _, address string, _ syscall.RawConn) error {
			dialled, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			return t.checkAddress(ctx, base, dialled.Addr().String(), privateKind(dialled.Addr()))
		},
	}
	key, dial := poolKey{base, false}, t.Dial
	if proxied {
		key = poolKey{nil, true}
	} else if dial == nil {
		dial = dialer.DialContext
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pools == nil {
		t.pools = map[poolKey]*http.Transport{}
	}
	if t.pools[key] == nil {
		t.pools[key] = newTransport(t.Concurrency, dial)
		t.pools[key].TLSClientConfig = t.TLS
	}
	return t.pools[key]
}

// checkAddress returns a PrivateAddressError for an address of a kind that is not allowed for the
// outputs of a base's tasks. kind is "" for a public address.
func (t *OutputTransport) checkAddress(ctx context.Context, base *Base, address, kind string) error {
	if kind == "" || t.AllowPrivate || slices.Contains(privateKinds(ctx, t.Resolver, base), kind) {
		return nil
	}
	return PrivateAddressError{address, kind}
}

// baseTransport is the http.RoundTripper for the outputs of one base's tasks.
type baseTransport struct {
	*OutputTransport
	base *Base
}

// RoundTrip makes one request; http.Client also calls it for each redirect.
func (o baseTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	proxy, err := Proxy(request)
	if err != nil {
		return nil, err
	}
	if proxy != nil || o.Dial != nil {
		host := request.URL.Hostname()
		if err := o.checkAddress(request.Context(), o.base, host, literalKind(host)); err != nil {
			return nil, err
		}
	}
	return o.transport(o.base, proxy != nil).RoundTrip(request)
}
