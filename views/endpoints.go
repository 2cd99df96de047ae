package views

import (
	"slices"
	"strconv"
	"time"

	"polltop/views/safe"
	"polltop/views/theme"
)

// endpointColumn is a column of the stats view's table, as data.
type endpointColumn struct {
	group string // the title over some columns; empty for none
	title string
	width int
	// weight is how soon the column goes when there is no room for all: the
	// lightest goes first.
	weight int
	text   func(e *Endpoint) string
	style  func(ink *theme.Ink, e *Endpoint) string
}

// The titles over the times. They are as wide as one column of them at most, as
// the others may be left out.
const (
	overQueue = "QUEUED"
	overRun   = "RUN"
	overModel = "MODEL"
)

// unknownTitle is the title of the column that counts the tasks of which it can't be
// known how they ended. It is there only where there are such.
const unknownTitle = "UNKN."

var endpointColumns = []endpointColumn{
	{title: "LIVE", width: 6, weight: 6, text: func(e *Endpoint) string { return compact(e.Live) }, style: endpointText},
	{title: "DONE", width: 6, weight: 9, text: func(e *Endpoint) string { return compact(e.Succeeded) }, style: endpointText},
	{title: "FAILED", width: 6, weight: 12, text: func(e *Endpoint) string { return compact(e.Failed) }, style: endpointFailed},
	{title: "FAIL", width: 5, weight: 14, text: failShare, style: endpointFailed},
	{title: "CANC.", width: 6, weight: 1, text: func(e *Endpoint) string { return compact(e.Canceled) }, style: endpointDim},
	{title: unknownTitle, width: 6, weight: 9, text: func(e *Endpoint) string { return compact(e.Unknown) }, style: endpointDim},
	{group: overQueue, title: "P50", width: 6, weight: 8, text: func(e *Endpoint) string { return observed(e.QueueP50) }, style: endpointDim},
	{group: overQueue, title: "P95", width: 6, weight: 5, text: func(e *Endpoint) string { return observed(e.QueueP95) }, style: endpointDim},
	{group: overQueue, title: "MAX", width: 6, weight: 3, text: func(e *Endpoint) string { return observed(e.QueueMax) }, style: endpointDim},
	{group: overRun, title: "P50", width: 6, weight: 13, text: func(e *Endpoint) string { return observed(e.RunP50) }, style: endpointText},
	{group: overRun, title: "P95", width: 6, weight: 11, text: func(e *Endpoint) string { return observed(e.RunP95) }, style: endpointText},
	{group: overRun, title: "MAX", width: 6, weight: 7, text: func(e *Endpoint) string { return observed(e.RunMax) }, style: endpointText},
	{group: overModel, title: "P50", width: 6, weight: 10, text: func(e *Endpoint) string { return observed(e.InferenceP50) }, style: endpointDim},
	{group: overModel, title: "P95", width: 6, weight: 4, text: func(e *Endpoint) string { return observed(e.InferenceP95) }, style: endpointDim},
	{title: "POLLS", width: 6, weight: 2, text: func(e *Endpoint) string { return compact(int(min(e.Polls, 1<<62))) }, style: endpointDim},
}

func endpointText(ink *theme.Ink, _ *Endpoint) string { return ink.Text }
func endpointDim(ink *theme.Ink, _ *Endpoint) string  { return ink.Dim }

func endpointFailed(ink *theme.Ink, e *Endpoint) string {
	if e.Failed > 0 {
		return ink.Bad
	}
	return ink.Dim
}

// observed returns a time, or a dash for one that was not observed.
func observed(d time.Duration) string {
	switch {
	case d <= 0:
		return "–"
	case d < 10*time.Second:
		return fraction(d.Seconds()) + "s"
	}
	return Duration(d)
}

// failShare returns the share of the ended tasks that failed, or a dash where
// none has ended. The canceled are neither.
func failShare(e *Endpoint) string {
	ended := e.Succeeded + e.Failed
	if ended <= 0 {
		return "–"
	}
	return percent(float64(e.Failed) / float64(ended))
}

func endpointName(e *Endpoint) string {
	if name := safe.Line(e.Name); name != "" {
		return name
	}
	return "(no endpoint told)"
}

