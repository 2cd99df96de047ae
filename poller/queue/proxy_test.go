package queue

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// underProxy sets the environment's proxies for a test.
func underProxy(t *testing.T, environment map[string]string) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"} {
		t.Setenv(name, environment[name])
		t.Setenv(strings.ToLower(name), "")
	}
	before := environmentProxy
	environmentProxy = sync.OnceValue(readProxies)
	t.Cleanup(func() { environmentProxy = before })
}

// ask asks for a status at a base, through the environment's proxy.
func askStatus(t *testing.T, address string) (Answer, *Fault) {
	t.Helper()
	base, err := ParseBase(address)
	if err != nil {
		t.Fatal(err)
	}
	c := NewClient(ClientOptions{
		Header:  func(*Base) http.Header { return http.Header{"Authorization": {"Key k"}} },
		Timeout: time.Second, Concurrency: 1, UserAgent: "polltop/test",
	})
	defer c.Close()
	return c.Status(context.Background(), Request{ID: "mmsu_1", Endpoint: "wan26_i2v", Base: base}, false)
}

// closedPort returns an address that nobody listens at.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// noSocks returns the address of a server that answers whatever it is told in HTTP.
func noSocks(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Read(make([]byte, 1))
			io.WriteString(conn, "HTTP/1.1 400 Bad Request\r\n\r\n")
			conn.Close()
		}
	}()
	return listener.Addr().String()
}

// hangs returns the address of a server that takes connections and says nothing.
func hangs(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener.Addr().String()
}

// What a proxy fails at is not told as if it were the service's doing.
func TestFailuresOfAProxyNameIt(t *testing.T) {
	refusing := func(status int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		return strings.TrimPrefix(server.URL, "http://")
	}
	closed, hanging := closedPort(t), hangs(t)
	for _, test := range []struct {
		name, base string
		variable   string
		proxy      string
		want       []string
	}{
		{"refused, https", "https://service.test", "HTTPS_PROXY", "http://" + closed, []string{"the proxy http://" + closed, "connection refused"}},
		{"refused, http", "http://service.test", "HTTP_PROXY", "http://" + closed, []string{"the proxy http://" + closed, "connection refused"}},
		{"refused, for all", "https://service.test", "ALL_PROXY", "http://" + closed, []string{"the proxy http://" + closed, "connection refused"}},
		{"socks refused", "https://service.test", "ALL_PROXY", "socks5://" + closed, []string{"the proxy socks5://" + closed, "connection refused"}},
		{"speaks no socks", "https://service.test", "ALL_PROXY", "socks5://" + noSocks(t), []string{"the proxy socks5://127.0.0.1", "protocol version"}},
		{"asks for a password", "https://service.test", "HTTPS_PROXY", "http://" + refusing(407), []string{"the proxy http://127.0.0.1", "407"}},
		{"asks for a password, http", "http://service.test", "HTTP_PROXY", "http://" + refusing(407), []string{"proxy", "user and password"}},
		{"forbids", "https://service.test", "HTTPS_PROXY", "http://" + refusing(403), []string{"the proxy http://127.0.0.1", "403 Forbidden"}},
		{"password is not shown", "https://service.test", "HTTPS_PROXY", "http://me:hunter22@" + closed, []string{"the proxy http://me:xxxxx@" + closed}},
		{"hangs, https", "https://service.test", "HTTPS_PROXY", "http://" + hanging, []string{"the proxy http://" + hanging, "no connection through it"}},
		{"hangs, as https", "https://service.test", "HTTPS_PROXY", "https://" + hanging, []string{"the proxy https://" + hanging, "no connection through it"}},
		{"hangs, socks", "https://service.test", "ALL_PROXY", "socks5://" + hanging, []string{"the proxy socks5://" + hanging, "no connection through it"}},
		{"hangs, http", "http://service.test", "HTTP_PROXY", "http://" + hanging, []string{"no answer within 1s through the proxy http://" + hanging}},
		{"no address", "https://service.test", "HTTPS_PROXY", "http://[::1", []string{"HTTPS_PROXY", "can't be read"}},
		{"no kind of proxy", "https://service.test", "ALL_PROXY", "ftp://proxy:21", []string{"the proxy ftp://proxy:21", "socks5"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			underProxy(t, map[string]string{test.variable: test.proxy})
			_, fault := askStatus(t, test.base)
			if fault == nil {
				t.Fatal("it has an answer")
			}
			for _, want := range test.want {
				if !strings.Contains(fault.Message, want) {
					t.Errorf("the fault is %q, which lacks %q", fault.Message, want)
				}
			}
			if strings.Contains(fault.Message, "hunter22") {
				t.Errorf("the fault shows the password: %q", fault.Message)
			}
		})
	}
}

func TestSocksProxyIsUsed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"status": "IN_QUEUE", "request_id": "mmsu_1"}`)
	}))
	defer server.Close()
	target := strings.TrimPrefix(server.URL, "http://")
	proxy, asked := socks(t, target)
	underProxy(t, map[string]string{"ALL_PROXY": "socks5://" + proxy})
	answer, fault := askStatus(t, "http://service.test")
	if fault != nil || answer.Status != OutcomeWaiting {
		t.Fatalf("%+v, %v", answer, fault)
	}
	if host := <-asked; host != "service.test" {
		t.Errorf("the proxy was asked for %q", host)
	}
}

// NO_PROXY counts for ALL_PROXY too.
func TestNoProxyIsObeyed(t *testing.T) {
	underProxy(t, map[string]string{"ALL_PROXY": "http://" + closedPort(t), "NO_PROXY": "service.test"})
	request, err := http.NewRequest(http.MethodGet, "https://service.test/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	if proxy, err := Proxy(request); proxy != nil || err != nil {
		t.Errorf("the proxy is %v, %v", proxy, err)
	}
	request.URL = &url.URL{Scheme: "https", Host: "other.test"}
	if proxy, err := Proxy(request); proxy == nil || err != nil {
		t.Errorf("another host has no proxy (%v)", err)
	}
}

// socks starts a SOCKS5 proxy (RFC 1928) that leads one connection to target, and
// tells which host it was asked for.
func socks(t *testing.T, target string) (address string, asked chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	asked = make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		take := func(n int) []byte {
			b := make([]byte, n)
			io.ReadFull(r, b)
			return b
		}
		take(int(take(2)[1]))
		conn.Write([]byte{5, 0})
		take(4)
		asked <- string(take(int(take(1)[0])))
		take(2)
		conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
		there, err := net.Dial("tcp", target)
		if err != nil {
			return
		}
		defer there.Close()
		go io.Copy(there, r)
		io.Copy(conn, there)
	}()
	return listener.Addr().String(), asked
}
