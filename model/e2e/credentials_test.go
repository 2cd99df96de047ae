//go:build unix

package e2e

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// foreign is a server that the user has not configured. It notes what of the
// user's reaches it.
type foreign struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string
	leaked []string
}

func newForeign(t *testing.T) *foreign {
	t.Helper()
	f := &foreign{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.asked = append(f.asked, r.URL.Path)
		if r.Header.Get("Authorization") != "" || r.Header.Get("X-Team") != "" || strings.Contains(r.URL.String(), key) {
			f.leaked = append(f.leaked, fmt.Sprint(r.URL, r.Header))
		}
		if strings.HasSuffix(r.URL.Path, ".png") {
			fmt.Fprint(w, "\x89PNG\r\n\x1a\n")
			return
		}
		fmt.Fprint(w, `{"status": "COMPLETED", "outputs": []}`)
	}))
	t.Cleanup(f.Close)
	return f
}

// The key and the user's headers go to the configured origin, whatever URLs stand
// in pasted text, in answers, in redirects and in results.
func TestNothingOfTheUsersReachesAnotherOrigin(t *testing.T) {
	t.Parallel()
	elsewhere := newForeign(t)
	polls := map[string]int{}
	var mu sync.Mutex
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		polls[r.URL.Path]++
		if r.Header.Get("Authorization") != "Key "+key || r.Header.Get("X-Team") != "team-secret-77" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		urls := fmt.Sprintf(`"status_url": %q, "response_url": %q, "cancel_url": %q`, elsewhere.URL+"/status", elsewhere.URL+"/response", elsewhere.URL+"/cancel")
		first := polls[r.URL.Path] == 1
		switch {
		case strings.Contains(r.URL.Path, "redirected") && first:
			http.Redirect(w, r, elsewhere.URL+"/redirected", http.StatusFound)
		case strings.HasSuffix(r.URL.Path, "/response") && first:
			http.Redirect(w, r, elsewhere.URL+"/result", http.StatusTemporaryRedirect)
		case strings.HasSuffix(r.URL.Path, "/response"):
			fmt.Fprintf(w, `{"outputs": [{"type": "image", "url": %q}]}`, elsewhere.URL+"/file.png")
		case first:
			fmt.Fprintf(w, `{"status": "IN_QUEUE", %s}`, urls)
		default:
			fmt.Fprintf(w, `{"status": "COMPLETED", %s}`, urls)
		}
	}))
	defer service.Close()
	env := []string{"BASE_URL=" + service.URL, "API_KEY=" + key, "ENDPOINT=wan26_i2v"}
	input := strings.Join([]string{
		"mmsu_01hxyz8k3v9d2c7q4n1b6w5t0a",
		"mmsu_01hxyz8k3v9d2c7qredirected",
		elsewhere.URL + "/v1/queue/wan26_i2v/requests/mmsu_01hxyz8k3v9d2c7q4n1b6w5t0b/status",
		fmt.Sprintf(`{"request_id": "mmsu_01hxyz8k3v9d2c7q4n1b6w5t0c", "status_url": %q, "response_url": %q, "cancel_url": %q}`, elsewhere.URL+"/s", elsewhere.URL+"/r", elsewhere.URL+"/c"),
	}, "\n")
	status, stdout, stderr := run(t, env, input, "wait", "--json", "--results", "--interval", "10ms", "-H", "X-Team: team-secret-77", "-")
	if !strings.Contains(stdout, `"request_id":"mmsu_01hxyz8k3v9d2c7q4n1b6w5t0a"`) || !strings.Contains(stdout, `"outcome":"succeeded"`) {
		t.Errorf("exit status %d, nothing was learned:\n%s\n%s", status, stdout, stderr)
	}
	if !strings.Contains(stderr, "--base-url "+elsewhere.URL) {
		t.Errorf("the way to allow the other origin is not told:\n%s", stderr)
	}
	if strings.Contains(stdout+stderr, key) || strings.Contains(stdout+stderr, "team-secret-77") {
		t.Errorf("shown:\n%s\n%s", stdout, stderr)
	}
	elsewhere.mu.Lock()
	defer elsewhere.mu.Unlock()
	if len(elsewhere.leaked) > 0 || len(elsewhere.asked) > 0 {
		t.Errorf("the other origin was asked for %q, and got %q", elsewhere.asked, elsewhere.leaked)
	}
}

