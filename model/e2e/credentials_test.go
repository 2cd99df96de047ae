//go:build unix

package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
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
		"mmsu_01hxyz8k3v9d2c7q4nredirected",
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
