package queue

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// parseTexts are what the fuzzer and the property test start from.
var parseTexts = []string{
	ulid, uuid, "abc123", "kling", "wan26_i2v " + ulid, "fal-ai/flux/dev/abc123", ulid + ", " + ulid2,
	queueRoot + "kling/requests/abc123/status?logs=1", "https://evil.example/a/requests/abc123", "https://", "http://localhost:8080/a/b/requests/abc123",
	"request_id=abc123 endpoint=kling", "x-request-id: abc123", "mmsu_01hx...", "abc123 # comment", "# comment", "INFO job #3 " + ulid,
	`{"request_id": "abc123", "endpoint": "kling"}`, `{"request_id": "abc123",`, `"endpoint": "kling"`, "}", "{", "[", "]", `["abc123",`, `"def456"`,
	`{"error": {"code": "X"}}`, `{"data": {`, `"a": [{`, "}]}", "[INFO] [x] [1]", "a\\u0000", `"\`, "\x00", "\xff\xfe", "\ufeff", "e\u0301…", "\u00a0", "\t|;,", "- ", "1. ",
}

func FuzzParse(f *testing.F) {
	sample, err := os.ReadFile("../../tasks.sample.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sample), uint64(1))
	f.Add(strings.Join(parseTexts, "\n"), uint64(2))
	f.Add(strings.Join(parseTexts, " "), uint64(3))
	f.Add(prettyJSON(createAnswer("kling", "abc123"))+"\r"+prettyJSON(createAnswer("kling", "def456")), uint64(4))
	for i, text := range parseTexts {
		f.Add(text, uint64(i))
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		checkText(t, text, rand.New(rand.NewPCG(seed, seed)).IntN)
	})
}

func TestParseProperties(t *testing.T) {
	ends := []string{"\n", "\n", "\r\n", "\r", " ", ""}
	rapid.Check(t, func(rt *rapid.T) {
		var text strings.Builder
		for range rapid.IntRange(0, 12).Draw(rt, "pieces") {
			text.WriteString(rapid.SampledFrom(parseTexts).Draw(rt, "text") + rapid.SampledFrom(ends).Draw(rt, "end"))
		}
		checkText(t, text.String(), func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "cut") })
	})
}

// checkText fails the test unless the text is parsed as every text must be.
func checkText(t *testing.T, text string, random func(int) int) {
	t.Helper()
	source := testSource(t)
	requests, problems := source.Parse(text)
	want := shortParse(source, requests, problems)

	p := NewParser(source)
	var chunkedRequests []Request
	var chunkedProblems []Problem
	for rest := text; rest != ""; {
		n := 1 + random(min(len(rest), 40))
		r, pr := p.Add(rest[:n])
		chunkedRequests, chunkedProblems, rest = append(chunkedRequests, r...), append(chunkedProblems, pr...), rest[n:]
	}
	r, pr := p.Finish()
	if got := shortParse(source, append(chunkedRequests, r...), append(chunkedProblems, pr...)); !slices.Equal(got, want) {
		t.Fatalf("%q in pieces gives %q, whole %q", text, got, want)
	}
	checkAccounted(t, source, text)
	for _, r := range requests {
		checkRequest(t, source, r)
	}
	for i, problem := range problems {
		if problem.Reason == "" || problem.Line < 1 || len(problem.Text) > maxText+40 || (i > 0 && problem.Line < problems[i-1].Line) {
			t.Fatalf("%q has the problem %+v", text, problem)
		}
	}
}

// checkAccounted fails the test where a line gives neither a request nor a
// problem, and is not part of a JSON object that gives one.
func checkAccounted(t *testing.T, source Source, text string) {
	t.Helper()
	if strings.IndexByte(text, 0xff) >= 0 || strings.IndexByte(text, 0xfe) >= 0 {
		return // UTF-16 has other line ends
	}
	p := NewParser(source)
	open, shown := 0, 0 // lines that must give something since nothing was held, and what they gave
	count := func(r []Request, pr []Problem) { shown += len(r) + len(pr) }
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\ufeff"))
	for line := range strings.SplitSeq(text, "\n") {
		before := p.fragment
		count(p.Add(line + "\n"))
		// A comment may stand behind brackets too.
		if content := strings.TrimLeft(trimmed(line), "{}[], \t"); meaningful(content) && content[0] != '#' && !(before && isFragment(line)) {
			open++
		}
		if p.held == nil {
			if open > 0 && shown == 0 {
				t.Fatalf("%q: nothing is said of %q", text, line)
			}
			open, shown = 0, 0
		}
	}
	count(p.Finish())
	if open > 0 && shown == 0 {
		t.Fatalf("%q: nothing is said of its end", text)
	}
}

// checkRequest fails the test unless a request is one that can be asked for and
// written down again.
func checkRequest(t *testing.T, source Source, r Request) {
	t.Helper()
	if !fitsID(r.ID) || !slices.Contains(source.Bases, r.Base) || (r.URLs != nil && *r.URLs == (URLs{})) {
		t.Fatalf("the request is %+v", r)
	}
	if r.URLs != nil {
		for _, address := range []string{r.URLs.Status, r.URLs.Response, r.URLs.Cancel} {
			if address != "" && sameOrigin(address, r.Base) == "" {
				t.Fatalf("%+v has the address %q", r, address)
			}
		}
	}
	segments := strings.Count(r.Endpoint, "/") + 1
	if !fitsEndpoint(r.Endpoint) || (r.Base.service.segments > 0 && segments != r.Base.service.segments) {
		return
	}
	back, err := source.FromURL(r.StatusURL())
	if errors.Is(err, errNotRequest) && r.URLs != nil {
		return // the service's own address, of no known shape
	}
	if err != nil || back.Key() != r.Key() || back.Endpoint != r.Endpoint {
		t.Fatalf("the status address %s of %+v is read as %+v, %v", r.StatusURL(), r, back, err)
	}
}

// TestParseIsLinear compares what text of two lengths costs, in bytes that are
// allocated, as all that is read anew is copied: four times the text must cost
// about four times as much, also where it is made to be given up again and
// again.
func TestParseIsLinear(t *testing.T) {
	source := testSource(t)
	cost := func(text string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		source.Parse(text)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	for _, line := range []string{
		"{\"a\":\n", "{\"a\": [\n", "{\"a\": 1,\n", "{\n", "[{\n", "{\"a\": {\"b\":\n", "{}\n", "{\"request_id\": \"abc123\",\n",
		"[", "{\"a\":", "[1,", "https://x/requests/abc123 request_id=abc123 ", "abc123 ", "\r", "\"", "mmsu_01 mmsu_02",
	} {
		small, large := cost(strings.Repeat(line, 2000)), cost(strings.Repeat(line, 8000))
		if large > 8*small+1<<20 {
			t.Errorf("2000 times %q cost %d bytes, 8000 times %d", line, small, large)
		}
	}
}

func BenchmarkParse10k(b *testing.B) {
	source := testSource(b)
	forms := map[string]func(i int) string{
		"ids":   func(i int) string { return fmt.Sprintf("mmsu_01hxyz8k3vq2m4n6p8r0%06d\n", i) },
		"pairs": func(i int) string { return fmt.Sprintf("wan26_i2v mmsu_01hxyz8k3vq2m4n6p8r0%06d\n", i) },
		"urls": func(i int) string {
			return fmt.Sprintf("%skling/requests/mmsu_01hxyz8k3vq2m4n6p8r0%06d/status\n", queueRoot, i)
		},
		"answers": func(i int) string {
			return createAnswer("kling", fmt.Sprintf("mmsu_01hxyz8k3vq2m4n6p8r0%06d", i)) + "\n"
		},
		"pretty": func(i int) string {
			return prettyJSON(createAnswer("kling", fmt.Sprintf("mmsu_01hxyz8k3vq2m4n6p8r0%06d", i))) + "\n"
		},
		"prose": func(i int) string {
			return fmt.Sprintf("10:00 INFO submitted request_id=mmsu_01hxyz%06d to the queue\n", i)
		},
	}
	for name, form := range forms {
		var text strings.Builder
		for i := range 10_000 {
			text.WriteString(form(i))
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(text.Len()))
			for b.Loop() {
				if requests, _ := source.Parse(text.String()); len(requests) != 10_000 {
					b.Fatalf("%d requests", len(requests))
				}
			}
		})
	}
}
