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
	// logWindow is how many of its last lines a status answer reports: the window moves while the
	// run goes on.
	logWindow   = 8
	logTime     = "2006-01-02T15:04:05.000000Z" // the form of times in logs
	streamPause = 100 * time.Millisecond        // how long a stream waits between two looks at a task
)

// view is a task's state at one time.
type view struct {
	phase     phase
	position  int
	plan      Plan     // with the end of a cancelation, if it was canceled, and each failure's ResultError
	inference float64  // seconds
	ran       bool     // whether it ever had a worker
	progress  *float64 // from 0 to 1; nil where the task reports none
	logs      []logLine
	gone      bool // the result is kept no longer
}

// viewOf returns a task's state. The caller holds the lock.
func (s *Server) viewOf(t *task, now time.Duration) view {
	// With Speed, a run is shorter on the clock.
	inference := cmp.Or(t.plan.InferenceTime, t.plan.Run*9/10).Seconds() / s.config.Speed
	v := view{
		phase: t.phase(now), plan: t.plan, inference: math.Round(inference*100) / 100, ran: t.ran(),
		logs: s.logsOf(t, now),
		gone: t.plan.Kept != 0 && now >= t.end+max(0, t.plan.Kept),
	}
	if t.canceled {
		v.plan.Outcome, v.plan.Provider, v.plan.ResultError = s.dialect.canceledOutcome, nil, nil
	}
	if o := v.plan.Outcome; o.Failed() && v.plan.ResultError == nil {
		failed := s.dialect.fail(o, t.id)
		v.plan.ResultError = &failed
	}
	if v.phase == inQueue {
		v.position = t.queue.position(t, now)
	}
	if t.plan.Progress && v.phase != inQueue && t.ran() {
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

// RunLog returns lines as a model logs them: one for each step.
func RunLog(steps int) []string {
	lines := []string{"Loading weights", "Warming up"}
	for step := range steps {
		lines = append(lines, fmt.Sprintf("Step %d/%d", step+1, steps))
	}
	return append(lines, "Encoding the output", "Uploading")
}

// logsOf returns the last lines that a task has logged by now: those of its plan,
// spread evenly over the run. The caller holds the lock.
func (s *Server) logsOf(t *task, now time.Duration) []logLine {
	count := len(t.plan.Logs)
	var lines []logLine
	add := func(at time.Duration, message, level string) {
		lines = append(lines, logLine{s.clock(at).Format(logTime), message, level, "USER"})
	}
	for i, message := range t.plan.Logs {
		if at := t.start + t.plan.Run*time.Duration(i)/time.Duration(count); at <= now && at < t.end {
			add(at, message, "INFO")
		}
	}
	if count > 0 && t.phase(now) == completed && t.ran() && t.plan.failed() && !t.canceled {
		add(t.end, "The run failed", "ERROR")
	}
	return lines[max(0, len(lines)-logWindow):]
}

// clock returns the time of day of a time of the scenario.
func (s *Server) clock(at time.Duration) time.Time {
	return s.started.Add(time.Duration(float64(at) / s.config.Speed)).UTC()
}

// stream answers GET R/status/stream, which fal alone has (page Asynchronous Inference): a
// server-sent event for each change of the status, until the end.
func (x *Exchange) stream() {
	x.setID()
	x.Writer.Header().Set("Content-Type", "text/event-stream")
	controller := http.NewResponseController(x.Writer)
	for last := ""; ; {
		x.server.mu.Lock()
		v := x.server.viewOf(x.task, x.server.elapsed())
		x.server.mu.Unlock()
		body, _ := json.Marshal(x.statusAnswer(x.target.id, x.target.endpoint, v, false)) // always encodes
		if text := string(body); text != last {
			last = text
			if _, err := io.WriteString(x.Writer, "data: "+text+"\n\n"); err != nil || controller.Flush() != nil {
				return
			}
		}
		if v.phase == completed {
			x.ShowedEnd = true
			return
		}
		select {
		case <-time.After(streamPause):
		case <-x.Request.Context().Done():
			return
		}
	}
}
