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

// The widths of the status column: with a place in the queue, and with the word
// alone. A word is never cut.
const (
	statusPlace = 13
	statusWord  = 11
)

// placeMost is the highest place in the queue that fits into statusPlace.
const placeMost = 999

// The least width of the ids' column: a sign for what is left out, and as much of their
// tails as tells those on the screen apart.
const (
	idLeast = 7
	idTail  = 16
)

// The widths of the column of run times: with the time alone, with the usual one beside it,
// and with a bar before both.
const (
	runTime  = 6
	runUsual = 9
	runBar   = 18
)

// taskColumns returns the table's columns in the order in which they are drawn, for a
// table of the given width; without that of the labels where no task has one, and on the
// tab of the failures without what all of them have in common where the reason needs room.
func taskColumns(width int, t *Table, rows []row) []column[row] {
	status, run := statusWord, runTime
	switch {
	case width >= 110:
		status, run = statusPlace, runBar
	case width-4 >= statusPlace+2+idTail:
		status, run = statusPlace, runUsual
	}
	// The bar has room only where there is one.
	if run == runBar && !slices.ContainsFunc(rows, func(r row) bool { return r.note.Usual > 0 || r.note.Starts > 0 }) {
		run = runUsual
	}
	columns := columnsWith(status, run, idWidth(rows))
	if t.Tab == TabFailed {
		columns[len(columns)-1].title = "WHY"
	}
	why := t.Tab == TabFailed && width < 150
	return slices.DeleteFunc(columns, func(c column[row]) bool {
		switch c.id {
		case ColumnLabel:
			return !t.Labeled
		case ColumnStatus, ColumnQueued, ColumnRun, ColumnSeen:
			return why
		}
		return false
	})
}

// idWidth returns how wide the ids must be so that their tails differ, and what stands for an
// id is whole.
func idWidth(rows []row) int {
	least := idLeast
	for _, r := range rows {
		if r.Unsent() {
			least = max(least, len(r.Name()))
		}
	}
	for width := least; width < idTail; width++ {
		seen := make(map[string]bool, len(rows))
		for _, r := range rows {
			seen[safe.Tail(r.Name(), width)] = true
		}
		if len(seen) == len(rows) {
			return width
		}
	}
	return idTail
}

// columnsWith returns the table's columns with the least widths of some.
func columnsWith(status, run, tail int) []column[row] {
	plain := func(text func(t *poller.Task, now poller.Stamp) string) func(row, poller.Stamp, int) string {
		return func(r row, now poller.Stamp, _ int) string { return text(r.Task, now) }
	}
	styled := func(style func(ink *theme.Ink, t *poller.Task) string) func(*theme.Ink, row) string {
		return func(ink *theme.Ink, r row) string { return style(ink, r.Task) }
	}
	dim := func(ink *theme.Ink, _ row) string { return ink.Dim }
	id := func(ink *theme.Ink, r row) string {
		if r.State == poller.Retried {
			return ink.State[poller.Retried]
		}
		return ink.Text
	}
	return []column[row]{
		{
			id: ColumnStatus, title: "STATUS", least: status, most: statusPlace, weight: 9, fixed: true, draw: drawStatus,
			text: func(r row, _ poller.Stamp, width int) string { return statusText(r.Task, width) },
		},
		{
			id: ColumnID, title: "REQUEST ID", short: "ID", least: tail, ample: 40, weight: 8, tail: true, fixed: true, style: id,
			text: plain(func(t *poller.Task, _ poller.Stamp) string { return t.Name() }),
		},
		{
			id: ColumnEndpoint, title: "ENDPOINT", least: 13, ample: 40, weight: 6, middle: true, style: dim,
			text: plain(func(t *poller.Task, _ poller.Stamp) string { return t.Request.Endpoint }),
		},
		{
			id: ColumnLabel, title: "LABEL", least: 8, most: 20, ample: 40, weight: 4, style: dim,
			text: plain(func(t *poller.Task, _ poller.Stamp) string { return t.Request.Label }),
		},
		{
			id: ColumnQueued, title: "WAIT", least: 6, weight: 3, right: true, style: dim,
			text: plain(func(t *poller.Task, now poller.Stamp) string { return lasted(t.Waited(now)) }),
		},
		{
			id: ColumnRun, title: "RUN", least: run, weight: 5, right: true, draw: drawRun,
			text: plain(func(t *poller.Task, now poller.Stamp) string { return ranText(t, now) }),
		},
		{id: ColumnSeen, title: "AGE", least: 7, weight: 2, right: true, text: plain(ageText), style: styled(ageStyle)},
		{id: ColumnDetail, title: "DETAIL", least: 26, weight: 7, rest: true, draw: drawDetail, text: detailNeed},
	}
}

