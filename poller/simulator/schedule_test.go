package simulator

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"polltop/poller/simulator/simulatortest"
)

// TestQueueOrder watches three tasks share one worker.
func TestQueueOrder(t *testing.T) {
	run := Plan{Run: 10 * time.Second}
	steps := []struct {
		at   time.Duration
		want [3]string
	}{
		{0, [3]string{"running", "0", "1"}},
		{9999 * time.Millisecond, [3]string{"running", "0", "1"}},
		{10 * time.Second, [3]string{"done", "running", "0"}},
		{20 * time.Second, [3]string{"done", "done", "running"}},
		{30 * time.Second, [3]string{"done", "done", "done"}},
	}
	for _, speed := range []float64{1, 4, 0.5} {
		t.Run(fmt.Sprintf("speed %v", speed), func(t *testing.T) {
			config := Config{Endpoints: []Endpoint{{Name: "e", Workers: 1}}, Speed: speed}
			simulatortest.Run(t, configured(config), func(t *testing.T, s *Server, c *client) {
				for _, id := range []string{"a", "b", "c"} {
					s.SubmitID(id, "e", run)
				}
				var now time.Duration
				for _, step := range steps {
					advance(time.Duration(float64(step.at-now) / speed))
					now = step.at
					for i, id := range []string{"a", "b", "c"} {
						if got := brief(c.Must("GET", path("e", id, "status"), "").Body); got != step.want[i] {
							t.Errorf("at %v task %s is %s, want %s", step.at, id, got, step.want[i])
						}
					}
				}
			})
		})
	}
}

// TestStartOnRequest lets the clock stand still until somebody asks.
func TestStartOnRequest(t *testing.T) {
	simulatortest.Run(t, configured(Config{StartOnRequest: true}), func(t *testing.T, s *Server, c *client) {
		s.SubmitID("a", "e", Plan{Run: time.Second})
		advance(time.Hour)
		if got := brief(c.Must("GET", path("e", "a", "status"), "").Body); got != "running" {
			t.Errorf("at the first request the task is %s, want running", got)
		}
		advance(time.Second)
		if got := brief(c.Must("GET", path("e", "a", "status"), "").Body); got != "done" {
			t.Errorf("a second later the task is %s, want done", got)
		}
	})
}

// TestCancel cancels each of three tasks that share one worker.
func TestCancel(t *testing.T) {
	tests := []struct {
		name   string
		cancel string
		at     time.Duration
		lag    time.Duration
		look   time.Duration
		want   [3]string
	}{
		{"running frees its worker", "a", time.Second, 0, time.Second, [3]string{"canceled", "running", "0"}},
		{"queued moves up those behind", "b", time.Second, 0, time.Second, [3]string{"running", "canceled", "0"}},
		{"queued gives up its turn", "b", time.Second, 0, 10 * time.Second, [3]string{"done", "canceled", "running"}},
		{"last", "c", time.Second, 0, 20 * time.Second, [3]string{"done", "done", "canceled"}},
		{"running, before it takes effect", "a", time.Second, 2 * time.Second, 2 * time.Second, [3]string{"running", "0", "1"}},
		{"running, when it takes effect", "a", time.Second, 2 * time.Second, 3 * time.Second, [3]string{"canceled", "running", "0"}},
		{"queued, past its turn", "b", 9 * time.Second, 2 * time.Second, 10 * time.Second, [3]string{"done", "0", "running"}},
		{"queued, in the end", "b", 9 * time.Second, 2 * time.Second, 11 * time.Second, [3]string{"done", "canceled", "running"}},
		{"too late to matter", "a", 9 * time.Second, 2 * time.Second, 11 * time.Second, [3]string{"done", "running", "0"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			simulatortest.Run(t, configured(Config{Workers: 1, CancelLag: test.lag}), func(t *testing.T, s *Server, c *client) {
				ids := []string{"a", "b", "c"}
				for _, id := range ids {
					s.SubmitID(id, "e", Plan{Run: 10 * time.Second})
				}
				advance(test.at)
				got := c.Must("PUT", path("e", test.cancel, "cancel"), "")
				if got.Code != 202 || got.Body != `{"status":"CANCELLATION_REQUESTED"}` {
					t.Fatalf("cancel answered %d %s", got.Code, got.Body)
				}
				advance(test.look - test.at)
				for i, id := range ids {
					if got := brief(c.Must("GET", path("e", id, "status"), "").Body); got != test.want[i] {
						t.Errorf("task %s is %s, want %s", id, got, test.want[i])
					}
				}
			})
		})
	}
}

