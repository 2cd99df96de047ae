package queue

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

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

// newTransport returns a transport that keeps as many connections to a host as there are requests
// to it at once: the default keeps two and would make a new connection for most polls.
func newTransport(concurrency int, dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Transport {
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

// foreign returns the fault of an address on another origin than the base's.
func foreign(to Origin) *Fault {
	return refused("redirected to " + to.String() + ", which is another origin: not followed, so that the key stays here; if the service has moved, give it with --base-url")
}

// refused returns the fault of a request that is not made, or a redirect that is not followed.
func refused(why string) *Fault { return &Fault{Kind: Refused, Message: why} }

// withinOrigin follows redirects only within the origin that was asked, so that neither the key
// nor a header of the user's ever goes elsewhere, and none of a creation.
func withinOrigin(next *http.Request, via []*http.Request) error {
	if via[0].Method == http.MethodPost {
		return http.ErrUseLastResponse
	}
	if to := OriginOf(next.URL); to != OriginOf(via[0].URL) {
		return foreign(to)
	}
	if len(via) > maxRedirects {
		return refused("redirected in a circle")
	}
	return nil
}

// environmentProxy finds the proxy for an address in HTTP_PROXY, HTTPS_PROXY and
// NO_PROXY, and in ALL_PROXY where the one for the address's scheme is not set, as
// curl does. Each may also be written in small letters. The environment is read once.
var environmentProxy = sync.OnceValue(readProxies)

func readProxies() func(*url.URL) (*url.URL, error) {
	config := httpproxy.FromEnvironment()
	all := cmp.Or(os.Getenv("ALL_PROXY"), os.Getenv("all_proxy"))
	config.HTTPProxy = cmp.Or(config.HTTPProxy, all)
	config.HTTPSProxy = cmp.Or(config.HTTPSProxy, all)
	for _, address := range []string{config.HTTPProxy, config.HTTPSProxy} {
		// The package passes over what it can't read, and would go without a proxy.
		if err := checkProxy(address); err != nil {
			return func(*url.URL) (*url.URL, error) { return nil, err }
		}
	}
	return config.ProxyFunc()
}

// checkProxy returns an error for a text that is no proxy's address; a host and port
// alone are one.
func checkProxy(address string) error {
	if address != "" && !strings.Contains(address, "://") {
		address = "http://" + address
	}
	proxy, err := url.Parse(address)
	switch {
	case address == "":
		return nil
	case err != nil || proxy.Hostname() == "":
		return proxyFault(nil, "give one such as http://proxy:3128 or socks5://proxy:1080")
	case !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, proxy.Scheme):
		return proxyFault(proxy, "there is no "+proxy.Scheme+" proxy: http, https, socks5 and socks5h are known")
	}
	return nil
}

// Proxy returns the proxy that the environment names for a request: with http, https,
// socks5 or socks5h; nil for none. It is meant for http.Transport.Proxy.
func Proxy(request *http.Request) (*url.URL, error) {
	return environmentProxy()(request.URL)
}

// proxyFault returns the fault of a failure of the proxy's, not of the service behind it, which
// names the proxy and the variables that it comes from. It is nil where its address can't be read.
func proxyFault(proxy *url.URL, why string) *Fault {
	const from = "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY"
	if proxy == nil {
		return &Fault{Kind: Unreachable, Proxy: "that can't be read", Message: "the proxy's address in " + from + " can't be read: " + why}
	}
	return &Fault{Kind: Unreachable, Proxy: proxy.Redacted(), Message: fmt.Sprintf("the proxy %s failed: %s (from %s)", proxy.Redacted(), why, from)}
}

// proxyRefusal turns a proxy's refusal to connect into an error that names it. It is
// meant for http.Transport.OnProxyConnectResponse.
func proxyRefusal(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return proxyFault(proxy, "it answers HTTP "+answer.Status)
}
