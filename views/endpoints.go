package views

import (
	"slices"
	"strconv"
	"time"

	"polltop/views/safe"
	"polltop/views/theme"
)

// unknownTitle is the title of the column that counts the tasks of which it can't be
// known how they ended. It is there only where there are such.
const unknownTitle = "UNKN."

// endpointColumns returns the columns of the stats view's table.
func endpointColumns() []column[Endpoint] {
	count := func(title string, weight int, style func(*theme.Ink, Endpoint) string, of func(e Endpoint) int) column[Endpoint] {
		text := func(e Endpoint, _ int) string { return compact(of(e)) }
		return column[Endpoint]{title: title, right: true, least: 6, weight: weight, style: style, text: text}
	}
	columns := []column[Endpoint]{
		{
			title: "ENDPOINT", least: 12, most: 44, weight: 16, fixed: true, middle: true, style: endpointText,
			text: func(e Endpoint, _ int) string { return endpointName(e) },
		},
		count("LIVE", 6, endpointText, func(e Endpoint) int { return e.Live }),
		count("DONE", 9, endpointText, func(e Endpoint) int { return e.Succeeded }),
		count("FAILED", 13, endpointFailed, func(e Endpoint) int { return e.Failed }),
		{title: "FAIL", right: true, least: 5, weight: 15, style: endpointFailed, text: func(e Endpoint, _ int) string { return failShare(&e) }},
		count("CANC.", 1, endpointDim, func(e Endpoint) int { return e.Canceled }),
		count(unknownTitle, 10, endpointDim, func(e Endpoint) int { return e.Unknown }),
	}
	// The titles over the times are as wide as one column of them at most, as the others may
	// be left out.
	span := func(group, title string, weight int, style func(*theme.Ink, Endpoint) string, of func(e Endpoint) time.Duration) {
		columns = append(columns, column[Endpoint]{
			group: group, title: title, right: true, least: 6, weight: weight, style: style,
			text: func(e Endpoint, _ int) string { return observed(of(e)) },
		})
	}
	span("QUEUED", "P50", 8, endpointDim, func(e Endpoint) time.Duration { return e.Queue.P50 })
	span("QUEUED", "P95", 5, endpointDim, func(e Endpoint) time.Duration { return e.Queue.P95 })
	span("QUEUED", "MAX", 3, endpointDim, func(e Endpoint) time.Duration { return e.Queue.Max })
	span("RUN", "P50", 14, endpointText, func(e Endpoint) time.Duration { return e.Run.P50 })
	span("RUN", "P95", 12, endpointText, func(e Endpoint) time.Duration { return e.Run.P95 })
	span("RUN", "MAX", 7, endpointText, func(e Endpoint) time.Duration { return e.Run.Max })
	span("MODEL", "P50", 11, endpointDim, func(e Endpoint) time.Duration { return e.Inference.P50 })
	span("MODEL", "P95", 4, endpointDim, func(e Endpoint) time.Duration { return e.Inference.P95 })
	return append(columns, count("POLLS", 2, endpointDim, func(e Endpoint) int { return int(min(e.Polls, 1<<62)) }))
}

func endpointText(ink *theme.Ink, _ Endpoint) string { return ink.Text }
func endpointDim(ink *theme.Ink, _ Endpoint) string  { return ink.Dim }

func endpointFailed(ink *theme.Ink, e Endpoint) string {
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

func endpointName(e Endpoint) string {
	if name := safe.Line(e.Name); name != "" {
		return name
	}
	return "(no endpoint told)"
}

// endpointsMost bounds how many endpoints are drawn at once: those around the
// selected one.
const endpointsMost = 16

// endpointLines returns the table of the endpoints as lines of at most width
// cells.
func endpointLines(f Frame, s *Stats, width int) []string {
	ink := &f.Theme.Plain
	first := s.firstEndpoint()
	rows := s.Endpoints[first:min(first+endpointsMost, len(s.Endpoints))]
	unknown := slices.ContainsFunc(rows, func(e Endpoint) bool { return e.Unknown > 0 })
	columns := slices.DeleteFunc(endpointColumns(), func(c column[Endpoint]) bool { return c.title == unknownTitle && !unknown })
	g := newGrid(columns, width, 2, rows)
	lines := []string{
		draw(width, func(l *line) { g.drawGroups(l, ink) }),
		draw(width, func(l *line) { g.drawTitles(l, ink, ColumnAdded, false) }),
	}
	for i, e := range rows {
		selected := first+i == s.selected()
		lines = append(lines, draw(width, func(l *line) { g.drawRow(l, f.rowInk(selected), e, selected, false) }))
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
