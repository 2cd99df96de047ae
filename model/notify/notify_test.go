package notify

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polltop/poller"
)

var start = time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)

func tasks(states ...poller.State) []*poller.Task {
	out := make([]*poller.Task, len(states))
	for i, s := range states {
		out[i] = &poller.Task{Seq: int32(i), State: s}
		if s == poller.Failed {
			out[i].ErrorType = "INFERENCE_FAILURE"
		}
	}
	return out
}

func texts(notices []Notice) string {
	var out []string
	for _, n := range notices {
		out = append(out, n.Title+"|"+n.Text)
	}
	return strings.Join(out, "\n")
}

func TestWhatWasOverAtTheStartIsNotTold(t *testing.T) {
	for _, mode := range []Mode{Done, FirstFailure, EachFailure} {
		o := New(mode)
		if got := append(o.Observe(tasks(poller.Succeeded, poller.Failed), start), o.Observe(nil, start.Add(time.Hour))...); len(got) > 0 {
			t.Errorf("mode %s: %v", mode, got)
		}
	}
}

func TestDoneIsToldOnceAndAgainAfterNewTasks(t *testing.T) {
	o := New(Done)
	o.Observe(tasks(poller.Running, poller.Running, poller.Failed), start)
	o.Observe([]*poller.Task{{Seq: 7, State: poller.New}}, start)
	o.Observe([]*poller.Task{{Seq: 7, State: poller.Failed}}, start) // over by the first answer
	if got := o.Observe(tasks(poller.Succeeded, poller.Running), start); len(got) > 0 {
		t.Errorf("told with one still running: %v", got)
	}
	ended := tasks(poller.Succeeded, poller.Canceled)
	if got := texts(o.Observe(ended, start)); got != "polltop: all ended|1 done, 1 canceled" {
		t.Errorf("told %q", got)
	}
	if got := o.Observe(ended, start); len(got) > 0 {
		t.Errorf("told again: %v", got)
	}
	more := []*poller.Task{{Seq: 9, State: poller.Queued}}
	o.Observe(more, start)
	if got := texts(o.Observe([]*poller.Task{{Seq: 9, State: poller.Succeeded}}, start)); got != "polltop: all ended|1 done" {
		t.Errorf("after new tasks: told %q", got)
	}
}

func TestFirstFailureIsToldAtOnceAndAlone(t *testing.T) {
	o := New(FirstFailure)
	o.Observe(tasks(poller.Running, poller.Running, poller.Running), start)
	if got := texts(o.Observe(tasks(poller.Failed), start)); got != "polltop: 1 failed|1 INFERENCE_FAILURE" {
		t.Errorf("told %q", got)
	}
	if got := o.Observe([]*poller.Task{{Seq: 1, State: poller.Failed}}, start.Add(time.Hour)); len(got) > 0 {
		t.Errorf("the second was told: %v", got)
	}
}

func TestBurstsAreMerged(t *testing.T) {
	o := New(EachFailure)
	o.Observe(tasks(poller.Running, poller.Running, poller.Running, poller.Running), start)
	for i := range int32(3) {
		failed := &poller.Task{Seq: i, State: poller.Failed, ErrorType: []string{"A", "B", "A"}[i]}
		if got := o.Observe([]*poller.Task{failed}, start.Add(time.Duration(i)*time.Second)); len(got) > 0 {
			t.Fatalf("told before the burst is over: %v", got)
		}
	}
	if got := o.Observe(nil, start.Add(collectTime-1)); len(got) > 0 {
		t.Errorf("told before the burst is over: %v", got)
	}
	if got := texts(o.Observe(nil, start.Add(collectTime))); got != "polltop: 3 failed|2 A, 1 B" {
		t.Errorf("told %q", got)
	}
	if got := o.Observe(nil, start.Add(time.Hour)); len(got) > 0 {
		t.Errorf("told again: %v", got)
	}
}

// The failures of a batch are told before nothing is left to wait for.
func TestFailuresAreToldWhenTheLastLiveTaskIsForgotten(t *testing.T) {
	o := New(EachFailure)
	o.Observe(tasks(poller.Running, poller.Running), start)
	o.Observe(tasks(poller.Failed), start)
	o.Forget(1)
	if got := texts(o.Observe(nil, start)); got != "polltop: 1 failed|1 INFERENCE_FAILURE" {
		t.Errorf("told %q", got)
	}
}

// However the tasks come, every end that was not history is counted once.
func TestCountsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := New(EachFailure)
		n := rapid.IntRange(1, 20).Draw(t, "tasks")
		wasLive := map[int32]bool{}
		over := map[int32]bool{}
		failed := 0
		now := start
		told := 0
		count := func(notices []Notice) {
			for _, notice := range notices {
				if strings.HasSuffix(notice.Title, " failed") {
					var k int
					for _, r := range strings.TrimSuffix(strings.TrimPrefix(notice.Title, "polltop: "), " failed") {
						k = k*10 + int(r-'0')
					}
					told += k
				}
			}
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 8).Draw(t, "seconds")) * time.Second)
			seq := int32(rapid.IntRange(0, n-1).Draw(t, "seq"))
			if over[seq] {
				continue
			}
			state := rapid.SampledFrom([]poller.State{poller.Queued, poller.Running, poller.Failed, poller.Succeeded}).Draw(t, "state")
			if state.Terminal() {
				over[seq] = true
				if wasLive[seq] && state == poller.Failed {
					failed++
				}
			} else {
				wasLive[seq] = true
			}
			count(o.Observe([]*poller.Task{{Seq: seq, State: state}}, now))
		}
		count(o.Observe(nil, now.Add(time.Hour)))
		if told != failed {
			t.Fatalf("%d failures told of %d", told, failed)
		}
	})
}

func TestSequenceForEachTerminal(t *testing.T) {
	notice := Notice{Title: "polltop: 7 failed", Text: "5 X\x1b]0;pwned\a, 2 Y;rm"}
	for want, env := range map[string]map[string]string{
		"\a\x1b]99;i=polltop:d=0;polltop: 7 failed\a\x1b]99;i=polltop:p=body;5 X0pwned, 2 Yrm\a": {"TERM": "xterm-kitty"},
		"\a\x1b]777;notify;polltop: 7 failed;5 X0pwned, 2 Yrm\a":                                 {"TERM": "foot"},
		"\a\x1b]9;polltop: 7 failed: 5 X0pwned, 2 Yrm\a":                                         {"TERM_PROGRAM": "iTerm.app"},
		"\a": {"TERM": "xterm"},
		"\a\x1bPtmux;\x1b\x1b]9;polltop: 7 failed: 5 X0pwned, 2 Yrm\a\x1b\\": {"TERM": "tmux-256color", "TMUX": "/tmp/x"},
	} {
		if got := Sequence(func(name string) string { return env[name] }, notice); got != want {
			t.Errorf("%v:\n got %q\nwant %q", env, got, want)
		}
	}
}
