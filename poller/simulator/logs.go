package simulator

import (
	"fmt"
	"time"
)

// logLine is a line that a run has logged.
type logLine struct {
	Timestamp string `json:"timestamp"`
	Message   string `json:"message"`
	Level     string `json:"level,omitempty"`
	Source    string `json:"source,omitempty"`
}

// logWindow is how many of its last lines a status answer tells: the window moves
// while the run goes on.
const logWindow = 8

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
	if count == 0 || now < t.start || !t.ran() {
		return nil
	}
	at := func(i int) time.Duration { return t.start + t.plan.Run*time.Duration(i)/time.Duration(count) }
	var lines []logLine
	for i, message := range t.plan.Logs {
		if at(i) > now || at(i) >= t.end {
			break
		}
		lines = append(lines, logLine{s.clock(at(i)), message, "INFO", "USER"})
	}
	if t.phase(now) == completed && t.plan.failed() && !t.canceled {
		lines = append(lines, logLine{s.clock(t.end), "The run failed", "ERROR", "USER"})
	}
	return lines[max(0, len(lines)-logWindow):]
}

// clock returns a moment of the scenario as the services write times.
func (s *Server) clock(at time.Duration) string {
	moment := s.started.Add(time.Duration(float64(at) / s.config.Speed))
	return moment.UTC().Format("2006-01-02T15:04:05.000000Z")
}