// ColumnTitle returns the name of a column for people, in lower case, such as
// "request id".
func ColumnTitle(c Column) string {
	switch c {
	case ColumnAdded:
		return "time added"
	case ColumnStatus:
		return "status"
	case ColumnID:
		return "request id"
	case ColumnEndpoint:
		return "endpoint"
	case ColumnLabel:
		return "label"
	case ColumnActivity:
		return "activity"
	case ColumnQueued:
		return "time waited"
	case ColumnRun:
		return "run time"
	case ColumnSeen:
		return "last answer"
	case ColumnDetail:
		return "detail"
	}
	return "unknown"
}

// lasted returns a duration, or nothing where it is not known.
func lasted(d time.Duration, ok bool) string {
	if !ok {
		return ""
	}
	return Duration(d)
}

// ranText returns how long a task runs or ran. A time that is over has a digit behind the
// point below a minute.
func ranText(t *poller.Task, now poller.Stamp) string {
	ran, ok := t.Ran(now)
	if ok && t.Ended != 0 && ran < time.Minute {
		return strconv.FormatFloat(ran.Seconds(), 'f', 1, 64) + "s"
	}
	return lasted(ran, ok)
}

// ageText returns the age of what is told of a task: of the last answer, or of the end.
func ageText(t *poller.Task, now poller.Stamp) string {
	switch {
	case t.State.Terminal() && t.Ended != 0:
		return ageOf(now.Sub(t.Ended)) + " ago"
	case t.State.Terminal() || t.Seen == 0:
		return ""
	}
	return Duration(now.Sub(t.Seen))
}

// ageOf returns how long ago something was, in its largest unit.
func ageOf(d time.Duration) string {
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

func ageStyle(ink *theme.Ink, t *poller.Task) string {
	if t.Trouble != nil && !t.State.Terminal() {
		return ink.Warn
	}
	return ink.Dim
}

// detailText returns what else there is to say of a task in one line.
func detailText(t *poller.Task, now poller.Stamp, width int) string {
	if t.Unsent() {
		return t.Error
	}
	switch t.State {
	case poller.Failed, poller.Canceled, poller.Expired, poller.NotFound, poller.Unread, poller.Retried:
		if t.Error != "" {
			return ErrorText(t)
		}
		return explain(t).Meaning
	case poller.Succeeded:
		text := t.Made
		if t.CostUnit != "" {
			text += "  " + Cost(t.Cost, t.CostUnit)
		}
		return strings.TrimLeft(text, " ")
	}
	if t.Trouble != nil {
		return troubleText(t, now, width)
	}
	if flagged(t) {
		return UnrecognizedStatus(t)
	}
	if progressing(t) {
		return progressText(t)
	}
	if t.State == poller.Queued && t.QueuePosition > placeMost {
		return "#" + strconv.Itoa(int(t.QueuePosition)) + " in queue"
	}
	return ""
}

func detailStyle(ink *theme.Ink, t *poller.Task) string {
	if (t.Trouble != nil || flagged(t)) && !t.State.Terminal() {
		return ink.Warn
	}
	if t.Problem() {
		return ink.Text
	}
	return ink.Dim
}