// The narrowest and the widest column of endpoints' names.
const (
	endpointLeast = 12
	endpointMost  = 44
)

// endpointsMost bounds how many endpoints are drawn at once: those around the
// selected one.
const endpointsMost = 16

// endpointLines returns the table of the endpoints as lines of at most width
// cells.
func endpointLines(p *Props, width int) []string {
	ink, s := &p.Theme.Plain, p.Stats
	first := max(min(s.Cursor-endpointsMost/2, len(s.Endpoints)-endpointsMost), 0)
	rows := s.Endpoints[first:min(first+endpointsMost, len(s.Endpoints))]
	name, columns := layEndpoints(rows, width)
	lines := []string{
		draw(width, func(l *line) { drawEndpointGroups(l, ink, name, columns) }),
		draw(width, func(l *line) {
			l.pad(ink.Text, 2)
			l.cell(ink.Heading, "ENDPOINT", name, false)
			for i, c := range columns {
				l.pad(ink.Text, endpointGap(columns, i))
				l.cell(ink.Heading, c.title, c.width, true)
			}
		}),
	}
	for i := range rows {
		selected := first+i == max(min(s.Cursor, len(s.Endpoints)-1), 0)
		lines = append(lines, draw(width, func(l *line) { drawEndpoint(l, p, &rows[i], name, columns, selected) }))
	}
	if left := len(s.Endpoints) - len(rows); left > 0 {
		lines = append(lines, draw(width, func(l *line) { l.put(ink.Dim, "  … "+strconv.Itoa(left)+" more") }))
	}
	return lines
}

// layEndpoints returns the width of the names and the columns that there is
// room for.
func layEndpoints(rows []Endpoint, width int) (name int, columns []*endpointColumn) {
	need := endpointLeast
	for i := range rows {
		need = max(need, safe.Width(safe.Truncate(endpointName(&rows[i]), endpointMost)))
	}
	unknown := slices.ContainsFunc(rows, func(e Endpoint) bool { return e.Unknown > 0 })
	for i := range endpointColumns {
		if endpointColumns[i].title == unknownTitle && !unknown {
			continue
		}
		columns = append(columns, &endpointColumns[i])
	}
	room := max(width-2, 0)
	for len(columns) > 0 && endpointsWidth(columns) > room-endpointLeast {
		least := 0
		for i, c := range columns {
			if c.weight < columns[least].weight {
				least = i
			}
		}
		columns = slices.Delete(columns, least, least+1)
	}
	return max(min(need, room-endpointsWidth(columns)), 0), columns
}

// endpointGap returns how many cells stand before a column: more before the
// first one of a group.
func endpointGap(columns []*endpointColumn, i int) int {
	if i > 0 && columns[i].group != columns[i-1].group {
		return 3
	}
	return 1
}

// endpointsWidth returns the width of columns with the gaps before them.
func endpointsWidth(columns []*endpointColumn) int {
	total := 0
	for i, c := range columns {
		total += endpointGap(columns, i) + c.width
	}
	return total
}

// drawEndpointGroups writes the titles over the columns, each over the first one
// of its group.
func drawEndpointGroups(l *line, ink *theme.Ink, name int, columns []*endpointColumn) {
	l.pad(ink.Text, 2+name)
	before := ""
	for i, c := range columns {
		l.pad(ink.Text, endpointGap(columns, i))
		title := ""
		if c.group != before {
			title, before = c.group, c.group
		}
		l.cell(ink.Heading, title, c.width, true)
	}
}

// drawEndpoint writes the row of one endpoint.
func drawEndpoint(l *line, p *Props, e *Endpoint, name int, columns []*endpointColumn, selected bool) {
	ink := &p.Theme.Plain
	if selected {
		ink = selectedInk(p)
	}
	drawMargin(l, ink, 2, selected, false)
	l.cell(ink.Text, safe.Middle(endpointName(e), name), name, false)
	for i, c := range columns {
		l.pad(ink.Text, endpointGap(columns, i))
		l.cell(c.style(ink, e), c.text(e), c.width, true)
	}
	l.pad(ink.Text, l.room)
}
