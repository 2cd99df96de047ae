package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"

	"golang.org/x/net/http/httpproxy"
)

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
		return errProxy{why: "give one such as http://proxy:3128 or socks5://proxy:1080"}
	case !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, proxy.Scheme):
		return errProxy{proxy, "there is no " + proxy.Scheme + " proxy: http, https, socks5 and socks5h are known"}
	}
	return nil
}

// Proxy returns the proxy that the environment names for a request: with http, https,
// socks5 or socks5h; nil for none. It is meant for http.Transport.Proxy.
func Proxy(request *http.Request) (*url.URL, error) {
	return environmentProxy()(request.URL)
}

// errProxy is a failure of the proxy's, not of the service behind it.
type errProxy struct {
	proxy *url.URL // nil where its address can't be read
	why   string
}

// Error names the proxy and the variables that it comes from.
func (e errProxy) Error() string {
	if e.proxy == nil {
		return "the proxy's address in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY can't be read: " + e.why
	}
	return fmt.Sprintf("the proxy %s failed: %s (from HTTP_PROXY, HTTPS_PROXY or ALL_PROXY)", e.proxy.Redacted(), e.why)
}

// proxyRefusal turns a proxy's refusal to connect into an error that names it. It is
// meant for http.Transport.OnProxyConnectResponse.
func proxyRefusal(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return errProxy{proxy, "it answers HTTP " + answer.Status}
}

// proxyFault returns why the proxy of a request kept it from being made, and whether one did.
func proxyFault(proxy *url.URL, err error) (errProxy, bool) {
	if failed, ok := errors.AsType[errProxy](err); ok {
		return failed, true
	}
	operation, through := errors.AsType[*net.OpError](err)
	if proxy == nil || !through || operation.Op != "proxyconnect" && operation.Op != "socks connect" {
		return errProxy{}, false
	}
	return errProxy{proxy, plainly(operation.Err)}, true
}
