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

// OutputTransport makes the requests for outputs, whose addresses come from answers.
// It refuses loopback, link-local and other private addresses with a
// PrivateAddressError, unless the base of the output's task lies at an address of the
// same kind. It checks the address that is dialled, after the name was looked up, so
// that neither a redirect nor a name that changes its address gets around it.
//
// Where the environment names a proxy, that looks the name up and connects: then only
// a host that is an IP address can be refused.
//
// It is safe for concurrent use.
type OutputTransport struct {
	AllowPrivate bool          // lets outputs be fetched from every address
	Concurrency  int           // bounds the connections to one host at once
	TLS          *tls.Config   // verifies servers; nil for the system's roots
	Resolver     *net.Resolver // looks names up; nil for the system's
	// Dial opens connections; nil for the network, whose addresses are checked when
	// they are dialled. Tests pass their own, of which only the URL's host is checked.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)

	mu    sync.Mutex
	pools map[pool]*http.Transport
}

// pool names the connections that may be shared: through a proxy all, directly those for the
// outputs of one base.
type pool struct {
	base    *Base
	proxied bool
}

// Get asks for an output of a base's task, and follows redirects. With nil for the base, no
// private address is allowed. header returns the headers of a request; home says that it and
// those before it are to the base's own origin: after a redirect to another one the user's
// headers must not go even back home, as a foreign server would choose the URL.
func (t *OutputTransport) Get(ctx context.Context, base *Base, address string, header func(home bool) http.Header) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	home := base != nil
	prepare := func(r *http.Request) {
		home = home && OriginOf(r.URL) == base.origin
		r.URL.User = nil // it would be sent as credentials that the user never gave
		// net/http would send some of the user's headers and a Referer to other hosts.
		r.Header = header(home)
	}
	prepare(request)
	client := http.Client{Transport: baseOutputs{t, base}, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		from := via[len(via)-1].URL
		switch {
		case len(via) > maxRedirects:
			return refused(fmt.Sprintf("redirected in a circle, or more than %d times, at last by %s", maxRedirects, from.Host))
		case !Fetchable(next.URL):
			return refused(fmt.Sprintf("%s redirects to a %q URL: only http and https can be downloaded", from.Host, Truncate(next.URL.Scheme, 20)))
		case from.Scheme == "https" && next.URL.Scheme == "http":
			return refused(from.Host + " redirects from https to http, where anybody on the way could change the file: not followed")
		}
		prepare(next)
		return nil
	}}
	return client.Do(request)
}

// Fetchable reports whether an output may be at a URL: http or https with a host.
func Fetchable(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}

// Peek fetches an output of a base's task to be looked at: at most most bytes. Outputs lie on
// other hosts than the API, so neither the key nor any header of the user's goes along, whatever
// the host. It returns a PrivateAddressError for an address that an OutputTransport refuses.
func (c *Client) Peek(ctx context.Context, base *Base, address string, most int64) ([]byte, error) {
	if !webURL(address) {
		return nil, errors.New("the output's address is no URL of the web")
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	response, err := c.Outputs.Get(ctx, base, address, func(bool) http.Header { return http.Header{"User-Agent": {c.options.UserAgent}} })
	if refused, ok := errors.AsType[PrivateAddressError](err); ok {
		return nil, refused
	}
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("HTTP %d", response.StatusCode)
	case int64(len(body)) > most:
		return nil, fmt.Errorf("it is longer than %d bytes", most)
	}
	return body, nil
}

// CloseIdleConnections closes the connections that no request uses.
func (t *OutputTransport) CloseIdleConnections() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, transport := range t.pools {
		transport.CloseIdleConnections()
	}
}

// transport returns the transport for the outputs of a base's tasks, which refuses private
// addresses once they are looked up.
func (t *OutputTransport) transport(base *Base, proxied bool) *http.Transport {
	dialer := &net.Dialer{
		Timeout: dialTimeout, Resolver: t.Resolver,
		ControlContext: func(ctx context.Context, _, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return err
			}
			return t.check(ctx, base, at.Addr().String(), privateKind(at.Addr()))
		},
	}
	of, dial := pool{base, false}, t.Dial
	if proxied {
		of = pool{nil, true}
	} else if dial == nil {
		dial = dialer.DialContext
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pools == nil {
		t.pools = map[pool]*http.Transport{}
	}
	if t.pools[of] == nil {
		t.pools[of] = newTransport(t.Concurrency, dial)
		t.pools[of].TLSClientConfig = t.TLS
	}
	return t.pools[of]
}

// check returns a PrivateAddressError for an address of a kind that is not allowed for
// the outputs of a base's tasks; kind is "" for a public one.
func (t *OutputTransport) check(ctx context.Context, base *Base, address, kind string) error {
	if kind == "" || t.AllowPrivate || slices.Contains(kindsOf(ctx, t.Resolver, base), kind) {
		return nil
	}
	return PrivateAddressError{address, kind}
}

// baseOutputs is the http.RoundTripper for the outputs of one base's tasks.
type baseOutputs struct {
	*OutputTransport
	base *Base
}

// RoundTrip makes one request; http.Client calls it for each redirect too.
func (o baseOutputs) RoundTrip(request *http.Request) (*http.Response, error) {
	proxy, err := Proxy(request)
	if err != nil {
		return nil, err
	}
	if proxy != nil || o.Dial != nil {
		host := request.URL.Hostname()
		if err := o.check(request.Context(), o.base, host, literalKind(host)); err != nil {
			return nil, err
		}
	}
	return o.transport(o.base, proxy != nil).RoundTrip(request)
}
