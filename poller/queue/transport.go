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
	// An HTTP/2 connection without traffic for pingAfter is pinged, and closed if no answer arrives
	// within pingTimeout.
	pingAfter, pingTimeout = 15 * time.Second, 10 * time.Second
	maxHeaderBytes         = 64 << 10 // bounds the headers of an answer
	maxRedirects           = 5        // bounds how many redirects are followed
)

// newTransport returns a transport that keeps as many idle connections to a host as there are
// requests at once. With the default of two, most polls would need a new connection.
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

// foreignOriginFault returns the fault of a redirect to another origin than the base's.
func foreignOriginFault(to Origin) *Fault {
	return refusedFault("redirected to " + to.String() + ", which is another origin: not followed, so that the key stays here; if the service has moved, give it with --base-url")
}

// refusedFault returns the fault of a request that is not made, or a redirect that is not followed.
func refusedFault(why string) *Fault { return &Fault{Kind: Refused, Message: why} }

// checkRedirect allows redirects only within the origin of the request, so that no other origin
// receives the key or the user's headers. It allows none for a create call.
func checkRedirect(next *http.Request, via []*http.Request) error {
	if via[0].Method == http.MethodPost {
		return http.ErrUseLastResponse
	}
	if to := OriginOf(next.URL); to != OriginOf(via[0].URL) {
		return foreignOriginFault(to)
	}
	if len(via) > maxRedirects {
		return refusedFault("redirected in a circle")
	}
	return nil
}

// environmentProxy returns the function that finds the proxy for a URL in HTTP_PROXY, HTTPS_PROXY and
// NO_PROXY, and like curl in ALL_PROXY if there is none for the URL's scheme. Each name may also be
// in lower case. The environment is read once.
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

// checkProxy returns an error for an invalid address of a proxy. The scheme may be missing.
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

// Proxy returns the proxy for a request from the environment; nil for none. It is for
// http.Transport.Proxy.
func Proxy(request *http.Request) (*url.URL, error) {
	return environmentProxy()(request.URL)
}

// proxyFault returns the fault of a proxy's failure, with the proxy and the variables that set it.
// proxy is nil if its address is invalid.
func proxyFault(proxy *url.URL, why string) *Fault {
	const from = "HTTP_PROXY, HTTPS_PROXY or ALL_PROXY"
	if proxy == nil {
		return &Fault{Kind: Unreachable, Proxy: "that can't be read", Message: "the proxy's address in " + from + " can't be read: " + why}
	}
	return &Fault{Kind: Unreachable, Proxy: proxy.Redacted(), Message: fmt.Sprintf("the proxy %s failed: %s (from %s)", proxy.Redacted(), why, from)}
}

// proxyRefusal returns an error if a proxy refuses to connect. It is for
// http.Transport.OnProxyConnectResponse.
func proxyRefusal(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return proxyFault(proxy, "it answers HTTP "+answer.Status)
}
