package views_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// TestDetailExplains checks that the pane says all that is known of a task.
func TestDetailExplains(t *testing.T) {
	explained := queue.Explain(queue.SeaCloud, queue.ErrorBlocked)
	meaning, advice := explained.Meaning, explained.Advice
	all := tasks()
	strange := failure()
	strange.ErrorType, strange.Error = "GPU_ON_FIRE", ""
	tests := []struct {
		name string
		task *poller.Task
		want []string
	}{
		{"failure", failure(), []string{
			"✗ failed", "CONTENT_BLOCKED", meaning[1:], advice, failure().Error,
			"mmsu_01hxyza0pdv4c8n2w5t7y9k3m4", "nano_banana_2",
			"14:01:00", "14:01:01", "after 1s", "14:01:46", "ran 41s",
			failure().Request.StatusURL(), failure().Request.ResponseURL(), failure().Request.CancelURL(),
			`"error_type": "CONTENT_BLOCKED"`,
		}},
		{"unknown error type", strange, []string{"GPU_ON_FIRE", "not among the documented", "gave no message"}},
		{"done", all[3], []string{"✓ done", "12.34 s"}},
		{"not found", all[5], []string{"? not found", "Request not found, 5 times", "not asked again"}},
		{"new", all[6], []string{"∘ new", "no answer yet"}},
		{"trouble", all[7], []string{"▸ running", "HTTP 502", "the gateway answered with a page", "3 polls in a row", "next try in 8s", "last known"}},
		{"queued", all[8], []string{"· queued", "place 20417", "2026-03-01 12:05:00", "after 1d1h"}},
		{"no longer tracked", nil, []string{"no longer tracked"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := views.Detail{Task: tt.task, Raw: []byte(rawFailure)}
			text := ansi.Strip(strings.Join(detailLines(d, 200), "\n"))
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("the pane does not hold %q:\n%s", want, text)
				}
			}
		})
	}
}

// What is usual, and when a task is expected to run, stands beside its times where it is
// known.
func TestDetailShowsTheUsualTime(t *testing.T) {
	queued := tasks()[1]
	text := ansi.Strip(strings.Join(detailLines(views.Detail{Task: queued, Usual: 9 * time.Second, P95: 14 * time.Second, StartsIn: 40 * time.Second}, 100), "\n"))
	for _, want := range []string{"usual     9s (95 % under 14s)", "starts    in ~40s"} {
		if !strings.Contains(text, want) {
			t.Errorf("the pane does not hold %q:\n%s", want, text)
		}
	}
	if text := ansi.Strip(strings.Join(detailLines(views.Detail{Task: queued, StartsIn: time.Millisecond}, 100), "\n")); !strings.Contains(text, "starts    soon") {
		t.Errorf("of one that is due:\n%s", text)
	}
	if text := ansi.Strip(strings.Join(detailLines(views.Detail{Task: queued}, 100), "\n")); strings.Contains(text, "usual") || strings.Contains(text, "starts") {
		t.Errorf("it tells what is not known:\n%s", text)
	}
}

// TestURLsAreNeverCut puts the wrapped lines of an address together again.
func TestURLsAreNeverCut(t *testing.T) {
	for width := 2; width <= 120; width++ {
		var text strings.Builder
		for _, line := range detailLines(views.Detail{Task: failure()}, width) {
			text.WriteString(strings.TrimSpace(ansi.Strip(line)))
		}
		if got := text.String(); !strings.Contains(got, failure().Request.ResponseURL()) {
			t.Fatalf("width %d: the response URL is not whole", width)
		}
	}
}

// TestRawIsBounded checks that a large answer is cut with a word about it, and
// that brackets by the thousand do not become megabytes of white space.
func TestRawIsBounded(t *testing.T) {
	tests := []struct {
		name, raw, last string
	}{
		{"many lines", strings.Repeat("a\n", 1000), "… 600 lines more"},
		{"large", `{"a":"` + strings.Repeat("b", 100<<10) + `"}`, "… 70 kB more"},
		{"nested", strings.Repeat("[", 9000) + strings.Repeat("]", 9000), "]"},
		{"half a character", strings.Repeat("€", 20<<10), "… 29 kB more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := detailLines(views.Detail{Task: failure(), Raw: []byte(tt.raw)}, 100)
			if len(lines) > 450 {
				t.Errorf("%d lines", len(lines))
			}
			last := ansi.Strip(lines[len(lines)-1])
			if !strings.HasSuffix(last, tt.last) || strings.Contains(strings.Join(lines, ""), "\ufffd") {
				t.Errorf("the last line is %q, want %q", last, tt.last)
			}
		})
	}
}

// TestScrollMost checks that the pane scrolls just to its last line.
func TestScrollMost(t *testing.T) {
	for _, size := range sizes {
		p := screen(size[0], size[1])
		p.Detail = &views.Detail{Task: failure(), Raw: []byte(rawFailure)}
		layout := views.NewLayout(size[0], size[1], true)
		width, rows := layout.PaneText()
		most := max(len(views.DetailText(p.frame(), p.Detail, width, rows).Lines)-rows, 0)
		p.Scroll = most
		end := render(p)
		bottom := plainLines(p)[layout.Detail.Y+rows]
		if most > 0 && !strings.Contains(bottom, "}") {
			t.Errorf("%v: scrolled to the end, the last line is %q", size, bottom)
		}
		if !strings.Contains(ansi.Strip(end), "content") {
			t.Errorf("%v: scrolled to the end, the answer is not there:\n%s", size, end)
		}
		if p.Scroll = most + 100; render(p) != end {
			t.Errorf("%v: scrolled past the end, the screen differs", size)
		}
		if p.Scroll = most - 1; most > 0 && render(p) == end {
			t.Errorf("%v: one line before the end, the screen is the same", size)
		}
	}
}
