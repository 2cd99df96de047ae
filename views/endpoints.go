package views

import (
	"slices"
	"strconv"
	"time"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

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

// endpointColumns returns the columns of the stats view's table.
func endpointColumns() []column[*Endpoint] {
	count := func(title string, weight int, of func(e *Endpoint) int, style func(*theme.Ink, *Endpoint) string) column[*Endpoint] {
		return column[*Endpoint]{title: title, right: true, least: 6, weight: weight, style: style,
			text: func(e *Endpoint, _ poller.Stamp, _ int) string { return compact(of(e)) }}
	}
	span := func(group, title string, weight int, of func(e *Endpoint) time.Duration, style func(*theme.Ink, *Endpoint) string) column[*Endpoint] {
		return column[*Endpoint]{group: group, title: title, right: true, least: 6, weight: weight, style: style,
			text: func(e *Endpoint, _ poller.Stamp, _ int) string { return observed(of(e)) }}
	}
	return []column[*Endpoint]{
		{
			title: "ENDPOINT", least: endpointLeast, most: endpointMost, weight: 16, fixed: true, middle: true, style: endpointText,
			text: func(e *Endpoint, _ poller.Stamp, _ int) string { return endpointName(e) },
		},
		count("LIVE", 6, func(e *Endpoint) int { return e.Live }, endpointText),
		count("DONE", 9, func(e *Endpoint) int { return e.Succeeded }, endpointText),
		count("FAILED", 13, func(e *Endpoint) int { return e.Failed }, endpointFailed),
		{
			title: "FAIL", right: true, least: 5, weight: 15, style: endpointFailed,
			text: func(e *Endpoint, _ poller.Stamp, _ int) string { return failShare(e) },
		},
		count("CANC.", 1, func(e *Endpoint) int { return e.Canceled }, endpointDim),
		count(unknownTitle, 10, func(e *Endpoint) int { return e.Unknown }, endpointDim),
		span(overQueue, "P50", 8, func(e *Endpoint) time.Duration { return e.Queue.P50 }, endpointDim),
		span(overQueue, "P95", 5, func(e *Endpoint) time.Duration { return e.Queue.P95 }, endpointDim),
		span(overQueue, "MAX", 3, func(e *Endpoint) time.Duration { return e.Queue.Max }, endpointDim),
		span(overRun, "P50", 14, func(e *Endpoint) time.Duration { return e.Run.P50 }, endpointText),
		span(overRun, "P95", 12, func(e *Endpoint) time.Duration { return e.Run.P95 }, endpointText),
		span(overRun, "MAX", 7, func(e *Endpoint) time.Duration { return e.Run.Max }, endpointText),
		span(overModel, "P50", 11, func(e *Endpoint) time.Duration { return e.Inference.P50 }, endpointDim),
		span(overModel, "P95", 4, func(e *Endpoint) time.Duration { return e.Inference.P95 }, endpointDim),
		count("POLLS", 2, func(e *Endpoint) int { return int(min(e.Polls, 1<<62)) }, endpointDim),
	}
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
func endpointLines(f Frame, s *Stats, width int) []string {
	ink := &f.Theme.Plain
	cursor := max(min(s.Cursor, len(s.Endpoints)-1), 0)
	first := s.firstEndpoint()
	var rows []*Endpoint
	unknown := false
	for i := range s.Endpoints[first:min(first+endpointsMost, len(s.Endpoints))] {
		rows = append(rows, &s.Endpoints[first+i])
		unknown = unknown || s.Endpoints[first+i].Unknown > 0
	}
	columns := slices.DeleteFunc(endpointColumns(), func(c column[*Endpoint]) bool { return c.title == unknownTitle && !unknown })
	g := newGrid(columns, width, 2, false, rows, f.Now)
	lines := []string{
		draw(width, func(l *line) { g.drawGroups(l, ink) }),
		draw(width, func(l *line) { g.drawTitles(l, ink, ColumnAdded, false) }),
	}
	for i, e := range rows {
		lines = append(lines, draw(width, func(l *line) {
			ink := ink
			if first+i == cursor {
				ink = f.selectedInk()
			}
			g.drawRow(l, ink, e, first+i == cursor, false)
		}))
	}
	if left := len(s.Endpoints) - len(rows); left > 0 {
		lines = append(lines, draw(width, func(l *line) { l.put(ink.Dim, "  … "+strconv.Itoa(left)+" more") }))
	}
	return lines
}

// firstEndpoint returns the first endpoint that has a row.
func (s *Stats) firstEndpoint() int {
	return max(min(s.Cursor-endpointsMost/2, len(s.Endpoints)-endpointsMost), 0)
}

// EndpointAt returns which endpoint a line of StatsLines is about; -1 for none.
func (s *Stats) EndpointAt(f Frame, line int) int {
	// Above the rows are the polling, an empty line and two lines of titles.
	row := line - len(pollingLines(f, s, statsWidth(f.Layout))) - 3
	if at := s.firstEndpoint() + row; row >= 0 && row < endpointsMost && at < len(s.Endpoints) {
		return at
	}
	return -1
}
