package report

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"
	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
)

// task returns a task of which only what a summary shows is set.
func task(state poller.State, id, errorType, message string) *poller.Task {
	return &poller.Task{State: state, Request: queue.Request{ID: id}, ErrorType: errorType, Error: message}
}

// many returns n tasks in a state.
func many(n int, state poller.State) []*poller.Task {
	tasks := make([]*poller.Task, n)
	for i := range tasks {
		tasks[i] = task(state, fmt.Sprintf("mmsu_01hxyz%04d", i), "", "")
		if state == poller.Failed {
			tasks[i].ErrorType, tasks[i].Error = queue.ErrorInference, "Task execution failed"
		}
	}
	return tasks
}

// batch returns tasks in every state, as a batch leaves them.
func batch() []*poller.Task {
	tasks := many(405, poller.Succeeded)
	tasks = append(tasks,
		task(poller.NotFound, "mmsu_01hxyzf1r4s7", "", "Request not found"),
		task(poller.Failed, "mmsu_01hxyza0pd4m2k", queue.ErrorBlocked, "output was blocked by safety policy: the reference image shows a person in the public eye"),
		task(poller.Canceled, "mmsu_01hxyzc", queue.ErrorCanceled, "canceled"),
		task(poller.Failed, "mmsu_01hxyzb7ke", queue.ErrorInternal, ""),
		task(poller.Failed, "b6f1c2d4-0000-4000-8000-5a1e9c7d3f20", "", "内容被安全策略拦截"),
	)
	tasks = append(tasks, many(25, poller.Queued)...)
	tasks = append(tasks, many(3, poller.Running)...)
	return append(tasks, many(2, poller.New)...)
}

// kinds returns n kinds of failures, each of half as many as the one before.
func kinds(n, most int) []views.Group {
	steps := []string{"submit again", "change the input", "", views.StepsDiffer}
	groups := make([]views.Group, n)
	for i := range groups {
		groups[i] = views.Group{State: poller.Failed, Count: max(most>>i, 1), NextStep: steps[i%len(steps)], Label: fmt.Sprintf("KIND_%d: the model exceeded the limit of <n> seconds on 内容 \x1b[2J and gave up", i)}
	}
	return groups
}

func TestSummary(t *testing.T) {
	hostile := task(poller.Failed, "id\x1b[2J\n2", "TYPE\x1b]0;x\x07", "line one\r\nline two \x1b[31mred\u202e")
	tests := map[string]SummaryProps{
		"nothing":       {Elapsed: 3 * time.Second, Width: 80},
		"one":           {Tasks: many(1, poller.Succeeded), Elapsed: 72 * time.Second, Polls: 1, Width: 80},
		"batch":         {Tasks: batch(), Elapsed: 724 * time.Second, Polls: 8421, Width: 80},
		"narrow":        {Tasks: batch(), Elapsed: 724 * time.Second, Polls: 8421, Width: 40},
		"color":         {Tasks: batch(), Elapsed: 724 * time.Second, Polls: 8421, Width: 120, Color: true},
		"width unknown": {Tasks: batch(), Elapsed: 3 * time.Hour, Polls: 8421},
		"fifty":         {Tasks: many(50, poller.Failed), Width: 80},
		"fifty-one":     {Tasks: many(51, poller.Failed), Width: 80},
		"not all":       {Tasks: many(60, poller.Failed), Width: 80, Resume: "polltop --session night"},
		"running":       {Tasks: many(28, poller.Running), Polls: 56, Width: 80},
		"demo":          {Tasks: many(28, poller.Running), Polls: 56, Width: 80, Demo: true},
		"unheard of":    {Tasks: many(1, poller.New), Polls: 2, Width: 80},
		"kinds":         {Tasks: many(60, poller.Failed), Kinds: kinds(6, 30), Width: 80, Resume: "polltop"},
		"more kinds":    {Tasks: many(60, poller.Failed), Kinds: kinds(9, 100), Width: 120, Color: true},
		"narrow kinds":  {Tasks: many(3, poller.Failed), Kinds: kinds(2, 2), Width: 30},
		"kinds of one":  {Tasks: many(3, poller.Failed), Kinds: kinds(3, 1), Width: 80},
		"hostile":       {Tasks: []*poller.Task{hostile}, Width: 80},
	}
	for name, props := range tests {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := Summary(&b, props); err != nil {
				t.Fatal(err)
			}
			golden.RequireEqual(t, b.String())
		})
	}
}

