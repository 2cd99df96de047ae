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
		{"https://queue.falrun.com", "fal-ai/flux/dev", "https://queue.falrun.com/fal-ai/flux/requests/id_1/status", "", "/cancel"},
		{"https://queue.fal.run", "workflows/me/flow/run", "https://queue.fal.run/workflows/me/flow/requests/id_1/status", "", "/cancel"},
		{"https://queue.fal.run", "comfy/me/flow", "https://queue.fal.run/comfy/me/flow/requests/id_1/status", "", "/cancel"},
		{"https://queue.fal.run", "110602490-lora", "https://queue.fal.run/110602490/lora/requests/id_1/status", "", "/cancel"},
		{"https://queue.fal.run", "110602490-lora/x", "https://queue.fal.run/110602490-lora/x/requests/id_1/status", "", "/cancel"},
		{"https://odirouter.ai/model", "wan26_i2v", "https://odirouter.ai/model/v1/queue/wan26_i2v/requests/id_1/status", "/response", "/cancel"},
		{"https://api.comfy.org", "BFL/Flux-2-Pro/x", "https://api.comfy.org/v2/models/bfl/flux-2-pro/requests/id_1/status", "", "/cancel"},
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

// A UUID in capitals and in small letters is one task, and is sent as it is written;
// other ids differ.
func TestUUIDsAreOneTaskInAnyCase(t *testing.T) {
	base := testBase(t, "https://queue.fal.run")
	const lower = "764cabcf-b745-4b3e-ae38-1200304cf45b"
	for id, same := range map[string]bool{
		lower: true, strings.ToUpper(lower): true, "764CABCF-b745-4b3e-ae38-1200304cf45b": true,
		lower[:35]: false, lower + "0": false, strings.ReplaceAll(lower, "-", ""): false,
	} {
		r := Request{ID: id, Endpoint: "fal-ai/flux", Base: base}
		if got := r.Key() == (Request{ID: lower, Base: base}).Key(); got != same {
			t.Errorf("%s is the same task: %v, want %v", id, got, same)
		}
		if !strings.Contains(r.StatusURL(), "/"+id+"/") {
			t.Errorf("%s is sent as %s", id, r.StatusURL())
		}
	}
	if (Request{ID: "mmsu_A", Base: base}).Key() == (Request{ID: "mmsu_a", Base: base}).Key() {
		t.Error("ids that are no UUIDs were folded")
	}
	if _, fault := DecodeAnswer([]byte(`{"status":"IN_QUEUE","request_id":"`+lower+`"}`), Request{ID: strings.ToUpper(lower), Base: base}); fault != nil {
		t.Errorf("the answer about it: %v", fault)
	}
}

// The query of an address that was given goes along on those that are built.
func TestQueryOfAGivenAddressIsKept(t *testing.T) {
	base := testBase(t, "https://h.test")
	const root = "https://h.test/v1/queue/e/requests/id_1"
	for _, c := range []struct {
		given                    URLs
		status, response, cancel string
	}{
		{URLs{Status: root + "/status?token=abc"}, root + "/status?token=abc", root + "/response?token=abc", root + "/cancel?token=abc"},
		{URLs{Response: root + "/response?token=abc#x"}, root + "/status?token=abc", root + "/response?token=abc#x", root + "/cancel?token=abc"},
		{URLs{Status: root + "/s?a=1", Cancel: root + "/c?b=2"}, root + "/s?a=1", root + "/response?a=1", root + "/c?b=2"},
		{URLs{Status: root + "/status"}, root + "/status", root + "/response", root + "/cancel"},
		{URLs{}, root + "/status", root + "/response", root + "/cancel"},
	} {
		r := Request{ID: "id_1", Endpoint: "e", Base: base, URLs: &c.given}
		if r.StatusURL() != c.status || r.ResponseURL() != c.response || r.CancelURL() != c.cancel {
			t.Errorf("%+v: %s %s %s", c.given, r.StatusURL(), r.ResponseURL(), r.CancelURL())
		}
	}
}

// TestNamedBaseIsKnownAgain holds that the service that was given for a base is known
// from its text alone, and that it is the configured base where that is the same.
func TestNamedBaseIsKnownAgain(t *testing.T) {
	for _, service := range []string{"", SeaCloud, Fal, Comfy} {
		base, err := ParseBaseAs("https://proxy.example/api", service)
		if err != nil {
			t.Fatal(err)
		}
		again, err := BaseResolver(nil)(base.Identifier())
		if err != nil || again.Service() != base.Service() || again.String() != base.String() {
			t.Errorf("%q: %s became %v of %v, %v", service, base.Identifier(), again, again.Service(), err)
		}
		if same, err := BaseResolver([]*Base{base})(base.Identifier()); err != nil || same != base {
			t.Errorf("%q: it is not the configured base", service)
		}
	}
}
