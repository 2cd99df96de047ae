package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"
)

const (
	logWindow      = 8 // how many log lines a status answer has: the last ones
	logTimeLayout  = "2006-01-02T15:04:05.000000Z"
	streamInterval = 100 * time.Millisecond // how often a stream reads the state of its task
)

// snapshot is a task's state at one time.
type snapshot struct {
	phase     phase
	position  int      // how many tasks are ahead of it in the queue; 0 once it has started
	plan      Plan     // its Outcome is that of a cancelation if the task was canceled; a failure has a ResultError
	inference float64  // in seconds
	everRan   bool     // whether it ever had a worker
	progress  *float64 // from 0 to 1; nil if the task does not report it
	logs      []logLine
	expired   bool // the service has deleted the result
}

// snapshotOf returns a task's state. The caller holds the lock.
func (s *Server) snapshotOf(t *task, now time.Duration) snapshot {
	// The client measures by the clock, on which Speed shortens a run.
	inference := cmp.Or(t.plan.InferenceTime, t.plan.Run*9/10).Seconds() / s.config.Speed
	v := snapshot{
		phase: t.phase(now), plan: t.plan, inference: math.Round(inference*100) / 100, everRan: t.everRan(),
		logs:    s.recentLogs(t, now),
		expired: t.plan.Retention != 0 && now >= t.end+max(0, t.plan.Retention),
	}
	if t.canceled {
		v.plan.Outcome, v.plan.ProviderError, v.plan.ResultError = s.dialect.canceledOutcome, nil, nil
	}
	if o := v.plan.Outcome; o.Failed() && v.plan.ResultError == nil {
		failed := s.dialect.failedResult(o, t.id)
		v.plan.ResultError = &failed
	}
	if v.phase == inQueue {
		v.position = t.queue.position(t, now)
	}
	if t.plan.Progress && v.phase != inQueue && t.everRan() {
		done := math.Round(100*min(1, float64(now-t.start)/float64(t.end-t.start))) / 100
		v.progress = &done
	}
	return v
}

type logLine struct {
	Timestamp string `json:"timestamp"`
	Message   string `json:"message"`
	Level     string `json:"level,omitempty"`
	Source    string `json:"source,omitempty"`
}

// runLog returns the log of a model's run, with a line for each step.
func runLog(steps int) []string {
	lines := []string{"Loading weights", "Warming up"}
	for step := range steps {
		lines = append(lines, fmt.Sprintf("Step %d/%d", step+1, steps))
	}
	return append(lines, "Encoding the output", "Uploading")
}

// recentLogs returns the last log lines of a task. The lines of its plan are spread evenly over the
// run. The caller holds the lock.
func (s *Server) recentLogs(t *task, now time.Duration) []logLine {
	count := len(t.plan.Logs)
	var lines []logLine
	add := func(at time.Duration, message, level string) {
		lines = append(lines, logLine{s.wallTime(at).Format(logTimeLayout), message, level, "USER"})
	}
	for i, message := range t.plan.Logs {
		if at := t.start + t.plan.Run*time.Duration(i)/time.Duration(count); at <= now && at < t.end {
			add(at, message, "INFO")
		}
	}
	if count > 0 && t.phase(now) == completed && t.everRan() && t.plan.failed() && !t.canceled {
		add(t.end, "The run failed", "ERROR")
	}
	return lines[max(0, len(lines)-logWindow):]
}

// wallTime converts a time of the scenario to a time of the clock.
func (s *Server) wallTime(at time.Duration) time.Time {
	return s.started.Add(time.Duration(float64(at) / s.config.Speed)).UTC()
}

// stream answers GET R/status/stream, which only fal has (page Asynchronous Inference), with a
// server-sent event for each change of the status, until the end.
func (x *Exchange) stream() {
	x.setIDHeader()
	x.Writer.Header().Set("Content-Type", "text/event-stream")
	controller := http.NewResponseController(x.Writer)
	for last := ""; ; {
		x.server.mu.Lock()
		v := x.server.snapshotOf(x.task, x.server.elapsed())
		x.server.mu.Unlock()
		body, _ := json.Marshal(x.statusAnswer(x.target.id, x.target.endpoint, v, false)) // always encodes
		if text := string(body); text != last {
			last = text
			if _, err := io.WriteString(x.Writer, "data: "+text+"\n\n"); err != nil || controller.Flush() != nil {
				return
			}
		}
		if v.phase == completed {
			x.ReportedEnd = true
			return
		}
		select {
		case <-time.After(streamInterval):
		case <-x.Request.Context().Done():
			return
		}
	}
}
