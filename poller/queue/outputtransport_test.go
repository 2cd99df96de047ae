package queue

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func TestPrivateAddressesAreRecognized(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1": "loopback", "127.255.255.254": "loopback", "::1": "loopback",
		"169.254.169.254": "link-local", "fe80::1": "link-local", "fe80::1%eth0": "link-local", "febf::1": "link-local",
		"10.0.0.1": "local network", "172.16.0.1": "local network", "172.31.255.255": "local network", "192.168.1.1": "local network",
		"fc00::1": "local network", "fd00:ec2::254": "local network", "fec0::1": "local network",
		"100.64.0.1": "carrier NAT", "100.100.100.200": "carrier NAT", "100.127.255.255": "carrier NAT",
		"0.0.0.0": "unspecified", "0.1.2.3": "unspecified", "::": "unspecified",
		"224.0.0.1": "multicast", "239.255.255.255": "multicast", "ff02::1": "multicast",
		"240.0.0.1": "reserved", "255.255.255.255": "reserved", "192.0.0.192": "reserved",
		"168.63.129.16": "cloud metadata",
		// IPv4 within IPv6: mapped, NAT64, translated, compatible, 6to4, Teredo.
		"::ffff:127.0.0.1": "loopback", "::ffff:169.254.169.254": "link-local", "::ffff:a00:1": "local network",
		"64:ff9b::169.254.169.254": "link-local", "64:ff9b::a00:1": "local network", "64:ff9b:1::1": "local NAT64",
		"::ffff:0:127.0.0.1": "loopback", "::127.0.0.1": "loopback",
		"2002:7f00:1::": "loopback", "2002:a9fe:a9fe::1": "link-local", "2001::5601:5601": "link-local",

		"8.8.8.8": "", "172.15.255.255": "", "172.32.0.0": "", "100.63.255.255": "", "100.128.0.0": "", "192.167.1.1": "",
		"169.253.255.255": "", "223.255.255.255": "", "2606:4700::1111": "", "64:ff9b::808:808": "", "::ffff:8.8.8.8": "", "2002:808:808::": "",
	} {
		if got := privateKind(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
}

func TestHostsThatAreAddressesInDisguise(t *testing.T) {
	for host, want := range map[string]string{
		"localhost": "loopback", "LOCALHOST.": "loopback", "cdn.localhost": "loopback", "127.0.0.1.": "loopback",
		"2130706433": "a number in place of a name", "0x7f000001": "a number in place of a name", "127.1": "a number in place of a name",
		"0x7f.0.0.0x1": "a number in place of a name", "0177.0.0.1": "a number in place of a name",
		"cdn.example": "", "1.cdn.example": "", "8.8.8.8": "", "localhost.example": "", "0xfeed.example": "",
	} {
		if got := literalKind(host); got != want {
			t.Errorf("%s is %q, want %q", host, got, want)
		}
	}
}

// names is a resolver that gives each name its IPv4 addresses, one after the other
// where there are several, as a name that is bound anew does.
func names(t *testing.T, table map[string][]string) *net.Resolver {
	answer := func(conn net.Conn) {
		defer conn.Close()
		var length uint16
		if binary.Read(conn, binary.BigEndian, &length) != nil {
			return
		}
		query := make([]byte, length)
		io.ReadFull(conn, query)
		var m dnsmessage.Message
		if err := m.Unpack(query); err != nil {
			t.Error(err)
			return
		}
		m.Response = true
		question, name := m.Questions[0], strings.TrimSuffix(m.Questions[0].Name.String(), ".")
		addresses := table[name]
		if len(addresses) == 0 {
			m.RCode = dnsmessage.RCodeNameError
		} else if question.Type == dnsmessage.TypeA {
			m.Answers = []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: question.Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
				Body:   &dnsmessage.AResource{A: netip.MustParseAddr(addresses[0]).As4()},
			}}
			if len(addresses) > 1 {
				table[name] = addresses[1:]
			}
		}
		packed, err := m.Pack()
		if err != nil {
			t.Error(err)
		}
		conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...))
	}
	lock := make(chan struct{}, 1)
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		go func() {
			lock <- struct{}{}
			answer(there)
			<-lock
		}()
		return here, nil
	}}
}