// brief sums up a status answer in a word, or the place in the queue.
func brief(body string) string {
	var got statusAnswer
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		return body
	}
	switch {
	case got.Status == "IN_QUEUE" && got.QueuePosition != nil:
		return strconv.Itoa(*got.QueuePosition)
	case got.Status == "IN_PROGRESS":
		return "running"
	case got.ErrorType == "CANCELED":
		return "canceled"
	case got.Error != "" || got.ErrorType != "":
		return "failed"
	case got.Status == "COMPLETED":
		return "done"
	}
	return body
}

// TestLineProperties submits, cancels and lets time pass at random, and looks
// after each step whether the line is one that real workers could have made.
func TestLineProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		workers := rapid.IntRange(1, 4).Draw(t, "workers")
		l := &taskQueue{pool: pool{workers: workers}}
		var tasks []*task
		var now time.Duration
		before := map[*task]phase{}
		t.Repeat(map[string]func(*rapid.T){
			"submit": func(t *rapid.T) {
				plan := Plan{Run: time.Duration(rapid.IntRange(1, 9).Draw(t, "run"))}
				if rapid.IntRange(0, 4).Draw(t, "explicit") == 0 {
					plan.Queue = time.Duration(rapid.IntRange(1, 9).Draw(t, "queue"))
				}
				added := &task{seq: len(tasks), queue: l, plan: plan}
				l.add(added, now)
				tasks = append(tasks, added)
			},
			"cancel": func(t *rapid.T) {
				if len(tasks) == 0 {
					t.Skip("nothing to cancel")
				}
				lag := time.Duration(rapid.IntRange(0, 3).Draw(t, "lag"))
				l.cancel(rapid.SampledFrom(tasks).Draw(t, "task"), now, now+lag)
			},
			"wait": func(t *rapid.T) {
				now += time.Duration(rapid.IntRange(1, 5).Draw(t, "time"))
			},
			"": func(t *rapid.T) { checkLine(t, l, tasks, now, before) },
		})
	})
}

// checkLine looks at a line at one moment; before holds what it looked like.
func checkLine(t *rapid.T, l *taskQueue, tasks []*task, now time.Duration, before map[*task]phase) {
	running, waiting, queued := 0, 0, 0
	positions := map[int]bool{}
	var last time.Duration // the latest start of those submitted so far
	for _, task := range tasks {
		status := task.phase(now)
		if status < before[task] {
			t.Fatalf("at %d task %d went from %v back to %v", now, task.seq, before[task], status)
		}
		before[task] = status
		if status == inQueue {
			positions[l.position(task, now)] = true
			queued++
		}
		if task.plan.Queue > 0 {
			continue
		}
		if !task.canceled {
			if task.start < last {
				t.Fatalf("task %d starts at %d, before one that was submitted earlier (%d)", task.seq, task.start, last)
			}
			last = task.start
		}
		switch {
		case status == inProgress:
			running++
		case status == inQueue && !task.canceled:
			waiting++
		}
	}
	if running > l.pool.workers {
		t.Fatalf("at %d there run %d tasks on %d workers", now, running, l.pool.workers)
	}
	if waiting > 0 && running < l.pool.workers {
		t.Fatalf("at %d there wait %d tasks while %d of %d workers work", now, waiting, running, l.pool.workers)
	}
	for place := range queued {
		if !positions[place] {
			t.Fatalf("at %d there are %d tasks in the queue, and none at position %d", now, queued, place)
		}
	}
}
