package views

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// The widths of columns, in cells.
const (
	statusWithPosition = 13  // the status with a position in the queue
	statusWidth        = 11  // the status alone, which is never cut
	maxQueuePosition   = 999 // the highest position that fits into statusWithPosition
	minIDWidth         = 7   // an ellipsis, and as much of the ids' ends as tells them apart,
	maxIDEnd           = 16  // up to this
	runWidth           = 6   // the run time alone,
	runWithUsual       = 9   // with the usual one beside it,
	runWithBar         = 18  // and with a bar before both
)

// taskColumns returns the table's columns from left to right. The labels are left out where no
// task has one; on a tab of failures that is not wide, only what tells them apart is shown.
func taskColumns(width int, t *Table, rows []row) []column[row] {
	status, run := statusWidth, runWidth
	switch {
	case width >= 110:
		status, run = statusWithPosition, runWithBar
	case width-4 >= statusWithPosition+2+maxIDEnd:
		status, run = statusWithPosition, runWithUsual
	}
	if run == runWithBar && !slices.ContainsFunc(rows, func(r row) bool { return r.info.Usual > 0 || r.info.StartsIn > 0 }) {
		run = runWithUsual
	}
	detail := "DETAIL"
	if t.Tab == TabFailed {
		detail = "WHY"
	}
	columns := []column[row]{
		{id: ColumnStatus, title: "STATUS", minWidth: status, maxWidth: statusWithPosition, priority: 9, required: true, draw: drawStatus},
		{
			id: ColumnID, title: "REQUEST ID", shortTitle: "ID", minWidth: idWidth(rows), maxSpare: 40, priority: 8, required: true,
			draw: drawID, shorten: safe.TruncateStart,
		},
		{
			id: ColumnEndpoint, title: "ENDPOINT", minWidth: 13, maxSpare: 40, priority: 6,
			draw: dimCell(func(r row) string { return r.Request.Endpoint }), shorten: safe.TruncateMiddle,
		},
		{id: ColumnLabel, title: "LABEL", minWidth: 8, maxWidth: 20, maxSpare: 40, priority: 4, draw: dimCell(func(r row) string { return r.Request.Label })},
		{id: ColumnQueued, title: "WAIT", minWidth: 6, priority: 3, alignRight: true, draw: dimCell(func(r row) string { return knownDuration(r.BestQueueTime(r.now)) })},
		{id: ColumnRun, title: "RUN", minWidth: run, priority: 5, alignRight: true, draw: drawRunTime},
		{id: ColumnSeen, title: "AGE", minWidth: 7, priority: 2, alignRight: true, draw: drawAge},
		{id: ColumnDetail, title: detail, minWidth: 26, priority: 7, fill: true, draw: drawDetail},
	}
	onlyWhy := t.Tab == TabFailed && width < 150
	return slices.DeleteFunc(columns, func(c column[row]) bool {
		switch c.id {
		case ColumnLabel:
			return !t.Labeled
		case ColumnID, ColumnEndpoint, ColumnDetail:
			return false
		}
		return onlyWhy
	})
}

// idWidth returns the width in which the ends of the ids differ, and the names of payloads
// without an id are whole.
func idWidth(rows []row) int {
	width := minIDWidth
	for _, r := range rows {
		if r.Unsent() {
			width = max(width, len(r.Name()))
		}
	}
	seen := make(map[string]bool, len(rows))
	for ; width < maxIDEnd; width++ {
		clear(seen)
		for _, r := range rows {
			seen[safe.TruncateStart(r.Name(), width)] = true
		}
		if len(seen) == len(rows) {
			return width
		}
	}
	return maxIDEnd
}

// columnTitles are the names of the columns in messages.
var columnTitles = [ColumnCount + 1]string{
	ColumnAdded: "time added", ColumnStatus: "status", ColumnID: "request id", ColumnEndpoint: "endpoint", ColumnLabel: "label",
	ColumnActivity: "activity", ColumnQueued: "time waited", ColumnRun: "run time", ColumnSeen: "last answer", ColumnDetail: "detail",
	ColumnCount: "unknown",
}

// ColumnTitle returns the name of a column in lower case, such as "request id".
func ColumnTitle(c Column) string { return columnTitles[min(c, ColumnCount)] }

func drawID(c *cell, r row) {
	style := c.styles.Text
	if r.State == poller.Retried {
		style = c.styles.State[poller.Retried]
	}
	c.put(style, r.Name())
}

func knownDuration(d time.Duration, known bool) string {
	if !known {
		return ""
	}
	return Duration(d)
}

// runTimeText returns how long the task runs or ran: of an ended task below a minute, with
// tenths of a second.
func (r row) runTimeText() string {
	ran, known := r.BestRunTime(r.now)
	if known && r.Ended != 0 && ran < time.Minute {
		return strconv.FormatFloat(ran.Seconds(), 'f', 1, 64) + "s"
	}
	return knownDuration(ran, known)
}

// drawAge draws the time since the last answer, or since the task's end.
func drawAge(c *cell, r row) {
	style, age := c.styles.Dim, ""
	switch {
	case r.State.Terminal() && r.Ended != 0:
		age = ageText(r.now.Sub(r.Ended)) + " ago"
	case !r.State.Terminal() && r.Seen != 0:
		age = Duration(r.now.Sub(r.Seen))
	}
	if r.Trouble != nil && !r.State.Terminal() {
		style = c.styles.Warn
	}
	c.put(style, age)
}

// ageText returns a duration in its largest unit.
func ageText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + "s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + "m"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + "h"
	}
	return strconv.Itoa(int(d/(24*time.Hour))) + "d"
}

// details returns what the detail column says of the task itself in width cells, and its style.
func (r row) details(styles *theme.Styles, width int) (style, text string) {
	style = styles.Dim
	if r.Problem() {
		style = styles.Text
	}
	switch {
	case r.Unsent():
		text = r.Error
	case r.State == poller.Succeeded && r.CostUnit != "":
		text = strings.TrimLeft(r.OutputSummary+"  "+Cost(r.Cost, r.CostUnit), " ")
	case r.State == poller.Succeeded:
		text = r.OutputSummary
	case r.State.Terminal() && r.Error != "":
		text = ErrorText(r.Task)
	case r.State.Terminal():
		text = explain(r.Task).Meaning
	case r.Trouble != nil:
		return styles.Warn, troubleText(r.Task, r.now, width)
	case hasUnknownStatus(r.Task):
		return styles.Warn, UnrecognizedStatus(r.Task)
	case hasProgress(r.Task):
		text = progressText(r.Task)
	case r.State == poller.Queued && r.QueuePosition > maxQueuePosition:
		text = "#" + strconv.Itoa(int(r.QueuePosition)) + " in queue"
	}
	return style, text
}
