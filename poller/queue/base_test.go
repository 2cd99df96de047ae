package queue

import (
	"strings"
	"testing"
)

func TestParseBase(t *testing.T) {
	for raw, want := range map[string]string{
		"https://cloud.seaart.ai/model":    "https://cloud.seaart.ai/model",
		" https://cloud.seaart.ai/model/ ": "https://cloud.seaart.ai/model",
		"http://127.0.0.1:8099/model//":    "http://127.0.0.1:8099/model",
		"https://queue.fal.run":            "https://queue.fal.run",
	} {
		base, err := ParseBase(raw)
		if err != nil || base.String() != want {
			t.Errorf("ParseBase(%q) = %v, %v; want %s", raw, base, err, want)
		}
	}
	for raw, want := range map[string]string{
		"":                          "empty",
		"cloud.seaart.ai/model":     "scheme",
		"ftp://x/y":                 "scheme",
		"https:///model":            "scheme",
		"https://me:pw@host/model":  "credentials",
		"https://host/model?key=1":  "query",
		"https://host/model#x":      "fragment",
		"https://ho st/model":       "not a base URL",
		"https://host:notaport/abc": "not a base URL",
	} {
		if base, err := ParseBase(raw); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "pw") {
			t.Errorf("ParseBase(%q) = %v, %v; want an error about %q, without a password", raw, base, err, want)
		}
	}
}

func TestAddressesOfEachService(t *testing.T) {
	cases := []struct{ base, endpoint, status, response, cancel string }{
		{"https://cloud.seaart.ai/model", "wan26_i2v", "https://cloud.seaart.ai/model/v1/queue/wan26_i2v/requests/id_1/status", "/response", "/cancel"},
		{"http://127.0.0.1:1/model", "a/b", "http://127.0.0.1:1/model/v1/queue/a/b/requests/id_1/status", "/response", "/cancel"},
		// fal's requests live under owner/app, whatever follows in the model id.
		{"https://queue.fal.run", "fal-ai/flux/dev", "https://queue.fal.run/fal-ai/flux/requests/id_1/status", "", "/cancel"},
		{"https://api.comfy.org", "bfl/flux", "https://api.comfy.org/v2/models/bfl/flux/requests/id_1/status", "", "/cancel"},
		{"https://h.test", "../x", "https://h.test/v1/queue/%2E%2E/x/requests/id_1/status", "/response", "/cancel"},
	}
	for _, c := range cases {
		r := Request{ID: "id_1", Endpoint: c.endpoint, Base: testBase(t, c.base)}
		if got := r.StatusURL(); got != c.status {
			t.Errorf("StatusURL = %s, want %s", got, c.status)
		}
		root := strings.TrimSuffix(c.status, "/status")
		if r.ResponseURL() != root+c.response || r.CancelURL() != root+c.cancel {
			t.Errorf("ResponseURL = %s, CancelURL = %s; want %s and %s behind %s", r.ResponseURL(), r.CancelURL(), c.response, c.cancel, root)
		}
	}
	r := Request{ID: "x?/..", Endpoint: "e", Base: testBase(t, "https://h.test")}
	if got := r.StatusURL(); got != "https://h.test/v1/queue/e/requests/x%3F%2F../status" {
		t.Errorf("an odd id gave %s", got)
	}
}

func TestOriginsAreComparedWithTheirPorts(t *testing.T) {
	a := testBase(t, "https://Host.test/x").Origin()
	for raw, same := range map[string]bool{
		"https://host.test:443/y": true, "http://host.test/x": false, "https://host.test:8443": false,
		"https://sub.host.test": false, "https://host.test.evil.test": false,
	} {
		if got := testBase(t, raw).Origin() == a; got != same {
			t.Errorf("%s the same origin as %s: %v, want %v", raw, a, got, same)
		}
	}
	for raw, want := range map[string]bool{
		"http://localhost:1": true, "http://127.3.2.1": true, "http://[::1]:80": true, "http://10.0.0.1": false, "http://localhost.evil.test": false,
	} {
		if got := testBase(t, raw).Origin().Loopback(); got != want {
			t.Errorf("%s loopback: %v, want %v", raw, got, want)
		}
	}
}
