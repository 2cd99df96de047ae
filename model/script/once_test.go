package script

import (
	"slices"
	"strings"
	"testing"
	"time"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/views/report"
)

// TestOnce holds that each task is asked once and told once, whatever is known.
func TestOnce(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		sick := quick
		sick.Faults = []simulator.Fault{{Kind: faulty.Status500}}
		requests := slices.Concat(b.submit(40, "wan26_i2v", endless), b.submit(1, "wan26_i2v", sick))
		requests = append(requests, b.request("mmsu_01hnothere", "wan26_i2v"))
		b.run(Options{Requests: requests, JSON: true, Once: true}, ExitUnknown, report.ReasonEnded)
		tasks, summary := b.objects()
		if summary.Tasks != 42 || summary.Live != 41 || summary.Unknown != 1 || summary.Polls != 42 {
			t.Errorf("the summary is %+v", summary)
		}
		told := map[string]string{}
		for _, task := range tasks {
			if told[task.RequestID] != "" {
				t.Errorf("%s is told twice", task.RequestID)
			}
			told[task.RequestID] = task.Event + " " + task.Outcome
		}
		if len(told) != 42 || told[requests[0].ID] != "running " || told[requests[40].ID] != "trouble " || told["mmsu_01hnothere"] != "ended unknown" {
			t.Errorf("told was %v", told)
		}
	})
}

func TestOnceAllSucceeded(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		requests := b.submit(5, "wan26_i2v", quick)
		time.Sleep(time.Minute)
		b.run(Options{Requests: requests, Once: true, Results: true, JSON: true}, ExitOK, report.ReasonEnded)
		for _, task := range first(b.objects()) {
			if task.Event != report.EventEnded || len(task.Outputs) != 1 {
				t.Errorf("the task is told as %+v", task)
			}
		}
	})
}

func first[A, B any](a A, _ B) A { return a }

// TestOnceSlowedDown holds that a 429 is no answer about a task: it is asked
// again when the service allows it.
func TestOnceSlowedDown(t *testing.T) {
	withBench(t, faulty.Config{RateLimit: 10}, func(b *bench) {
		b.run(Options{Requests: b.submit(60, "wan26_i2v", endless), JSON: true, Once: true}, ExitUnknown, report.ReasonEnded)
		tasks, summary := b.objects()
		if got := events(tasks); len(tasks) != 60 || got[report.EventRunning] != 60 || summary.RateLimited == 0 {
			t.Errorf("the events are %v, the summary %+v", got, summary)
		}
	})
}

// TestOnceWithoutAHost holds that it ends soon where nothing can be learned, and
// says of each task why.
func TestOnceWithoutAHost(t *testing.T) {
	for name, config := range map[string]faulty.Config{
		"refuses the key":  {Key: "another"},
		"can't be reached": {Faults: []simulator.Fault{{Kind: faulty.ResetBefore}}},
	} {
		withBench(t, config, func(b *bench) {
			start := time.Now()
			b.run(Options{Requests: b.submit(100, "wan26_i2v", quick), JSON: true, Once: true}, ExitUnknown, report.ReasonEnded)
			tasks, summary := b.objects()
			if got := events(tasks); got[report.EventTrouble] != 100 || len(tasks) != 100 || summary.Live != 100 {
				t.Errorf("%s: the events are %v, the summary %+v", name, got, summary)
			}
			for _, task := range tasks {
				if task.Trouble == "" {
					t.Errorf("%s: no trouble in %+v", name, task)
				}
			}
			if took := time.Since(start); took > time.Minute {
				t.Errorf("%s: it took %v", name, took)
			}
			b.says(name)
		})
	}
}

// TestOnceEndsInEveryTrouble holds that it ends soon whatever goes wrong, for one task as
// for many, and that a refusal is told beside the tasks.
func TestOnceEndsInEveryTrouble(t *testing.T) {
	says := map[*simulator.FaultKind]string{faulty.Unauthorized401: "refuses the key", faulty.Forbidden403: "to the key"}
	for _, wait := range []time.Duration{0, 4 * time.Second, 10 * time.Minute} {
		for _, kind := range faulty.Kinds() {
			for _, n := range []int{1, 60} {
				withBench(t, faulty.Config{Faults: []simulator.Fault{{Kind: kind, RetryAfter: wait, URL: "http://localhost:80/x"}}}, func(b *bench) {
					start := time.Now()
					requests := b.submit(n, "wan26_i2v", endless)
					b.run(Options{Requests: requests, JSON: true, Once: true}, ExitUnknown, report.ReasonEnded)
					tasks, _, _ := strings.Cut(b.out.String(), `"event":"summary"`)
					if told := strings.Count(tasks, `"request_id"`); told != n {
						t.Errorf("%v: %d of %d tasks are told", kind, told, n)
					}
					if took := time.Since(start); took > 90*time.Second {
						t.Errorf("%v, Retry-After %v, %d tasks: it took %v", kind, wait, n, took)
					}
					if text := says[kind]; text != "" {
						b.says(text)
					}
				})
			}
		}
	}
}

// TestOnceInLines holds that people get a line for each task, also where a
// progress line is shown, and no summary that says it again.
func TestOnceInLines(t *testing.T) {
	withBench(t, faulty.Config{}, func(b *bench) {
		requests := b.submit(3, "wan26_i2v", endless)
		b.run(Options{Requests: requests, Once: true, Progress: Line}, ExitUnknown, report.ReasonEnded)
		if lines := strings.Split(b.out.String(), "\n"); len(lines) != 4 || !strings.Contains(lines[2], requests[2].ID) {
			t.Errorf("the lines are %q", lines)
		}
		if strings.Contains(b.err.String(), "watched for") {
			t.Errorf("standard error holds %q", b.err.String())
		}
	})
}
