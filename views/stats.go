package views

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"polltop/views/safe"
	"polltop/views/theme"
)

// StatsRows returns how many lines of text the stats view has: the first of the
// table's area is its heading, unless there is but one.
func (l Layout) StatsRows() int { return max(l.area()-1, min(l.area(), 1)) }

// statsWidth is the width of the view's text: a cell is left on both sides, and one for the scrollbar.
func statsWidth(l Layout) int { return max(l.Width-3, 1) }

// DrawStats returns the stats view in the table's area: the lines that StatsLines
// returned, from first on.
func DrawStats(f Frame, lines []string, first int) string {
	ink, rows := &f.Theme.Plain, f.Layout.StatsRows()
	a := f.newArea(first, rows, len(lines), f.Layout.area()-rows)
	if f.Layout.area() > rows {
		a.add(func(l *line) {
			end := ""
			if most := len(lines) - rows; most > 0 {
				end = strconv.Itoa(first*100/most) + "%"
			}
			l.between(ink.Text, []piece{{style: ink.Dim, text: end}}, 1, func() { l.put(ink.Heading, "STATISTICS") })
		})
	}
	for _, text := range lines[min(first, len(lines)):min(first+rows, len(lines))] {
		a.add(func(l *line) {
			l.pad(ink.Text, 1)
			l.styled(ink.Text, text)
		})
	}
	return a.text()
}

// The heights of the charts, and the width from which on they stand beside each other.
const (
	endedHeight  = 6
	failedHeight = 4
	chartsBeside = 110
)

// StatsLines returns the text of the stats view as lines for the frame's layout: the
// polling, the endpoints, the selected one's run times, and what ended when.
func StatsLines(f Frame, s *Stats) []string {
	const gap = 4
	ink, width := &f.Theme.Plain, statsWidth(f.Layout)
	chartWidth := width
	if width >= chartsBeside {
		chartWidth = (width - gap) / 2
	}
	var times []string
	if len(s.Endpoints) > 0 {
		e := s.Endpoints[s.selected()]
		bars := histogram(e.Histogram, chartWidth, ink)
		times = titled(f, "Run times of "+endpointName(e), chartWidth, bars, "No task of it was seen running and ending yet.")
	}
	ended := titled(f, "Ended a minute", chartWidth, minutesChart(s.Ended, chartWidth, endedHeight, ink.Good, ink), "Nothing yet.")
	failed := titled(f, "Failed a minute", chartWidth, minutesChart(s.Failed, chartWidth, failedHeight, ink.Bad, ink), "Nothing yet.")
	empty := []string{""}
	charts := slices.Concat(times, empty, ended, empty, failed)
	if width >= chartsBeside {
		left := lipgloss.NewStyle().Width(chartWidth + gap).Render(strings.Join(times, "\n"))
		charts = strings.Split(lipgloss.JoinHorizontal(lipgloss.Top, left, strings.Join(slices.Concat(ended, empty, failed), "\n")), "\n")
	}
	return slices.Concat(pollingLines(f, s, width), empty, endpointLines(f, s, width), empty, charts)
}

// pollingLines returns what the polling cost and what became of it.
func pollingLines(f Frame, s *Stats, width int) []string {
	ink, p := &f.Theme.Plain, s.Polling
	facts := []struct {
		label, value string
		style        string
	}{
		{"polls", grouped(p.Polls), ink.Strong},
		{"answers", grouped(p.Answers), ink.Text},
		{"requests", grouped(p.Requests), ink.Text},
		{"429s", grouped(p.RateLimited), warnFrom(ink, p.RateLimited)},
		{"failed polls", grouped(p.Faults), warnFrom(ink, p.Faults)},
		{"rate in force", fraction(s.Rate) + " requests/s", ink.Text},
		{"cost", safe.Line(s.Cost), ink.Strong},
	}
	const gap = 3
	var lines []string
	for _, f := range facts {
		if f.label == "requests" && p.Requests == 0 || f.value == "" {
			continue
		}
		text := ink.Dim + f.label + " " + f.style + safe.Truncate(f.value, max(width-len(f.label)-1, 0))
		last := len(lines) - 1
		if last < 0 || safe.Width(lines[last])+gap+safe.Width(text) > width {
			lines = append(lines, text)
		} else {
			lines[last] += strings.Repeat(" ", gap) + text
		}
	}
	return lines
}

// warnFrom returns the style of a count of which any is too many.
func warnFrom(ink *theme.Styles, n uint64) string {
	if n > 0 {
		return ink.Warn
	}
	return ink.Text
}

// selected returns the index of the endpoint whose run times are shown.
func (s *Stats) selected() int { return max(min(s.Cursor, len(s.Endpoints)-1), 0) }

