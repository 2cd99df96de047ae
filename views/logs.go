package views

import (
	"strconv"
	"strings"

	"polltop/poller/queue"
	"polltop/views/safe"
)

const (
	// logsMost bounds the lines of a task's log that are shown: the last ones.
	logsMost = 200
	// logLineMost bounds one of them, in bytes.
	logLineMost = 2 << 10
	// logTimeMost bounds a line's time, in cells.
	logTimeMost = 30
)

// logs adds the lines that the service gave of the task's run, the last ones where
// there are many.
func (w *paneWriter) logs(lines []queue.LogLine) {
	if len(lines) == 0 {
		return
	}
	w.section("Log")
	if more := len(lines) - logsMost; more > 0 {
		w.text(w.ink.Dim, "… "+strconv.Itoa(more)+" earlier lines")
		lines = lines[more:]
	}
	for _, line := range lines {
		text := start(strings.TrimRight(line.Message, " \t\r\n"), logLineMost)
		for _, part := range []string{line.Level, safe.Truncate(line.Time, logTimeMost)} {
			if part = safe.Line(part); part != "" {
				text = part + "  " + text
			}
		}
		w.text(w.ink.Text, text)
	}
}
