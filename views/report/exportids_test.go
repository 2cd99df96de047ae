package report

import (
	"os"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/queue"
)

// source returns a source with several bases, among them one below another, and
// a default endpoint.
func source(t testing.TB) queue.Source {
	t.Helper()
	s := queue.Source{Endpoint: "nano"}
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
	"mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6", "wan26_i2v/abc123", "wan26_i2v mmsu_01hxyz8k3v", "fal-ai/flux/dev/abc123", "request_id=x1 endpoint=2024-01-01",
	"https://cloud.seaart.ai/model/v1/queue/kling/requests/abc123/status", "https://cloud.seaart.ai/model/v1/queue/a%20b%0a%ff%7B/requests/1/status",
	"https://cloud.seaart.ai/other/v1/queue/kling/requests/abc123/status?logs=1", "https://queue.fal.run/fal-ai/flux/requests/b6f1c2d4-0000-4000-8000-5a1e9c7d3f20",
	"https://api.comfy.org/v2/models/m/requests/abc-1", "http://localhost:8080/proxy/v1/queue/m/requests/abc123/cancel", "http://LOCALHOST:8080/x/requests/abc123",
	`{"request_id":"a","endpoint":"kling"}`, `{"request_id":"a~:1","endpoint":"fal-ai/flux/dev","status_url":"https://queue.fal.run/fal-ai/flux/requests/a~:1/status"}`,
	`{"request_id":"b","status_url":"http://localhost:8080/jobs/b?x=1&y=\u202e2"}`, `{"request_id":"c","endpoint":"m","response_url":"http://localhost:8080/jobs/c"}`,
	`{"request_id":"info","endpoint":"info"}`, `{"request_id":"2026-01-01","endpoint":"123"}`,
	`{"request_id":"d","status_url":"https://queue.fal.run/a/requests/d/status?q#f"}`, `{"ids":["abc123","kling/def456"]}`,
}

// FuzzIDsRoundTrip holds that what is exported from any text's requests gives
// the same requests again.
func FuzzIDsRoundTrip(f *testing.F) {
	sample, err := os.ReadFile("../../tasks.sample.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sample))
	for _, text := range idTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkIDs(t, text) })
}

func TestIDsRoundTrip(t *testing.T) {
	seen := 0
	for _, text := range idTexts {
		seen += checkIDs(t, text)
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
		checkIDs(t, strings.Join(texts, "\n"))
	})
}

// checkIDs fails the test unless the requests in a text come back from their
// export, with and without knowing the bases. It returns how many there are.
func checkIDs(t *testing.T, text string) int {
	t.Helper()
	s := source(t)
	requests, _ := s.Parse(text)
	tasks := make([]*poller.Task, len(requests))
	for i, r := range requests {
		tasks[i] = &poller.Task{Request: r}
	}
	for _, o := range []ExportOptions{{Source: s}, {}} {
		out := export(t, IDs, tasks, o)
		if strings.ContainsFunc(out, func(r rune) bool { return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf) }) {
			t.Fatalf("%q can control a terminal", out)
		}
		// A request without an endpoint gets the default one, and is asked at its
		// own address all the same.
		back, problems := s.Parse(out)
		if len(back) != len(requests) || len(problems) > 0 {
			t.Fatalf("%q is exported as\n%s\nwhich gives %d requests of %d, and %v", text, out, len(back), len(requests), problems)
		}
		for i, r := range requests {
			b := back[i]
			if b.ID != r.ID || b.Base != r.Base || b.StatusURL() != r.StatusURL() || (b.Endpoint != r.Endpoint && r.Endpoint != "") {
				t.Fatalf("%+v comes back as %+v from\n%s", r, b, out)
			}
		}
	}
	return len(requests)
}

func TestIDsAreShortWhereTheyCanBe(t *testing.T) {
	s := source(t)
	requests, _ := s.Parse("mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6\nfal-ai/flux/dev abc123\nhttps://queue.fal.run/a/b/requests/abc123")
	var tasks []*poller.Task
	for _, r := range requests {
		tasks = append(tasks, &poller.Task{Request: r})
	}
	want := "nano/mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6\nfal-ai/flux/dev/abc123\nhttps://queue.fal.run/a/b/requests/abc123/status\n"
	if got := export(t, IDs, tasks, ExportOptions{Source: s}); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestIDsOfAnotherBaseAreTold holds that a task whose base is not configured any
// more is a problem to the reader, not another task.
func TestIDsOfAnotherBaseAreTold(t *testing.T) {
	s := source(t)
	far := &poller.Task{Request: queue.Request{ID: "abc123", Endpoint: "kling", Base: s.Bases[1]}}
	s.Bases = s.Bases[:1]
	out := export(t, IDs, []*poller.Task{far, {Request: queue.Request{ID: "x"}}}, ExportOptions{Source: s})
	requests, problems := queue.Source{Bases: s.Bases}.Parse(out)
	if len(requests) != 0 || len(problems) != 2 {
		t.Errorf("%q gives %+v and %v", out, requests, problems)
	}
}
