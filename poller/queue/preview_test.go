package queue

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestPeekCarriesNothingOfTheUsers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Authorization") != "" || q.Header.Get("X-Team") != "" {
			t.Errorf("headers %v", q.Header)
		}
		switch q.URL.Path {
		case "/moved":
			http.Redirect(w, q, "/a.png", http.StatusFound)
		case "/gone":
			w.WriteHeader(404)
		case "/loop":
			http.Redirect(w, q, "/loop", http.StatusFound)
		default:
			w.Write([]byte(strings.Repeat("x", 100)))
		}
	}))
	defer server.Close()
	c := testClient(time.Second)
	base, err := ParseBase(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/a.png", "/moved"} {
		if body, err := c.FetchPreview(context.Background(), base, server.URL+path, 100); err != nil || len(body) != 100 {
			t.Errorf("%s: %d bytes, %v", path, len(body), err)
		}
	}
	for address, want := range map[string]string{
		server.URL + "/gone": "404", server.URL + "/loop": "circle", "file:///etc/passwd": "no URL of the web", "http://me:pw@127.0.0.1/": "no URL of the web",
	} {
		if _, err := c.FetchPreview(context.Background(), base, address, 100); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error about %q", address, err, want)
		}
	}
	if _, err := c.FetchPreview(context.Background(), base, server.URL+"/a.png", 99); err == nil {
		t.Error("a longer one was taken")
	}
}
