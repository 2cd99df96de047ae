package views_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// detailText returns the pane's text without its styles.
func detailText(d views.Detail, width int) string {
	return ansi.Strip(strings.Join(detailLines(d, width), "\n"))
}

// TestResultIsShown checks that the pane says all that is known of a result, and
// in which order.
func TestResultIsShown(t *testing.T) {
	text := detailText(views.Detail{Task: tasks()[3], Result: result()}, 200)
	at := 0
	for _, want := range []string{
		"Result", "1  video · video/mp4 · 8.4 MB · 1280×720 · 5.2 s", "a walk in the rain.mp4", outputURL, "mmsu_01hxyzb7-1.mp4",
		"2  image · image/png · 912 kB", "45%", "3  text", "A woman walks through the rain.", "Neon lights", "4  output", "the link has expired",
		"Metadata", "a woman walks", "negative_prompt", "blurry", "aspect_ratio", "16:9", "seed", "42", "Request",
	} {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%q is not there, or too early:\n%s", want, text)
		}
		at += i
	}
}

// TestResultStates checks what the pane says while there is no result.
func TestResultStates(t *testing.T) {
	fault := &queue.Fault{Kind: queue.Forbidden, HTTP: 403, Message: "not for this key"}
	tests := []struct {
		name      string
		result    *views.Result
		want, not string
	}{
		{"not asked for", nil, "✓ done", "Result"},
		{"pending", &views.Result{FetchedResult: poller.FetchedResult{Pending: true}}, "fetching the result ...", "no outputs"},
		{"fault", &views.Result{FetchedResult: poller.FetchedResult{Fault: fault}}, "HTTP 403 not allowed: not for this key\n→ r tries again.", "no outputs"},
		{"nothing", &views.Result{}, "The result holds no outputs.", "fetching"},
	}
	for _, tt := range tests {
		text := detailText(views.Detail{Task: tasks()[3], Result: tt.result}, 100)
		if !strings.Contains(text, tt.want) || strings.Contains(text, tt.not) {
			t.Errorf("%s: want %q and not %q:\n%s", tt.name, tt.want, tt.not, text)
		}
	}
}

// What came in place of the result of a task that has failed is why it has failed: there is
// nothing to try again.
func TestNoResultOfAFailureIsOffered(t *testing.T) {
	task := *tasks()[3]
	task.State, task.Error, task.ErrorType = poller.Failed, "prompt: Field required", "missing"
	fault := &queue.Fault{Kind: queue.Refused, HTTP: 422, Code: "missing", Message: "prompt: Field required"}
	text := detailText(views.Detail{Task: &task, Result: &views.Result{FetchedResult: poller.FetchedResult{Fault: fault}}}, 100)
	if strings.Contains(text, "r tries again") || strings.Count(text, "prompt: Field required") != 1 {
		t.Error(text)
	}
}

// TestOutputURLsAreNeverCut puts the wrapped lines of an output's address
// together again.
func TestOutputURLsAreNeverCut(t *testing.T) {
	long := outputURL + "&policy=" + strings.Repeat("0123456789abcdef", 256)
	for width := 2; width <= 140; width++ {
		var text strings.Builder
		r := &views.Result{FetchedResult: poller.FetchedResult{Result: queue.Result{Outputs: []queue.Output{{URL: long}}}}}
		for line := range strings.SplitSeq(detailText(views.Detail{Task: tasks()[3], Result: r}, width), "\n") {
			text.WriteString(strings.TrimSpace(line))
		}
		if !strings.Contains(text.String(), long) {
			t.Fatalf("width %d: the URL is not whole", width)
		}
	}
}

// TestResultIsBounded checks that a large result is cut with a word about it.
func TestResultIsBounded(t *testing.T) {
	many := make([]queue.Output, 1000)
	for i := range many {
		many[i].Type = fmt.Sprintf("image%d", i)
	}
	fields := make([]queue.Field, 200)
	for i := range fields {
		fields[i] = queue.Field{Name: "a", Value: strings.Repeat("b\n", 100)}
	}
	tests := []struct {
		name, want string
		made       queue.Result
	}{
		{"outputs", "… 900 outputs more", queue.Result{Outputs: many}},
		{"text", "lines more, 96 kB more", queue.Result{Outputs: []queue.Output{{Content: strings.Repeat("a ", 50_000)}}}},
		{"lines", "… 960 lines more", queue.Result{Outputs: []queue.Output{{Content: strings.Repeat("a\n", 1000)}}}},
		{"metadata", "lines more, 1.9 kB more", queue.Result{Metadata: []queue.Field{{Name: "prompt", Value: strings.Repeat("€ ", 1500)}}}},
		{"values", "… 161 values more", queue.Result{Metadata: fields}},
		{"long addresses", "outputs more", queue.Result{Outputs: slices.Repeat([]queue.Output{{URL: strings.Repeat("a", 15_000)}}, 50)}},
		{"address", "3.6 kB more", queue.Result{Outputs: []queue.Output{{URL: strings.Repeat("a", 20_000)}}}},
	}
	for _, tt := range tests {
		text := detailText(views.Detail{Task: tasks()[3], Result: &views.Result{FetchedResult: poller.FetchedResult{Result: tt.made}}}, 100)
		if !strings.Contains(text, tt.want) || strings.Contains(text, "\ufffd") {
			t.Errorf("%s: %q is not there:\n%.4000s", tt.name, tt.want, text)
		}
		if lines := strings.Count(text, "\n"); lines > 1100 {
			t.Errorf("%s: %d lines", tt.name, lines)
		}
	}
}

// TestPreview checks that a picture is drawn as it is, just above the outputs,
// and left out where it does not fit or where a dialog would spoil it.
func TestPreview(t *testing.T) {
	p := withResult(80, 30)
	picture := preview()[0]
	if got := strings.Count(render(p), picture); got != 3 {
		t.Errorf("%d lines of the preview show, want 3", got)
	}
	lines := plainLines(p)
	for i, line := range lines {
		if strings.Contains(line, "▀") && !strings.Contains(lines[i+1], "▀") && !strings.Contains(lines[i+1], "1  video") {
			t.Errorf("below the preview is %q", lines[i+1])
		}
	}
	wide := withResult(80, 30)
	wide.Detail.Result.PreviewWidth = 100
	covered := withResult(80, 30)
	covered.Dialog = &views.Dialog{Title: "Keys", Body: []string{"a"}}
	for name, p := range map[string]props{"too wide": wide, "covered": covered} {
		if got := strings.Join(plainLines(p), "\n"); strings.Contains(got, "▀") {
			t.Errorf("%s: the preview shows:\n%s", name, got)
		}
	}
}
