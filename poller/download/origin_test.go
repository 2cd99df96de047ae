package download

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"polltop/poller/queue"
)

const secret = "sk-test-0123456789"

// homed returns a downloader with credentials, and a job of a request under a base
// on the given server.
func homed(t *testing.T, home *site, url string) (*Downloader, Job) {
	base, err := queue.ParseBase(home.URL + "/model")
	if err != nil {
		t.Fatal(err)
	}
	f := quiet(t, Options{
		UserAgent: "polltop/test", Redact: strings.NewReplacer(secret, "[redacted]").Replace,
		Header: func(b *queue.Base) http.Header {
			if b != base {
				t.Errorf("asked for the headers of %v", b)
			}
			return http.Header{"Authorization": {"Key " + secret}, "X-User": {"me"}, "Accept": {"application/json"}, "Range": {"bytes=1-2"}}
		},
	})
	j := job("r", url)
	j.Request.Base = base
	return f, j
}

// The user's headers go to the base's own origin, on the first hops alone.
func TestHeadersStayAtHome(t *testing.T) {
	var home, cdn *site
	handler := func(w http.ResponseWriter, r *http.Request, _ int) {
		next, rest, found := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		switch {
		case next == "home":
			http.Redirect(w, r, home.URL+"/"+rest, http.StatusFound)
		case next == "cdn":
			http.Redirect(w, r, strings.Replace(cdn.URL, "//", "//user:"+secret+"@", 1)+"/"+rest, http.StatusTemporaryRedirect)
		case !found:
			file(w, r, []byte("x"), "")
		}
	}
	home, cdn = serve(t, handler), serve(t, handler)
	for _, c := range []struct {
		url  string
		keys []bool // whether each request in turn has the user's headers
	}{
		{home.URL + "/x", []bool{true}},
		{home.URL + "/home/x", []bool{true, true}},
		{cdn.URL + "/x", []bool{false}},
		{strings.Replace(cdn.URL, "//", "//u:p@", 1) + "/x", []bool{false}},
		{home.URL + "/cdn/x", []bool{true, false}},
		{home.URL + "/cdn/home/x", []bool{true, false, false}},
		{cdn.URL + "/home/x", []bool{false, false}},
	} {
		home.requests, cdn.requests = nil, nil
		f, j := homed(t, home, c.url)
		want(t, get(t, f, j), []byte("x"))
		requests := append(home.asked(), cdn.asked()...)
		slices.SortFunc(requests, func(a, b *http.Request) int { return len(b.URL.Path) - len(a.URL.Path) })
		if len(requests) != len(c.keys) {
			t.Errorf("%s: %d requests, want %d", c.url, len(requests), len(c.keys))
			continue
		}
		for i, r := range requests {
			h := r.Header
			if got := h.Get("Authorization") == "Key "+secret && h.Get("X-User") == "me"; got != c.keys[i] {
				t.Errorf("%s, request %d: the user's headers are there: %v, want %v", c.url, i, got, c.keys[i])
			}
			if !c.keys[i] && (h.Get("Authorization") != "" || h.Get("X-User") != "") {
				t.Errorf("%s, request %d: carries some of the user's headers: %v", c.url, i, h)
			}
			if h.Get("Referer") != "" || h.Get("Range") != "" || h.Get("Accept") != "*/*" || h.Get("Accept-Encoding") != "identity" || h.Get("User-Agent") != "polltop/test" {
				t.Errorf("%s, request %d: headers are %v", c.url, i, h)
			}
		}
	}
}

func TestRequestWithoutABaseCarriesNothing(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { file(w, r, []byte("x"), "") })
	f := quiet(t, Options{Header: func(*queue.Base) http.Header {
		t.Error("asked for headers")
		return nil
	}})
	want(t, get(t, f, job("r", s.URL)), []byte("x"))
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	var s *site
	s = serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		switch r.URL.Path {
		case "/loop":
			http.Redirect(w, r, s.URL+"/loop", http.StatusMovedPermanently)
		case "/file":
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		}
	})
	f := quiet(t, Options{})
	failed(t, get(t, f, job("loop", s.URL+"/loop")), "more than 5 times")
	if n := len(s.asked()); n != 1+5 {
		t.Errorf("%d requests on the loop, want %d", n, 1+5)
	}
	failed(t, get(t, f, job("file", s.URL+"/file")), `a "file" URL`, "only http and https")
	has(t, f.options.Dir)
}

func TestEncryptedServers(t *testing.T) {
	plain := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) { file(w, r, []byte("x"), "") })
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/down" {
			http.Redirect(w, r, plain.URL, http.StatusFound)
			return
		}
		file(w, r, []byte("x"), "")
	}))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it is refused on purpose
	secure.EnableHTTP2 = true
	secure.StartTLS()
	defer secure.Close()

	trusting := quiet(t, Options{})
	roots := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	trusting.options.Outputs = &queue.OutputTransport{AllowPrivate: true, Concurrency: 1, TLS: &tls.Config{RootCAs: roots}}
	want(t, get(t, trusting, job("r", secure.URL)), []byte("x"))
	failed(t, get(t, trusting, job("down", secure.URL+"/down")), "from https to http", "not followed")
	if n := len(plain.asked()); n != 0 {
		t.Errorf("the plain server was asked %d times, want 0", n)
	}
	failed(t, get(t, quiet(t, Options{}), job("r", secure.URL)), "certificate", "not to be trusted")
}

func TestErrorsShowNoSecret(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Header().Set("Location", "http://"+secret+".invalid:1/?signature=abc")
		w.WriteHeader(http.StatusFound)
	})
	f, j := homed(t, s, s.URL+"/?signature=abc")
	got := get(t, f, j)
	failed(t, got, "[redacted]")
	if strings.Contains(got.Error, secret) || strings.Contains(got.Error, "signature") {
		t.Errorf("the error shows a secret: %s", got.Error)
	}
}

// A private address is given up at once, also behind a redirect, unless the base of
// the task lies at one of its kind or the user allows it.
func TestPrivateAddressesAreNotFetched(t *testing.T) {
	inside := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
			return
		}
		file(w, r, []byte("x"), "")
	})
	f := New(Options{Dir: t.TempDir(), MaxBytes: 1 << 30})
	defer f.Close()
	at := func(id, base, url string) File {
		b, err := queue.ParseBase(base)
		if err != nil {
			t.Fatal(err)
		}
		j := job(id, url)
		j.Request.Base = b
		return get(t, f, j)
	}
	failed(t, at("a", "https://203.0.113.7", inside.URL), "not fetched: its address 127.0.0.1 is private (loopback)", "--allow-private-outputs")
	if n := len(inside.asked()); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
	failed(t, at("b", inside.URL, inside.URL+"/moved"), "not fetched: its address 169.254.169.254 is private (link-local)")
	want(t, at("c", inside.URL, inside.URL), []byte("x"))
	has(t, f.options.Dir, "wan26_i2v/c-1.png")
}
