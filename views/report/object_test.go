package report

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/queue"
)

// noon is when the tests' objects are made.
var noon = time.Date(2026, 3, 1, 13, 0, 0, 250_000_000, time.FixedZone("CET", 3600))

// before returns the stamp of a moment before noon.
func before(d time.Duration) poller.Stamp { return poller.StampOf(noon.Add(-d)) }

// object returns a task as it is on a configured base.
func object(t *testing.T, change func(*poller.Task)) *poller.Task {
	t.Helper()
	base, err := queue.ParseBase(queue.DefaultBaseURL)
	if err != nil {
		t.Fatal(err)
	}
	task := &poller.Task{
		QueuePosition: -1, InferenceTime: -1, Polls: 12,
		Request: queue.Request{ID: "mmsu_01hxyz8k3v", Endpoint: "wan26_i2v", Base: base},
	}
	change(task)
	return task
}

// ran sets when a task waited and ran.
func ran(t *poller.Task, state poller.State) {
	t.State = state
	t.Queued, t.Started, t.Ended = before(90*time.Second), before(80500*time.Millisecond), before(250*time.Millisecond)
}

// TestObject holds the exact JSON of a task in every state: scripts read it.
func TestObject(t *testing.T) {
	outputs := &queue.Result{Outputs: []queue.Output{
		{
			Type: "video", URL: "https://cdn.example/a.mp4?x=1&y=<2>", ContentType: "video/mp4", FileName: "../../etc/passwd\x1b[31m",
			Width: 1280, Height: 720, FileSize: 4798041, Duration: 5.5,
		},
		{Type: "text", Content: "a caption\n雨\u202e\u009b"},
		{Type: "image", ContentType: "image/png", Data: "data:image/png;base64,AAAA"},
	}}
	tests := []struct {
		event  string
		result *queue.Result
		change func(*poller.Task)
	}{
		{"added", nil, func(t *poller.Task) { t.Polls = 0 }},
		{"queued", nil, func(t *poller.Task) {
			t.State, t.Queued, t.QueuePosition = poller.Queued, before(1500*time.Millisecond), 0
		}},
		{"running", nil, func(t *poller.Task) {
			t.State, t.Queued, t.Started, t.QueuePosition = poller.Running, before(3*time.Second), before(time.Second), 4
		}},
		{EventEnded, outputs, func(t *poller.Task) { ran(t, poller.Succeeded); t.InferenceTime = 12.34 }},
		{EventEnded, nil, func(t *poller.Task) {
			ran(t, poller.Failed)
			t.Error, t.ErrorType = "blocked: \"a\"\x1b]0;x\x07\u202e \U000e0041", queue.ErrorBlocked
		}},
		{EventEnded, nil, func(t *poller.Task) { t.State, t.Ended, t.ErrorType = poller.Canceled, before(0), queue.ErrorCanceled }},
		{EventEnded, nil, func(t *poller.Task) { ran(t, poller.NotFound); t.Error = "Request not found" }},
		{EventEnded, nil, func(t *poller.Task) { t.State, t.Queued, t.Ended = poller.NotFound, before(time.Second), before(0) }},
		{EventEnded, nil, func(t *poller.Task) { t.State = poller.NotFound; t.Request = queue.Request{ID: "x"} }},
	}
	var b strings.Builder
	for _, test := range tests {
		if err := Encode(&b, ObjectOf(object(t, test.change), test.event, noon, test.result)); err != nil {
			t.Fatal(err)
		}
	}
	golden.RequireEqual(t, b.String())
}

// TestObjectProperties holds that every object is one line, harmless to a
// terminal, from which the same comes back, and that its outcome is there when
// the task has ended and only then.
func TestObjectProperties(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\x1b[2J", "a\r\nb\u2028", "\u202e\u009b\x7f\U000e0041", "<&>\"\\"}))
	rapid.Check(t, func(rt *rapid.T) {
		task := &poller.Task{
			State: poller.State(rapid.IntRange(0, int(poller.StateCount)-1).Draw(rt, "state")), QueuePosition: rapid.Int32().Draw(rt, "position"),
			Queued: poller.Stamp(rapid.Int64().Draw(rt, "queued")), Started: poller.Stamp(rapid.Int64().Draw(rt, "started")),
			InferenceTime: rapid.Float64().Draw(rt, "inference"), Error: text.Draw(rt, "error"), ErrorType: text.Draw(rt, "type"),
			Request: queue.Request{ID: text.Draw(rt, "id"), Endpoint: text.Draw(rt, "endpoint")},
		}
		o := ObjectOf(task, EventEnded, noon, &queue.Result{Outputs: []queue.Output{{FileName: text.Draw(rt, "name")}}})
		if (o.Outcome != "") != task.State.Terminal() {
			rt.Fatalf("a task that is %v has the outcome %q", task.State, o.Outcome)
		}
		var b strings.Builder
		if err := Encode(&b, o); err != nil {
			rt.Fatal(err)
		}
		line, whole := strings.CutSuffix(b.String(), "\n")
		if !whole || strings.ContainsFunc(line, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }) {
			rt.Fatalf("%q is no harmless line", b.String())
		}
		var back TaskObject
		if err := json.Unmarshal([]byte(line), &back); err != nil || !reflect.DeepEqual(back, o) {
			rt.Fatalf("%s is %+v (%v), want %+v", line, back, err, o)
		}
	})
}

func TestObjectNamesWhatItCanNotEncode(t *testing.T) {
	o := ObjectOf(object(t, func(t *poller.Task) { t.InferenceTime = math.Inf(1) }), EventEnded, noon, nil)
	if err := Encode(new(strings.Builder), o); err == nil || !strings.Contains(err.Error(), `"mmsu_01hxyz8k3v"`) {
		t.Errorf("the error is %v", err)
	}
}