// TestSummaryProperties holds that any tasks give a bounded number of safe
// lines, which name each id that failed, and that color changes nothing else.
func TestSummaryProperties(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,300}`), rapid.SampledFrom([]string{"", "\x1b[2J", "a\nb", "内容被拦截"}))
	rapid.Check(t, func(rt *rapid.T) {
		tasks := rapid.SliceOf(rapid.Custom(func(rt *rapid.T) *poller.Task {
			state := poller.State(rapid.IntRange(0, int(poller.StateCount)-1).Draw(rt, "state"))
			return task(state, text.Draw(rt, "id"), text.Draw(rt, "type"), text.Draw(rt, "error"))
		})).Draw(rt, "tasks")
		if len(tasks) > 0 && rapid.Bool().Draw(rt, "often") {
			for len(tasks) < 120 {
				tasks = append(tasks, tasks...)
			}
		}
		props := SummaryProps{Tasks: tasks, Width: rapid.IntRange(-1, 200).Draw(rt, "width")}
		var plain, colored strings.Builder
		if err := Summary(&plain, props); err != nil {
			rt.Fatal(err)
		}
		props.Color = true
		if err := Summary(&colored, props); err != nil {
			rt.Fatal(err)
		}
		if ansi.Strip(colored.String()) != plain.String() {
			rt.Fatalf("color changes the text:\n%q\n%q", colored.String(), plain.String())
		}
		lines := strings.Split(plain.String(), "\n")
		failed, listed := 0, 0
		for _, line := range lines {
			if strings.TrimLeft(safe.Line(line), " ") != strings.TrimLeft(line, " ") {
				rt.Fatalf("%q is not safe", line)
			}
			if symbol, _, _ := strings.Cut(line, " "); strings.Contains("✗∄?‽", symbol) && symbol != "" {
				listed++
			}
		}
		for _, t := range tasks {
			if t.Problem() {
				failed++
				if id := safe.Line(t.Request.ID); safe.Width(id) <= maxCell && listed < maxProblems-1 && !strings.Contains(plain.String(), id) {
					rt.Fatalf("%q is not listed in:\n%s", id, plain.String())
				}
			}
		}
		if listed != failed && (failed <= maxProblems || listed != maxProblems-1) {
			rt.Fatalf("%d lines for %d tasks", listed, failed)
		}
	})
}

// failing is a writer that fails, as a closed pipe does.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestSummaryReturnsTheWritersError(t *testing.T) {
	want := errors.New("closed pipe")
	if err := Summary(failing{want}, SummaryProps{}); !errors.Is(err, want) {
		t.Errorf("the error is %v", err)
	}
}

// TestSummaryShowsWhatIsOpen holds that the end names the cost, the tasks whose status
// is not known with their words, and the command that goes on.
func TestSummaryShowsWhatIsOpen(t *testing.T) {
	odd := task(poller.Running, "mmsu_odd", "", "")
	odd.Unrecognized, odd.StatusWord = true, "PAUSED"
	none := task(poller.Queued, "mmsu_none", "", "")
	none.Unrecognized = true
	paid := task(poller.Succeeded, "mmsu_paid", "", "")
	paid.Cost, paid.CostUnit = 1.25, "credits"
	var b strings.Builder
	if err := Summary(&b, SummaryProps{Tasks: []*poller.Task{odd, none, paid, paid}, Width: 200, Resume: "polltop --session batch-7"}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		`mmsu_odd: status "PAUSED" is not known to polltop; asked on`, "mmsu_none: the answer has no status; asked on",
		"cost, as the services told it: 2.5 credits", "; to go on watching: polltop --session batch-7",
	} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("the summary does not hold %q:\n%s", part, b.String())
		}
	}
	o := SummaryOf(Counts{}, poller.Stats{}, ReasonTimeout, 0, noon)
	o.Add([]*poller.Task{odd, nil, paid}, Submissions{})
	b.Reset()
	if err := Encode(&b, o); err != nil || !strings.Contains(b.String(), `"cost":{"credits":1.25},"unrecognized_status":[{"request_id":"mmsu_odd","status":"PAUSED"}]`) {
		t.Errorf("the object is %s, error %v", b.String(), err)
	}
}

// TestSummaryObject holds the exact JSON of the summary.
func TestSummaryObject(t *testing.T) {
	var counts Counts
	for state := range poller.StateCount {
		counts[state] = 1 << state
	}
	var b strings.Builder
	o := SummaryOf(counts, poller.Stats{Requests: 812, Polls: 812, RateLimited: 3}, ReasonInterrupted, 72_123_456*time.Microsecond, noon)
	if err := Encode(&b, o); err != nil {
		t.Fatal(err)
	}
	want := `{"time":"2026-03-01T12:00:00.250Z","event":"summary","reason":"interrupted","tasks":2047,"succeeded":16,"failed":32,"canceled":64,"expired":128,` +
		`"unknown":768,"retried":1024,"live":15,"polls":812,"requests":812,"answered_429":3,"elapsed_s":72.123}` + "\n"
	if b.String() != want {
		t.Errorf("the summary is\n%swant\n%s", b.String(), want)
	}
	if o.Succeeded+o.Failed+o.Canceled+o.Expired+o.Unknown+o.Retried+o.Live != o.Tasks {
		t.Errorf("the counts of %+v don't add up", o)
	}
}
