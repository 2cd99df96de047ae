package input

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

// texts are what the fuzzer and the property test start from.
// Each # is another id, so that no two say different things of one.
var texts = []string{
	"mmsu_#", "wan26_i2v mmsu_#", "http://localhost:80/v1/queue/kling/requests/mmsu_#/status", "https://evil.example/a/b/requests/mmsu_#", "INFO request_id=mmsu_# endpoint=kling", "// comment",
	`{"request_id": "mmsu_#", "endpoint": "kling"}`, `{"request_id": "mmsu_#",`, `"endpoint": "kling"`, "}", "{", "[", "]", `["mmsu_#",`, `"mmsu_#"]`,
	"what is this?", "http://localhost:80/v1/queue/kling/requests/$ID/status", "\x00", "\ufeff", "e\u0301…", "", "request_id: mmsu_#", "endpoint: veo3", "kling_v3:", "| request_id | model |", "| mmsu_# | veo3 |",
}

var lastID atomic.Int64

// numbered returns a text with an id of its own for each #.
func numbered(text string) string {
	for strings.Contains(text, "#") {
		text = strings.Replace(text, "#", fmt.Sprintf("01k%023d", lastID.Add(1)), 1)
	}
	return text
}

// harness has a follower look at a file step by step.
type harness struct {
	fail     func(format string, args ...any)
	path     string
	feed     *feed
	follower *follower
	source   paste.Source
	text     string // of the file that is at the path
	// What was tracked and told of, and what should have been.
	got, gotProblems, want, wantProblems []string
	reports                              []Status
}

func newHarness(t testing.TB, dir string, fail func(string, ...any)) *harness {
	base, err := queue.ParseBase("http://localhost:80/v1/queue")
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{fail: fail, path: filepath.Join(dir, "tasks.log"), source: paste.Source{Bases: []*queue.Base{base}, Endpoint: "kling"}}
	track := func(requests []queue.Request) poller.Tracked {
		h.got = append(h.got, described(requests)...)
		return poller.Tracked{First: -1}
	}
	h.feed = newFeed("tasks.log", h.source, track)
	h.feed.report = func(s Status) { h.reports = append(h.reports, s) }
	h.follower = newFollower(h.path)
	h.follower.emit = func(p piece) {
		h.feed.apply(p)
		h.feed.flush()
	}
	h.append("")
	h.look()
	return h
}

// described puts requests into words.
func described(requests []queue.Request) []string {
	var all []string
	for _, r := range requests {
		all = append(all, fmt.Sprintf("%s/%s %v %v", r.Endpoint, r.ID, r.EndpointAssumed, r.StatusURL()))
	}
	return all
}

// append appends text to the file.
func (h *harness) append(text string) {
	file, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = file.WriteString(text)
		file.Close()
	}
	if err != nil {
		h.fail("%v", err)
	}
	h.text += text
}

// end takes in that the text has ended, as the file is to be another.
func (h *harness) end() {
	reader := paste.NewReader(h.source)
	for _, read := range []paste.Result{reader.Add(strings.TrimLeft(h.text, "\x00")), reader.Finish()} {
		h.want = append(h.want, described(read.Requests)...)
		for _, p := range read.Problems {
			h.wantProblems = append(h.wantProblems, p.Error())
		}
	}
	h.text = ""
}

// rotate renames the file and begins another.
func (h *harness) rotate(text string) {
	if err := os.Rename(h.path, h.path+".1"); err != nil {
		h.fail("%v", err)
	}
	h.end()
	h.append(text)
}

// truncate empties the file. What was not read of it is lost.
func (h *harness) truncate() {
	h.look()
	if err := os.Truncate(h.path, 0); err != nil {
		h.fail("%v", err)
	}
	h.end()
	h.look()
}

// look has the follower look at the file.
func (h *harness) look() {
	h.follower.look(context.Background())
	for _, status := range h.take() {
		for _, p := range status.Problems {
			h.gotProblems = append(h.gotProblems, p.Error())
		}
	}
}

// take returns what was reported since it was last called.
func (h *harness) take() []Status {
	reports := h.reports
	h.reports = nil
	return reports
}

// check fails the test unless exactly what the texts hold was tracked and told of.
func (h *harness) check() {
	h.look()
	h.rotate("mmsu_end12300000000000000000000\n") // the last line is whole then
	h.end()
	h.look()
	h.follower.close()
	if !slices.Equal(h.got, h.want) {
		h.fail("the requests are\n%q, not\n%q", h.got, h.want)
	}
	if !slices.Equal(h.gotProblems, h.wantProblems) {
		h.fail("the problems are\n%q, not\n%q", h.gotProblems, h.wantProblems)
	}
}

// However text comes, and however the file is rotated, what is tracked is what
// the parser reads in the whole of each text.
func TestFollowedTextIsReadAsAWhole(t *testing.T) {
	dir := t.TempDir()
	ends := []string{"\n", "\n", "\r\n", " ", ""}
	turn := 0
	rapid.Check(t, func(rt *rapid.T) {
		turn++
		own := filepath.Join(dir, fmt.Sprint(turn))
		if err := os.Mkdir(own, 0o700); err != nil {
			rt.Fatal(err)
		}
		h := newHarness(t, own, rt.Fatalf)
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			text := numbered(rapid.SampledFrom(texts).Draw(rt, "text")) + rapid.SampledFrom(ends).Draw(rt, "end")
			switch rapid.IntRange(0, 9).Draw(rt, "step") {
			case 0:
				h.rotate("x" + text)
				h.look()
			case 1:
				h.truncate()
			case 2, 3:
				h.look()
			default:
				cut := rapid.IntRange(0, len(text)).Draw(rt, "cut")
				h.append(text[:cut])
				if rapid.Bool().Draw(rt, "look") {
					h.look()
				}
				h.append(text[cut:])
			}
		}
		h.check()
	})
}

func FuzzFollow(f *testing.F) {
	sample, err := os.ReadFile("../../tasks.sample.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(sample), uint64(1))
	f.Add(numbered(strings.Join(texts, "\n")), uint64(2))
	f.Add("\x00\x00abc123\n\x00", uint64(3))
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		random := rand.New(rand.NewPCG(seed, seed))
		h := newHarness(t, t.TempDir(), t.Fatalf)
		for text != "" {
			n := 1 + random.IntN(min(len(text), 400))
			h.append(text[:n])
			text = text[n:]
			if random.IntN(2) == 0 {
				h.look()
			}
		}
		// An id that is mentioned often may be settled by what came so far, so only
		// that it is read at all can be held of any text.
		h.look()
		h.follower.close()
	})
}

// BenchmarkIdleLook shows what a look at a file costs that has not changed. With
// nobody to tell of changes there are four a second, else one.
func BenchmarkIdleLook(b *testing.B) {
	h := newHarness(b, b.TempDir(), b.Fatalf)
	h.append(strings.Repeat("mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6\n", 1000))
	h.look()
	b.ReportAllocs()
	for b.Loop() {
		h.follower.look(context.Background())
	}
	h.follower.close()
}
