package views_test

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/theme"
)

// stateTasks are tasks in the states and with the fields that only some services have.
func stateTasks() map[string]*poller.Task {
	with := func(change func(t *poller.Task)) *poller.Task {
		t := *tasks()[0]
		t.State = poller.Running
		change(&t)
		return &t
	}
	ended := func(t *poller.Task, state poller.State) { t.State, t.Ended, t.Next = state, t.Seen, 0 }
	return map[string]*poller.Task{
		"odd word": with(func(t *poller.Task) { t.Unrecognized, t.StatusWord = true, "PAUSED\x1b[2J" }),
		"no word":  with(func(t *poller.Task) { t.Unrecognized = true }),
		"progress": with(func(t *poller.Task) { t.Progress = 0.42 }),
		"reading": with(func(t *poller.Task) {
			t.State, t.Failures = poller.Reading, 3
			t.Trouble = &queue.Fault{Kind: queue.Gateway, HTTP: 504, Message: "HTTP 504 (no JSON)"}
		}),
		"expired": with(func(t *poller.Task) { ended(t, poller.Expired); t.Error = "the result is gone" }),
		"unread": with(func(t *poller.Task) {
			ended(t, poller.Unread)
			t.Error, t.Trouble = "result not had: HTTP 504 (no JSON)", &queue.Fault{Kind: queue.Gateway}
		}),
		"failed": with(func(t *poller.Task) {
			ended(t, poller.Failed)
			t.Error, t.ErrorType, t.NextStep = "prompt: Field required (+1 more)", "missing", "change the input"
			t.ProviderError, t.ServiceRequestID = "1026: sensitive", "fal-7f3a"
			t.Cost, t.CostUnit = 1.25, "credits"
		}),
	}
}

func TestPaneShowsEachState(t *testing.T) {
	want := map[string][]string{
		"odd word": {"▸ running", `Status "PAUSED`, "is not known to polltop", "last known one"},
		"no word":  {"The answer has no status"},
		"progress": {"━━━━──────", "42%"},
		"reading":  {"▹ reading", "completed at the service", "could not be read yet", "HTTP 504 (no JSON)", "3 tries"},
		"expired":  {"∄ expired", "does not keep the result", "the result is gone"},
		"unread":   {"‽ unread", "result was not read", "r reads it now", "result not had: HTTP 504"},
		"failed":   {"Field required (+1 more)", "1026: sensitive", "next step change the input", "fal-7f3a", "1.25 credits"},
	}
	for name, task := range stateTasks() {
		text := ansi.Strip(strings.Join(detailLines(views.Detail{Task: task}, 160), "\n"))
		for _, part := range want[name] {
			if !strings.Contains(text, part) {
				t.Errorf("%s: the pane does not hold %q:\n%s", name, part, text)
			}
		}
		if strings.Contains(text, "\x1b") {
			t.Errorf("%s: the pane holds a control character", name)
		}
	}
}

func TestRowShowsEachState(t *testing.T) {
	want := map[string]string{
		"odd word": "▸ running !?", "no word": "the answer has no status", "progress": "▸ running 42%",
		"reading": "▹ reading", "expired": "∄ expired", "unread": "‽ unread", "failed": "✗ failed",
	}
	for name, task := range stateTasks() {
		p := screen(200, 50)
		p.Table.Rows, p.Table.Total, p.Table.Cursor = []*poller.Task{task}, 1, 0
		if text := ansi.Strip(render(p)); !strings.Contains(text, want[name]) {
			t.Errorf("%s: the row does not hold %q:\n%s", name, want[name], text)
		}
	}
}

func TestPaneShowsTheLogsEnd(t *testing.T) {
	d := views.Detail{Task: stateTasks()["progress"]}
	for range 500 {
		d.Logs = append(d.Logs, queue.LogLine{Message: "step"})
	}
	d.Logs = append(d.Logs, queue.LogLine{Time: "2026-03-01T12:00:00Z", Level: "INFO", Message: "loading \x1b[31mweights\n"})
	text := ansi.Strip(strings.Join(detailLines(d, 120), "\n"))
	if !strings.Contains(text, "2026-03-01T12:00:00Z  INFO  loading") || !strings.Contains(text, "… 301 earlier lines") {
		t.Errorf("the log is not there:\n%s", text)
	}
}

// A label that takes all of its column would touch its value.
func TestLabelsOfThePaneFitTheirColumn(t *testing.T) {
	all := stateTasks()
	for state := range poller.StateCount {
		task := *all["failed"]
		task.State, task.Attempt, task.RetryOf = state, 2, "mmsu_01"
		task.Request.Label = "cats"
		task.Request.URLs = &queue.URLs{Status: "https://api.test/s", Response: "https://api.test/r", Cancel: "https://api.test/c"}
		all[state.String()] = &task
	}
	dim := theme.New(true, colorprofile.TrueColor).Plain.Dim
	seen := 0
	for name, task := range all {
		for _, line := range detailLines(views.Detail{Task: task, Result: result()}, 120) {
			label, value, found := strings.Cut(strings.TrimPrefix(line, dim), "\x1b")
			if !found || !strings.HasPrefix(line, dim) || ansi.Strip("\x1b"+value) == "" {
				continue // a text of its own
			}
			if seen++; len(label) != 10 || !strings.HasSuffix(label, " ") {
				t.Errorf("%s: the label %q before %q", name, label, ansi.Strip("\x1b"+value))
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d labels were seen", seen)
	}
}

// A request that the service does not know has its advice, and no next step beside it: that would
// be "nothing".
func TestPaneOfAnUnknownRequestHasOneAdvice(t *testing.T) {
	missing := task(5, poller.NotFound, "mmsu_01hxyzd8w2x5y9z3a7b1c4d6e8", "nano_banana_pro", time.Hour)
	missing.Error, missing.NextStep = "HTTP 404: Request not found, 5 times in 2m10s", "nothing"
	text := ansi.Strip(strings.Join(detailLines(views.Detail{Task: missing}, 80), "\n"))
	if !strings.Contains(text, "→ Check the id, the endpoint") || !strings.Contains(text, "Given up") || strings.Contains(text, "next step") {
		t.Errorf("the pane is\n%s", text)
	}
}

// Of the keys at the end, those that do not fit are left out and not cut.
func TestHintsOfTheEndAreWhole(t *testing.T) {
	for width := 20; width < 120; width++ {
		p := screen(width, 24)
		p.Counts = [poller.StateCount]int{poller.Succeeded: 409, poller.Failed: 76}
		p.End = &views.End{Elapsed: 21 * time.Minute, WorthResubmitting: 31}
		if notice := plainLines(p)[p.frame().Layout.NoticeY]; strings.Contains(notice, "…") {
			t.Errorf("width %d: %q", width, notice)
		}
	}
}