// fetchOutput fetches an output of a task of the base.
func fetchOutput(t *testing.T, o *OutputTransport, base, address string) error {
	t.Helper()
	o.Concurrency = 1
	transport := o
	defer transport.CloseIdleConnections()
	var of *Base
	if base != "" {
		var err error
		if of, err = ParseBase(base); err != nil {
			t.Fatal(err)
		}
	}
	response, err := (&http.Client{Transport: baseTransport{transport, of}, Timeout: 5 * time.Second}).Get(address)
	if err == nil {
		response.Body.Close()
	}
	return err
}

// wantRefused fails the test unless the error refuses an address.
func wantRefused(t *testing.T, err error, want PrivateAddressError) {
	t.Helper()
	if refused, ok := errors.AsType[PrivateAddressError](err); !ok || refused != want {
		t.Errorf("the error is %v, want %v", err, want)
	}
}

// An output server on this machine is reached only where the base lies there too, or
// the user allows it.
func TestLoopbackOutputsNeedABaseThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	port := server.URL[strings.LastIndexByte(server.URL, ':'):]
	resolver := names(t, map[string][]string{
		"rebound.test": {"127.0.0.1"}, "tunnel.test": {"127.0.0.1"}, "service.test": {"203.0.113.7"}, "lan.test": {"10.0.0.7"},
	})
	for _, test := range []struct {
		name, base, host string
		allow, refused   bool
	}{
		{name: "no base", host: "127.0.0.1", refused: true},
		{name: "public base", base: "https://203.0.113.7/v1", host: "127.0.0.1", refused: true},
		{name: "public base by name", base: "https://service.test", host: "127.0.0.1", refused: true},
		{name: "name of a loopback address", base: "https://service.test", host: "rebound.test", refused: true},
		{name: "number", base: "https://service.test", host: "[::ffff:127.0.0.1]", refused: true},
		{name: "base whose name is not known", base: "https://unknown.test", host: "127.0.0.1", refused: true},
		{name: "base in the local network", base: "http://lan.test", host: "127.0.0.1", refused: true},
		{name: "base on loopback", base: "http://127.0.0.1:9", host: "127.0.0.1"},
		{name: "base on localhost", base: "http://localhost:9", host: "127.0.0.1"},
		{name: "base on localhost, output by name", base: "http://localhost:9", host: "rebound.test"},
		{name: "base whose name leads to loopback", base: "http://tunnel.test", host: "127.0.0.1"},
		{name: "allowed", base: "https://service.test", host: "127.0.0.1", allow: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := fetchOutput(t, &OutputTransport{AllowPrivate: test.allow, Resolver: resolver}, test.base, "http://"+test.host+port+"/a.png")
			if test.refused {
				wantRefused(t, err, PrivateAddressError{"127.0.0.1", "loopback"})
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// A name that was public when it was first looked up is checked again at each dial.
func TestNameThatIsBoundAnewIsRefused(t *testing.T) {
	resolver := names(t, map[string][]string{"cdn.test": {"203.0.113.7", "127.0.0.1"}})
	ctx := context.Background()
	if first, err := resolver.LookupNetIP(ctx, "ip4", "cdn.test"); err != nil || privateKind(first[0]) != "" {
		t.Fatalf("%v, %v", first, err)
	}
	err := fetchOutput(t, &OutputTransport{Resolver: resolver}, "https://203.0.113.8", "http://cdn.test/a.png")
	wantRefused(t, err, PrivateAddressError{"127.0.0.1", "loopback"})
}

func TestBaseAllowsItsOwnKindOfAddress(t *testing.T) {
	resolver := names(t, map[string][]string{"lan.test": {"192.168.1.2"}})
	transport := &OutputTransport{Resolver: resolver}
	for _, test := range []struct {
		base, output string
		allowed      bool
	}{
		{"http://10.0.0.1", "10.9.9.9", true},
		{"http://10.0.0.1", "192.168.1.1", true},
		{"http://lan.test", "10.9.9.9", true},
		{"http://lan.test", "169.254.169.254", false},
		{"http://10.0.0.1", "127.0.0.1", false},
		{"http://100.64.0.1", "100.65.0.1", true},
		{"http://100.64.0.1", "10.0.0.1", false},
		{"http://169.254.1.1", "169.254.169.254", true},
		{"http://127.0.0.1", "169.254.169.254", false},
		{"https://8.8.8.8", "8.8.4.4", true},
	} {
		base, err := ParseBase(test.base)
		if err != nil {
			t.Fatal(err)
		}
		err = transport.checkAddress(context.Background(), base, test.output, privateKind(netip.MustParseAddr(test.output)))
		if (err == nil) != test.allowed {
			t.Errorf("%s with a base at %s: %v", test.output, test.base, err)
		}
	}
}

// Each redirect is checked as the first address is.
func TestRedirectToAPrivateAddressIsRefused(t *testing.T) {
	reached := false
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer private.Close()
	to := ""
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }))
	defer public.Close()
	// The dialled server stands for a public one: its host is a name.
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		if strings.HasPrefix(addr, "cdn.test:") {
			addr = public.Listener.Addr().String()
		}
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	to = private.URL
	wantRefused(t, fetchOutput(t, &OutputTransport{Dial: dial}, "https://service.test", "http://cdn.test/a.png"), PrivateAddressError{"127.0.0.1", "loopback"})
	if reached {
		t.Error("the private server was asked")
	}
	// Over the network: the redirecting server is allowed, as the base is on loopback.
	for _, target := range []string{"169.254.169.254", "10.0.0.1", "[fd00:ec2::254]", "[64:ff9b::a9fe:a9fe]", "100.100.100.200"} {
		to = "http://" + target + "/latest/meta-data/"
		address := strings.Trim(target, "[]")
		wantRefused(t, fetchOutput(t, &OutputTransport{}, public.URL, public.URL+"/a.png"), PrivateAddressError{address, privateKind(netip.MustParseAddr(address))})
	}
}

