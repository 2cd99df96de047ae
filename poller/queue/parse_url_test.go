package queue

import (
	"strings"
	"testing"
)

func TestFromURL(t *testing.T) {
	source := testSource(t)
	local := "http://localhost:8080"
	tests := []struct{ url, base, endpoint, id, status, response, cancel string }{
		{queueRoot + "wan26_i2v/requests/abc123/status", DefaultBaseURL, "wan26_i2v", "abc123", "", "", ""},
		{queueRoot + "wan26_i2v/requests/abc123/status?logs=1#x", DefaultBaseURL, "wan26_i2v", "abc123", "", "", ""},
		{queueRoot + "wan26_i2v/requests/abc123/response", DefaultBaseURL, "wan26_i2v", "abc123", "", "", ""},
		{queueRoot + "wan26_i2v/requests/abc123/cancel/", DefaultBaseURL, "wan26_i2v", "abc123", "", "", ""},
		{queueRoot + "wan26_i2v/requests/abc123", DefaultBaseURL, "wan26_i2v", "abc123", "", "", ""},
		{queueRoot + "a/b/requests/requests/requests/status", DefaultBaseURL, "a/b/requests", "requests", "", "", ""},
		{"HTTPS://Cloud.SeaArt.AI:443/model/v1/queue/kling/requests/abc123/status", DefaultBaseURL, "kling", "abc123", "", "", ""},
		{"https://queue.fal.run/fal-ai/flux/requests/abc123/status?logs=1", "https://queue.fal.run", "fal-ai/flux", "abc123", "", "", ""},
		{"https://queue.fal.run/fal-ai/flux/requests/abc123", "https://queue.fal.run", "fal-ai/flux", "abc123", "", "", ""},
		{"https://queue.fal.run/fal-ai/flux/requests/abc123/status/stream", "https://queue.fal.run", "fal-ai/flux", "abc123", "", "", ""},
		{"https://api.comfy.org/v2/models/bfl/flux/requests/abc123/status", "https://api.comfy.org", "bfl/flux", "abc123", "", "", ""},
		// The shape of one service under the base of another.
		{
			local + "/fal-ai/flux/requests/abc123/status", local, "fal-ai/flux", "abc123",
			local + "/fal-ai/flux/requests/abc123/status", local + "/fal-ai/flux/requests/abc123", local + "/fal-ai/flux/requests/abc123/cancel",
		},
		{
			local + "/v2/models/bfl/flux/requests/abc123/status", local, "bfl/flux", "abc123",
			local + "/v2/models/bfl/flux/requests/abc123/status", local + "/v2/models/bfl/flux/requests/abc123", local + "/v2/models/bfl/flux/requests/abc123/cancel",
		},
		// Another path on a configured origin.
		{
			"https://cloud.seaart.ai/v1/queue/kling/requests/abc123/status", DefaultBaseURL, "kling", "abc123",
			"https://cloud.seaart.ai/v1/queue/kling/requests/abc123/status", "https://cloud.seaart.ai/v1/queue/kling/requests/abc123/response", "https://cloud.seaart.ai/v1/queue/kling/requests/abc123/cancel",
		},
		// More of the endpoint than fal's own addresses carry.
		{
			"https://queue.fal.run/fal-ai/flux/dev/requests/abc123/status", "https://queue.fal.run", "fal-ai/flux/dev", "abc123",
			"https://queue.fal.run/fal-ai/flux/dev/requests/abc123/status", "https://queue.fal.run/fal-ai/flux/dev/requests/abc123", "https://queue.fal.run/fal-ai/flux/dev/requests/abc123/cancel",
		},
	}
	for _, test := range tests {
		r, err := source.FromURL(test.url)
		if err != nil {
			t.Errorf("FromURL(%s): %v", test.url, err)
			continue
		}
		if r.Base.String() != test.base || r.Endpoint != test.endpoint || r.ID != test.id || r.Assumed {
			t.Errorf("FromURL(%s) = %+v", test.url, r)
		}
		if (r.URLs == nil) != (test.status == "") {
			t.Errorf("FromURL(%s) keeps the addresses %+v", test.url, r.URLs)
		}
		if r.URLs != nil && *r.URLs != (URLs{test.status, test.response, test.cancel}) {
			t.Errorf("FromURL(%s) keeps the addresses %+v", test.url, *r.URLs)
		}
	}
}

func TestFromURLRefuses(t *testing.T) {
	tests := []struct{ url, want string }{
		{"https://evil.example/model/v1/queue/kling/requests/abc123/status", "https://evil.example is not a configured base URL, so the key would not go there: start polltop with --base-url https://evil.example/model to allow it"},
		{"https://evil.example/fal-ai/flux/requests/abc123", "--base-url https://evil.example to"},
		{"http://cloud.seaart.ai/model/v1/queue/kling/requests/abc123/status", "http://cloud.seaart.ai is not a configured base URL"},
		{"https://cloud.seaart.ai:8443/model/v1/queue/kling/requests/abc123/status", "https://cloud.seaart.ai:8443 is not a configured"},
		{"https://cloud.seaart.ai.evil.example/requests/abc123", "https://cloud.seaart.ai.evil.example is not"},
		{"https://cloud.seaart.ai@evil.example/model/v1/queue/kling/requests/abc123/status", "user name or password"},
		{"https://me:secret@cloud.seaart.ai/model/v1/queue/kling/requests/abc123/status", "the address on cloud.seaart.ai carries a user name or password"},
		{"https://cloud.seaart.ai/model", "not that of a request"},
		{queueRoot + "kling/requests//status", "no request id between /requests/"},
		{queueRoot + "kling/requests/status", "no request id between /requests/"},
		{queueRoot + "kling/requests/%2e%2e/status", "no request id between /requests/"},
		{queueRoot + "kling/requests/${REQUEST_ID}/status", "no request id between /requests/"},
		{queueRoot + "kling/requests/mmsu_01.../status", "cut short"},
		{queueRoot + "requests/abc123/status", "no endpoint"},
		{queueRoot + "../kling/requests/abc123/status", "no endpoint"},
		{queueRoot + "kling/%2E/requests/abc123/status", "no endpoint"},
		{"ftp://cloud.seaart.ai/model/v1/queue/kling/requests/abc123/status", "not an http or https address"},
		{"https:///model/v1/queue/kling/requests/abc123/status", "not an http or https address"},
		{"https://[::1/requests/abc123", "not an http or https address"},
		{queueRoot + strings.Repeat("k", 3000) + "/requests/abc123", "longer than 2048 bytes"},
	}
	for _, test := range tests {
		r, err := testSource(t).FromURL(test.url)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("FromURL(%s) = %+v, %v; want the error %q", test.url, r, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("FromURL(%s) shows the password: %v", test.url, err)
		}
	}
}

// TestBaseByPath chooses among bases of one origin by their paths.
func TestBaseByPath(t *testing.T) {
	source := Source{Bases: []*Base{testBase(t, "https://x.example"), testBase(t, "https://x.example/a"), testBase(t, "https://x.example/a/b")}}
	for path, want := range map[string]int{"/a/b": 2, "/a": 1, "/ab": 0, "": 0} {
		r, err := source.FromURL("https://x.example" + path + "/v1/queue/kling/requests/abc123/status")
		if err != nil || r.Base != source.Bases[want] {
			t.Errorf("under %q: %+v, %v; want the base %s", path, r, err, source.Bases[want])
		}
	}
}
