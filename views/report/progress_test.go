package report

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/safe"
)

func TestProgress(t *testing.T) {
	p := ProgressProps{Rate: 18.23, Elapsed: 72 * time.Second}
	p.Counts[poller.Succeeded], p.Counts[poller.Failed], p.Counts[poller.Running], p.Counts[poller.Queued] = 405, 7, 60, 28
	for width, want := range map[int]string{
		80: "412/500  ✓ 405  ✗ 7  ▸ 60  · 28  18.2 polls/s  1m12s",
		0:  "412/500  ✓ 405  ✗ 7  ▸ 60  · 28  18.2 polls/s  1m12s",
		53: "412/500  ✓ 405  ✗ 7  ▸ 60  · 28  18.2 polls/s  1m12s",
		52: "412/500  ✓ 405  ✗ 7  ▸ 60  · 28  18.2 polls/s",
		20: "412/500  ✓ 405  ✗ 7",
		19: "412/500  ✓ 405",
		8:  "412/500",
		6:  "412/…",
		1:  "",
	} {
		p.Width = width
		if got := Progress(p); got != want {
			t.Errorf("in %d cells: %q, want %q", width, got, want)
		}
	}
}

// TestProgressProperties holds that the line never reaches the terminal's edge.
func TestProgressProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		p := ProgressProps{
			Rate: rapid.Float64Range(0, 1e9).Draw(rt, "rate"), Elapsed: time.Duration(rapid.Int64().Draw(rt, "elapsed")),
			Width: rapid.IntRange(1, 200).Draw(rt, "width"),
		}
		for state := range p.Counts {
			p.Counts[state] = rapid.IntRange(0, 1_000_000).Draw(rt, "count")
		}
		if got := Progress(p); safe.Width(got) >= p.Width || safe.Line(got) != got {
			rt.Fatalf("%q in %d cells", got, p.Width)
		}
	})
}

// TestLineProperties holds that whatever happens to whatever task is one safe
// line, which names the task.
func TestLineProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		task, result := arbitrary(rt)
		event := rapid.SampledFrom([]string{EventQueued, EventRunning, EventEnded, EventTrouble}).Draw(rt, "event")
		got := Line(task, event, noon, result)
		if safe.Line(got) != got {
			rt.Fatalf("%q is no safe line", got)
		}
		if !strings.Contains(got, strings.TrimRight(safe.Line(task.Request.ID), " ")) || !strings.HasPrefix(got, "13:00:00  ") {
			rt.Fatalf("%q does not name %q", got, task.Request.ID)
		}
	})
}

func TestLine(t *testing.T) {
	result := &queue.Result{Outputs: []queue.Output{{URL: "https://cdn.example/a.mp4"}, {Content: "text"}}}
	tests := []struct {
		want, event string
		change      func(*poller.Task)
	}{
		{"13:00:00  queued     mmsu_01hxyz8k3v  wan26_i2v  position 7", EventQueued, func(t *poller.Task) { t.State, t.QueuePosition = poller.Queued, 7 }},
		{"13:00:00  running    mmsu_01hxyz8k3v  wan26_i2v", EventRunning, func(t *poller.Task) { t.State, t.Started = poller.Running, before(0) }},
		{"13:00:00  done       mmsu_01hxyz8k3v  wan26_i2v  ran 1m20s  https://cdn.example/a.mp4", EventEnded, func(t *poller.Task) { ran(t, poller.Succeeded) }},
		{"13:00:00  canceled   mmsu_01hxyz8k3v  wan26_i2v  ran 1m20s  CANCELED", EventEnded, func(t *poller.Task) { ran(t, poller.Canceled); t.ErrorType = queue.ErrorCanceled }},
		{"13:00:00  trouble    mmsu_01hxyz8k3v  wan26_i2v  HTTP 502: bad gateway", EventTrouble, func(t *poller.Task) {
			t.State, t.Trouble = poller.Running, &queue.Fault{HTTP: 502, Message: "bad\ngateway"}
		}},
	}
	for _, test := range tests {
		task := object(t, test.change)
		made := result
		if task.State != poller.Succeeded {
			made = nil
		}
		if got := Line(task, test.event, noon, made); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestTrouble(t *testing.T) {
	base := object(t, func(*poller.Task) {}).Request.Base
	refused := &queue.Fault{Kind: queue.Unauthorized, HTTP: 401, Message: "bad \x1b[31mkey\nhere"}
	for want, h := range map[string]poller.HostStatus{
		"": {Base: base},
		"cloud.seaart.ai refuses the key: HTTP 401: bad key here":                  {Base: base, Stopped: refused, Outage: refused},
		"cloud.seaart.ai can't be reached, and is tried again: connection refused": {Base: base, Outage: &queue.Fault{Kind: queue.Unreachable, Message: "connection\nrefused"}},
		"cloud.seaart.ai answers only 404 pages, and is tried again: HTTP 404 (no JSON)": {
			Base: base, Outage: &queue.Fault{Kind: queue.Gateway, HTTP: 404, Message: "HTTP 404 (no JSON)"},
		},
	} {
		got := ""
		for _, hold := range Holds(h, noon) {
			got += hold.Text
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	want := "cloud.seaart.ai refuses the endpoint sora to the key: HTTP 401: bad key here"
	if got := Refusal(base.Host(), poller.Forbidden{Endpoint: "sora", Fault: refused}); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
