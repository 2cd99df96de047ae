package queue

import (
	"strings"
	"testing"
)

// TestParseBaseAs holds that a service given by name decides on paths and
// credentials, whatever the host.
func TestParseBaseAs(t *testing.T) {
	for name, want := range map[string]string{
		"":         "https://proxy.example/api/v1/queue/owner/app/sub/requests/id-1234567/status API_KEY Authorization: Key k",
		"seacloud": "https://proxy.example/api/v1/queue/owner/app/sub/requests/id-1234567/status API_KEY Authorization: Key k",
		"fal":      "https://proxy.example/api/owner/app/requests/id-1234567/status FAL_KEY Authorization: Key k",
		" FAL ":    "https://proxy.example/api/owner/app/requests/id-1234567/status FAL_KEY Authorization: Key k",
		"comfy":    "https://proxy.example/api/v2/models/owner/app/requests/id-1234567/status COMFY_API_KEY X-Api-Key: k",
	} {
		base, err := ParseBaseAs("https://proxy.example/api/", name)
		if err != nil {
			t.Fatal(err)
		}
		r := Request{ID: "id-1234567", Endpoint: "owner/app/sub", Base: base}
		header, key := base.KeyHeader("k")
		if got := strings.Join([]string{r.StatusURL(), base.KeyEnv(), header + ": " + key}, " "); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	for raw, want := range map[string]string{"https://odirouter.ai/model": "Bearer k", DefaultBaseURL: "Key k", "https://queue.fal.run": "Key k", "https://api.comfy.org": "k"} {
		if _, got := testBase(t, raw).KeyHeader("k"); got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
	}
	if base, err := ParseBaseAs("https://proxy.example", "replicate"); err == nil {
		t.Errorf("a service that is not known makes %v", base)
	}
	if base, err := ParseBaseAs(DefaultBaseURL, "fal"); err == nil || err.Error() != "cloud.seaart.ai speaks seacloud, not fal: the base URL of fal is https://queue.fal.run" {
		t.Errorf("a service that contradicts the host: %v, %v", base, err)
	}
}

// TestBaseURLOf holds that the documented base URL of each service is taken for
// its own.
func TestBaseURLOf(t *testing.T) {
	for _, name := range Services() {
		url, err := BaseURLOf(name)
		if err != nil {
			t.Fatal(err)
		}
		base, err := ParseBase(url)
		if err != nil || base.Service() != name {
			t.Errorf("%s: %s is taken for %v, %v", name, url, base.Service(), err)
		}
	}
}