// In the dashboard too: what is pasted, a cancel, the preview and the download of
// an output. That one is all that another origin is asked for, and it gets nothing
// of the user's. Nothing that the dashboard writes to the terminal holds the key
// either, though the service sends it back.
func TestNothingOfTheUsersLeavesTheDashboard(t *testing.T) {
	t.Parallel()
	const team = "team-secret-77"
	elsewhere := newForeign(t)
	var mu sync.Mutex
	canceled, over := 0, false
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		urls := fmt.Sprintf(`"status_url": %q, "response_url": %q, "cancel_url": %q`, elsewhere.URL+"/status", elsewhere.URL+"/response", elsewhere.URL+"/cancel")
		switch {
		case r.Header.Get("Authorization") != "Key "+key || r.Header.Get("X-Team") != team:
			w.WriteHeader(http.StatusUnauthorized)
		case strings.HasSuffix(r.URL.Path, "/cancel"):
			canceled++
			w.WriteHeader(http.StatusAccepted)
		case strings.HasSuffix(r.URL.Path, "/response"):
			fmt.Fprintf(w, `{"outputs": [{"type": "image", "content_type": "image/png", "url": %q}], "metadata": {"you": %q}}`, elsewhere.URL+"/file.png", key)
		case over:
			fmt.Fprintf(w, `{"status": "COMPLETED", %s}`, urls)
		default:
			fmt.Fprintf(w, `{"status": "IN_PROGRESS", "you": %q, %s}`, key, urls)
		}
	}))
	defer service.Close()
	dir := t.TempDir()
	term := start(t, options{width: 160, height: 50, env: []string{"BASE_URL=" + service.URL, "API_KEY=" + key, "ENDPOINT=wan26_i2v"}},
		"-H", "X-Team: "+team, "--output-dir", dir, "--interval", "50ms", "mmsu_01hxyz8k3v9d2c7q4n1b6w5t0a")
	term.waitText("running 1")
	term.paste(elsewhere.URL + "/v1/queue/wan26_i2v/requests/mmsu_01hxyz8k3v9d2c7q4n1b6w5t0b/status")
	term.waitText("1 line refused")
	term.keys("x")
	term.answer("Cancel", "y")
	term.waitText("1 accepted")
	mu.Lock()
	over = true
	if canceled != 1 {
		t.Errorf("the service was asked to cancel %d times", canceled)
	}
	mu.Unlock()
	term.waitText("done 1")
	term.keys(enter)
	term.waitText("image/png", elsewhere.URL, "[redacted]")
	term.keys("d")
	term.waitText("downloaded 1 file")
	term.keys("Y")
	term.waitText("curl command")
	term.keys("c")
	term.wrote("\x1b]52;c;")
	term.keys("q")
	if status, _ := term.wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	raw := term.written()
	for _, found := range clipboard.FindAllStringSubmatch(raw, -1) {
		text, err := base64.StdEncoding.DecodeString(found[1])
		if err != nil {
			t.Errorf("%q: %v", found[1], err)
		}
		raw += string(text)
	}
	if !strings.Contains(raw, "$API_KEY") || strings.Contains(raw, key) || strings.Contains(raw, team) {
		t.Errorf("written to the terminal or its clipboard:\n%q", raw)
	}
	elsewhere.mu.Lock()
	defer elsewhere.mu.Unlock()
	for _, path := range elsewhere.asked {
		if path != "/file.png" {
			t.Errorf("the other origin was asked for %s", path)
		}
	}
	if len(elsewhere.asked) == 0 || len(elsewhere.leaked) > 0 {
		t.Errorf("the other origin was asked for %q, and got %q", elsewhere.asked, elsewhere.leaked)
	}
}

// clipboard is the sequence that puts a text on the clipboard.
var clipboard = regexp.MustCompile(`\x1b\]52;c;([A-Za-z0-9+/=]*)`)