// A connection that one base's task may use is not used for another's.
func TestConnectionsAreNotSharedByBases(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	transport := &OutputTransport{Concurrency: 1}
	defer transport.CloseIdleConnections()
	for base, refused := range map[string]bool{"http://127.0.0.1": false, "https://203.0.113.7": true} {
		of, err := ParseBase(base)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			response, err := (&http.Client{Transport: baseTransport{transport, of}}).Get(server.URL)
			if err == nil {
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
			}
			if (err != nil) != refused {
				t.Errorf("with a base at %s: %v", base, err)
			}
		}
	}
}

// A proxy may lie on loopback. Addresses are refused before it is asked; what a name
// leads to only the proxy knows.
func TestOutputsBehindAProxy(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Host)
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		}
	}))
	defer proxy.Close()
	underProxy(t, map[string]string{"HTTP_PROXY": proxy.URL})
	const base = "https://203.0.113.7"
	if err := fetchOutput(t, &OutputTransport{}, base, "http://cdn.test/a.png"); err != nil || len(asked) != 1 {
		t.Errorf("%v, %q asked", err, asked)
	}
	for address, want := range map[string]PrivateAddressError{
		"http://169.254.169.254/x":  {"169.254.169.254", "link-local"},
		"http://[fd00:ec2::254]/x":  {"fd00:ec2::254", "local network"},
		"http://0x7f.1/x":           {"0x7f.1", "a number in place of a name"},
		"http://router.localhost/x": {"router.localhost", "loopback"},
	} {
		asked = nil
		wantRefused(t, fetchOutput(t, &OutputTransport{}, base, address), want)
		if len(asked) != 0 {
			t.Errorf("the proxy was asked for %q", asked)
		}
	}
	wantRefused(t, fetchOutput(t, &OutputTransport{}, base, "http://cdn.test/moved"), PrivateAddressError{"169.254.169.254", "link-local"})
	if err := fetchOutput(t, &OutputTransport{AllowPrivate: true}, base, "http://10.0.0.1/x"); err != nil {
		t.Error(err)
	}
	if err := fetchOutput(t, &OutputTransport{}, "http://10.0.0.2", "http://10.0.0.1/x"); err != nil {
		t.Error(err)
	}
}

func TestRefusalNamesTheSetting(t *testing.T) {
	const want = "not fetched: its address 169.254.169.254 is private (link-local); --allow-private-outputs fetches it all the same"
	c := testClient(time.Second)
	defer c.Close()
	base, err := ParseBase("https://203.0.113.7")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.FetchPreview(context.Background(), base, "http://169.254.169.254/latest", 100); err == nil || err.Error() != want {
		t.Errorf("the preview's error is %v, want %s", err, want)
	}
}