// titled returns the lines of a chart below its title, or what is said where it has none.
func titled(f Frame, title string, width int, chart []string, none string) []string {
	w := newPaneWriter(f, width)
	w.text(w.ink.Heading, safe.Truncate(title, width))
	if len(chart) == 0 {
		w.text(w.ink.Dim, none)
	}
	return append(w.Lines, chart...)
}

// unknownTitle is the title of the column that counts the tasks of which it can't be
// known how they ended. It is there only where there are such.
const unknownTitle = "UNKN."

func endpointColumns() []column[EndpointStats] {
	number := func(group, title string, weight int, cell func(ink *theme.Styles, e EndpointStats, width int) []piece) column[EndpointStats] {
		return column[EndpointStats]{group: group, title: title, right: true, least: 6, weight: weight, cell: cell}
	}
	failed := func(text func(e EndpointStats) string) func(ink *theme.Styles, e EndpointStats, width int) []piece {
		return func(ink *theme.Styles, e EndpointStats, _ int) []piece {
			style := ink.Dim
			if e.Failed > 0 {
				style = ink.Bad
			}
			return []piece{{style: style, text: text(e)}}
		}
	}
	// The titles over the times are as wide as one column of them at most, as the others may
	// be left out.
	return []column[EndpointStats]{
		{title: "ENDPOINT", least: 12, most: 44, weight: 16, fixed: true, cell: inText(endpointName), shorten: safe.TruncateMiddle},
		number("", "LIVE", 6, inText(func(e EndpointStats) string { return compact(e.Live) })),
		number("", "DONE", 9, inText(func(e EndpointStats) string { return compact(e.Succeeded) })),
		number("", "FAILED", 13, failed(func(e EndpointStats) string { return compact(e.Failed) })),
		{title: "FAIL", right: true, least: 5, weight: 15, cell: failed(failShare)},
		number("", "CANC.", 1, inDim(func(e EndpointStats) string { return compact(e.Canceled) })),
		number("", unknownTitle, 10, inDim(func(e EndpointStats) string { return compact(e.Unknown) })),
		number("QUEUED", "P50", 8, inDim(func(e EndpointStats) string { return observed(e.Queue.P50) })),
		number("QUEUED", "P95", 5, inDim(func(e EndpointStats) string { return observed(e.Queue.P95) })),
		number("QUEUED", "MAX", 3, inDim(func(e EndpointStats) string { return observed(e.Queue.Max) })),
		number("RUN", "P50", 14, inText(func(e EndpointStats) string { return observed(e.Run.P50) })),
		number("RUN", "P95", 12, inText(func(e EndpointStats) string { return observed(e.Run.P95) })),
		number("RUN", "MAX", 7, inText(func(e EndpointStats) string { return observed(e.Run.Max) })),
		number("MODEL", "P50", 11, inDim(func(e EndpointStats) string { return observed(e.Inference.P50) })),
		number("MODEL", "P95", 4, inDim(func(e EndpointStats) string { return observed(e.Inference.P95) })),
		number("", "POLLS", 2, inDim(func(e EndpointStats) string { return compact(int(min(e.Polls, 1<<62))) })),
	}
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
func failShare(e EndpointStats) string {
	ended := e.Succeeded + e.Failed
	if ended <= 0 {
		return "–"
	}
	return percent(float64(e.Failed) / float64(ended))
}

func endpointName(e EndpointStats) string { return cmp.Or(safe.Line(e.Name), "(no endpoint told)") }

// endpointsMost bounds how many endpoints are drawn at once: those around the selected one.
const endpointsMost = 16

// endpointLines returns the table of the endpoints as lines of at most width cells.
func endpointLines(f Frame, s *Stats, width int) []string {
	ink := &f.Theme.Plain
	first := s.firstEndpoint()
	rows := s.Endpoints[first:min(first+endpointsMost, len(s.Endpoints))]
	unknown := slices.ContainsFunc(rows, func(e EndpointStats) bool { return e.Unknown > 0 })
	columns := slices.DeleteFunc(endpointColumns(), func(c column[EndpointStats]) bool { return c.title == unknownTitle && !unknown })
	g := newGrid(columns, width, 2, rows)
	lines := []string{
		draw(width, func(l *line) { g.drawGroups(l, ink) }),
		draw(width, func(l *line) { g.drawTitles(l, ink, ColumnAdded, false) }),
	}
	for i, e := range rows {
		lines = append(lines, draw(width, func(l *line) { g.drawRow(l, f, e, first+i == s.selected(), false) }))
	}
	if left := len(s.Endpoints) - len(rows); left > 0 {
		lines = append(lines, draw(width, func(l *line) { l.put(ink.Dim, "  … "+strconv.Itoa(left)+" more") }))
	}
	return lines
}

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
