package report

import (
	"os"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// source returns a source with several bases, among them one below another, and
// a default endpoint.
func source(t testing.TB) paste.Source {
	t.Helper()
	s := paste.Source{Endpoint: "nano"}
	for _, text := range []string{queue.DefaultBaseURL, "https://queue.fal.run", "https://api.comfy.org", "http://localhost:8080", "http://localhost:8080/proxy"} {
		base, err := queue.ParseBase(text)
		if err != nil {
			t.Fatal(err)
		}
		s.Bases = append(s.Bases, base)
	}
	return s
}

// idTexts are what names requests in ways that differ in what they tell.
var idTexts = []string{
	"mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6", "wan26_i2v/mmsu_01hxyz8k3vq2m4n6p8r0s2t4w7", "wan26_i2v mmsu_01hxyz8k3vq2m4n6p8r0s2t4w8", "fal-ai/flux/dev/4f1c2a9e-0b7d-4c58-9a63-5d2e8f7b1c04",
	"request_id=abc123 endpoint=2024-01-01", "request_id=abc1234 endpoint=kling n=1",
	"https://cloud.seaart.ai/model/v1/queue/kling/requests/abc125/status", "https://cloud.seaart.ai/model/v1/queue/a.b/requests/1/status",
	"https://cloud.seaart.ai/other/v1/queue/kling/requests/abc126/status?logs=1", "https://queue.fal.run/fal-ai/flux/requests/b6f1c2d4-0000-4000-8000-5a1e9c7d3f20",
	"https://api.comfy.org/v2/models/a/m/requests/abc-1", "http://localhost:8080/proxy/v1/queue/m/requests/abc127/cancel", "http://LOCALHOST:8080/x/y/requests/abc128",
	`{"request_id":"k10001","endpoint":"kling"}`, `{"request_id":"a~:10002","endpoint":"fal-ai/flux/dev","status_url":"https://queue.fal.run/fal-ai/flux/requests/a~:10002/status"}`,
	`{"request_id":"b10003","endpoint":"m","status_url":"http://localhost:8080/jobs/b?x=1&y=\u202e2"}`, `{"request_id":"c10004","endpoint":"m","response_url":"http://localhost:8080/jobs/c"}`,
	`{"request_id":"info10005","endpoint":"info"}`, `{"request_id":"2026-01-01","endpoint":"123"}`,
	`{"request_id":"d10006","endpoint":"m","status_url":"https://queue.fal.run/a/b/requests/d10006/status?q"}`, `{"ids":["dav7jf8hrk391qc979h0","kling/d0vb1s2qpd69ejrfh5a0"]}`,
	"https:/\x7f/v1/queue/0/requests/0", `endpoint("fal-ai/flux/0 queue.fAl.run/fal-ai/flux/requests/0`,
	"request_id=abc1235 endpoint=2024-sdxl", "wan26/requests mmsu_01hxyz8k3vq2m4n6p8r0s2t4w9", "GET /v2/models/Bfl/Flux-2/requests/abc-3",
	`{"request_id":"f10007","endpoint":"m","label":"\f\b\u4e16\ud83d\ude00 \\u0041 \u202e"}`,
}

// FuzzRequestsRoundTrip holds that what is exported from any text's requests gives
// the same requests again.
func FuzzRequestsRoundTrip(f *testing.F) {
	sample, err := os.ReadFile("../../tasks.sample.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sample))
	for _, text := range idTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkRequests(t, text) })
}

func TestRequestsRoundTrip(t *testing.T) {
	seen := 0
	for _, text := range idTexts {
		seen += checkRequests(t, text)
	}
	if seen < len(idTexts) {
		t.Errorf("only %d requests in %d texts", seen, len(idTexts))
	}
	part := rapid.StringMatching(`[a-zA-Z0-9_.:~-]{1,12}`)
	rapid.Check(t, func(rt *rapid.T) {
		texts := rapid.SliceOfN(rapid.SampledFrom(idTexts), 0, 5).Draw(rt, "texts")
		for range rapid.IntRange(0, 5).Draw(rt, "records") {
			texts = append(texts, `{"request_id":"`+part.Draw(rt, "id")+`","endpoint":"`+part.Draw(rt, "endpoint")+`"}`)
		}
		checkRequests(t, strings.Join(texts, "\n"))
	})
}

// checkRequests fails the test unless the requests in a text come back from their
// export, with and without knowing the bases. It returns how many there are.
func checkRequests(t *testing.T, text string) int {
	t.Helper()
	s := source(t)
	requests := paste.Parse(text, s).Requests
	tasks := make([]*poller.Task, len(requests))
	for i, r := range requests {
		tasks[i] = &poller.Task{Request: r}
	}
	for _, o := range []ExportOptions{{Source: s}, {}} {
		out := export(t, Requests, tasks, o)
		if strings.ContainsFunc(out, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) }) {
			t.Fatalf("%q can control a terminal", out)
		}
		// A request without an endpoint gets the default one, and is asked at its
		// own address all the same.
		read := paste.Parse(out, s)
		back := read.Requests
		if len(back) != len(requests) || len(read.Questions)+len(read.Problems) > 0 {
			t.Fatalf("%q is exported as\n%s\nwhich gives %d requests of %d, and %+v", text, out, len(back), len(requests), read)
		}
		for i, r := range requests {
			b := back[i]
			if b.ID != r.ID || b.Base != r.Base || b.StatusURL() != r.StatusURL() || b.Label != string([]rune(r.Label)) || (b.Endpoint != r.Endpoint && r.Endpoint != "") {
				t.Fatalf("%+v comes back as %+v from\n%s", r, b, out)
			}
		}
	}
	return len(requests)
}

func TestRequestsAreShortWhereTheyCanBe(t *testing.T) {
	s := source(t)
	requests := paste.Parse("mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6\nfal-ai/flux/dev 4f1c2a9e-0b7d-4c58-9a63-5d2e8f7b1c04\nhttps://queue.fal.run/a/b/requests/abc123", s).Requests
	var tasks []*poller.Task
	for _, r := range requests {
		tasks = append(tasks, &poller.Task{Request: r})
	}
	want := "nano/mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6\nfal-ai/flux/dev/4f1c2a9e-0b7d-4c58-9a63-5d2e8f7b1c04\nhttps://queue.fal.run/a/b/requests/abc123/status\n"
	if got := export(t, Requests, tasks, ExportOptions{Source: s}); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestRequestsOfAnotherBaseAreRefused holds that a task whose base is not configured any
// more is a problem to the reader, not another task.
func TestRequestsOfAnotherBaseAreRefused(t *testing.T) {
	s := source(t)
	far := &poller.Task{Request: queue.Request{ID: "abc123", Endpoint: "kling", Base: s.Bases[1]}}
	s.Bases = s.Bases[:1]
	out := export(t, Requests, []*poller.Task{far, {Request: queue.Request{ID: "x"}}}, ExportOptions{Source: s})
	read := paste.Parse(out, paste.Source{Bases: s.Bases})
	if len(read.Requests) != 0 || len(read.Problems) != 2 {
		t.Errorf("%q gives %+v", out, read)
	}
}
