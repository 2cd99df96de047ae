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
	statusPlace = 13  // the status with a place in the queue
	statusWord  = 11  // the status with its word alone, which is never cut
	placeMost   = 999 // the highest place in the queue that fits into statusPlace
	idLeast     = 7   // ids: a sign for what is left out, and as much of their tails as distinguishes them,
	idTail      = 16  // at most so much
	runTime     = 6   // run times alone
	runUsual    = 9   // with the usual one beside it
	runBar      = 18  // with a bar before both
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
	if run == runBar && !slices.ContainsFunc(rows, func(r row) bool { return r.note.Usual > 0 || r.note.StartsIn > 0 }) {
		run = runUsual
	}
	detail := "DETAIL"
	if t.Tab == TabFailed {
		detail = "WHY"
	}
	columns := []column[row]{
		{id: ColumnStatus, title: "STATUS", least: status, most: statusPlace, weight: 9, fixed: true, cell: statusCell},
		{
			id: ColumnID, title: "REQUEST ID", short: "ID", least: idWidth(rows), ample: 40, weight: 8, fixed: true,
			cell: idCell, shorten: safe.TruncateStart,
		},
		{
			id: ColumnEndpoint, title: "ENDPOINT", least: 13, ample: 40, weight: 6,
			cell: inDim(func(r row) string { return r.Request.Endpoint }), shorten: safe.TruncateMiddle,
		},
		{id: ColumnLabel, title: "LABEL", least: 8, most: 20, ample: 40, weight: 4, cell: inDim(func(r row) string { return r.Request.Label })},
		{id: ColumnQueued, title: "WAIT", least: 6, weight: 3, right: true, cell: inDim(func(r row) string { return lasted(r.BestQueueTime(r.now)) })},
		{id: ColumnRun, title: "RUN", least: run, weight: 5, right: true, cell: runCell},
		{id: ColumnSeen, title: "AGE", least: 7, weight: 2, right: true, cell: ageCell},
		{id: ColumnDetail, title: detail, least: 26, weight: 7, rest: true, cell: detailCell},
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
			seen[safe.TruncateStart(r.Name(), width)] = true
		}
		if len(seen) == len(rows) {
			return width
		}
	}
	return idTail
}

// columnTitles are the names of the columns for people.
var columnTitles = [ColumnCount + 1]string{
	ColumnAdded: "time added", ColumnStatus: "status", ColumnID: "request id", ColumnEndpoint: "endpoint", ColumnLabel: "label",
	ColumnActivity: "activity", ColumnQueued: "time waited", ColumnRun: "run time", ColumnSeen: "last answer", ColumnDetail: "detail",
	ColumnCount: "unknown",
}

// ColumnTitle returns the name of a column for people, in lower case, such as "request id".
func ColumnTitle(c Column) string { return columnTitles[min(c, ColumnCount)] }

func idCell(ink *theme.Styles, r row, _ int) []piece {
	style := ink.Text
	if r.State == poller.Retried {
		style = ink.State[poller.Retried]
	}
	return []piece{{style: style, text: r.Name()}}
}

func lasted(d time.Duration, ok bool) string {
	if !ok {
		return ""
	}
	return Duration(d)
}

// ran returns how long the task runs or ran. A time that is over has a digit behind the
// point below a minute.
func (r row) ran() string {
	ran, ok := r.BestRunTime(r.now)
	if ok && r.Ended != 0 && ran < time.Minute {
		return strconv.FormatFloat(ran.Seconds(), 'f', 1, 64) + "s"
	}
	return lasted(ran, ok)
}

// ageCell shows the age of what is shown of the task: of the last answer, or of the end.
func ageCell(ink *theme.Styles, r row, _ int) []piece {
	style, age := ink.Dim, ""
	switch {
	case r.State.Terminal() && r.Ended != 0:
		age = ageOf(r.now.Sub(r.Ended)) + " ago"
	case !r.State.Terminal() && r.Seen != 0:
		age = Duration(r.now.Sub(r.Seen))
	}
	if r.Trouble != nil && !r.State.Terminal() {
		style = ink.Warn
	}
	return []piece{{style: style, text: age}}
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

// detail returns what else there is to say of the task in one line.
func (r row) detail(ink *theme.Styles, width int) piece {
	rest := piece{style: ink.Dim}
	if r.Problem() {
		rest.style = ink.Text
	}
	switch {
	case r.Unsent():
		rest.text = r.Error
	case r.State == poller.Succeeded:
		rest.text = r.OutputSummary
		if r.CostUnit != "" {
			rest.text = strings.TrimLeft(rest.text+"  "+Cost(r.Cost, r.CostUnit), " ")
		}
	case r.State.Terminal() && r.Error != "":
		rest.text = ErrorText(r.Task)
	case r.State.Terminal():
		rest.text = explain(r.Task).Meaning
	case r.Trouble != nil:
		return piece{style: ink.Warn, text: troubleText(r.Task, r.now, width)}
	case flagged(r.Task):
		return piece{style: ink.Warn, text: UnrecognizedStatus(r.Task)}
	case progressing(r.Task):
		rest.text = progressText(r.Task)
	case r.State == poller.Queued && r.QueuePosition > placeMost:
		rest.text = "#" + strconv.Itoa(int(r.QueuePosition)) + " in queue"
	}
	return rest
}
