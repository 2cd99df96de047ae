package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator/faulty"
)

// FuzzOutputs holds that no text of a task can control a terminal, whatever of
// this package writes it: lines, summaries, progress, and every export.
func FuzzOutputs(f *testing.F) {
	for i, text := range []string{
		"plain", "\x1b[2J\x1b]0;title\x07", "\u009b31m\x9b", "a\r\nb\tc\x00", "\u202eevil\u2066", "=1+1;\t@x", "| `x` <b>", "\xff\xfe", "宽👩‍👩‍👧🇩🇪e\u0301",
		"\u2028\u2029\u0085", faulty.HostileError(),
	} {
		f.Add(text, uint8(i))
	}
	s := source(f)
	f.Fuzz(func(t *testing.T, text string, state uint8) {
		task := &poller.Task{
			State:   poller.State(state % uint8(poller.StateCount)),
			Request: queue.Request{ID: text, Endpoint: text, Base: s.Bases[0], URLs: &queue.URLs{Status: text, Cancel: text}},
			Error:   text, ErrorType: text, QueuePosition: 1, InferenceTime: -1,
			Trouble: &queue.Fault{Kind: queue.ServerError, HTTP: 500, Code: text, Message: text},
		}
		result := &queue.Result{
			Outputs:  []queue.Output{{Type: text, URL: text, ContentType: text, FileName: text, Content: text}, {URL: "https://x.example/" + text}},
			Metadata: []queue.Field{{Name: text, Value: text}},
		}
		now := time.Unix(1_770_000_000, 0)
		for _, event := range []string{EventTrouble, EventEnded, EventTask} {
			wantHarmless(t, "Line", Line(task, event, now, result), 1)
		}
		var summary bytes.Buffer
		if err := Summary(&summary, SummaryProps{Tasks: []*poller.Task{task, task}, Width: int(state), Color: true}); err != nil {
			t.Fatal(err)
		}
		wantHarmless(t, "Summary", ownColors.ReplaceAllString(summary.String(), ""), 0)
		for _, hold := range Holds(poller.HostStatus{Base: s.Bases[0], Outage: task.Trouble}, now) {
			wantHarmless(t, "Hold", hold.Text, 1)
		}
		wantHarmless(t, "Refusal", Refusal(s.Bases[0].Host(), poller.Forbidden{Endpoint: text, Fault: task.Trouble}), 1)
		o := ExportOptions{Now: now, Source: s, Result: func(int32) *queue.Result { return result }}
		for _, format := range Formats() {
			var out bytes.Buffer
			if err := Export(&out, format, []*poller.Task{task}, o); err != nil {
				t.Fatal(err)
			}
			lines := map[Format]int{NDJSON: 1, CSV: 2, IDs: 1, Requests: 1, Markdown: 3}[format]
			wantHarmless(t, string(format), strings.TrimSuffix(out.String(), "\n"), lines)
		}
	})
}

// ownColors are the styles that a summary has of its own.
var ownColors = regexp.MustCompile(`\x1b\[(?:3\d)?m`)

// wantHarmless fails the test where an output holds more than text and the ends
// of so many lines; 0 is any number.
func wantHarmless(t *testing.T, what, out string, lines int) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Fatalf("%s: %q is not UTF-8", what, out)
	}
	if i := strings.IndexFunc(out, func(r rune) bool {
		return r != '\n' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	}); i >= 0 {
		r, _ := utf8.DecodeRuneInString(out[i:])
		t.Fatalf("%s holds %U: %q", what, r, out)
	}
	if got := strings.Count(out, "\n") + 1; lines > 0 && got != lines {
		t.Fatalf("%s has %d lines, want %d: %q", what, got, lines, out)
	}
}
