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

// StatsRows returns how many lines of text the stats view shows below its heading, which an
// area of a single line does not have.
func (l Layout) StatsRows() int { return max(l.area()-1, min(l.area(), 1)) }

// statsWidth is the width of the view's text: a cell is left on both sides, and one for the scrollbar.
func statsWidth(l Layout) int { return max(l.Width-3, 1) }

// DrawStats draws the lines of StatsLines, from first on, in the table's area.
func DrawStats(f Frame, lines []string, first int) string {
	styles, rows := &f.Theme.Plain, f.Layout.StatsRows()
	a := f.newArea(first, rows, len(lines), f.Layout.area()-rows)
	if f.Layout.area() > rows {
		a.add(func(l *line) {
			scrolled := ""
			if hidden := len(lines) - rows; hidden > 0 {
				scrolled = strconv.Itoa(first*100/hidden) + "%"
			}
			l.justify(styles.Text, []piece{{style: styles.Dim, text: scrolled}}, 1, func() { l.put(styles.Heading, "STATISTICS") })
		})
	}
	for _, text := range lines[min(first, len(lines)):min(first+rows, len(lines))] {
		a.add(func(l *line) {
			l.pad(styles.Text, 1)
			l.styled(styles.Text, text)
		})
	}
	return a.text()
}

const (
	endedHeight     = 6   // of the chart of ended tasks, in lines
	failedHeight    = 4   // of the chart of failed tasks, in lines
	minBesideCharts = 110 // the width from which on charts stand beside each other, in cells
)

// StatsLines returns the text of the stats view for the frame's layout: the polling, the
// endpoints, the run times of the selected one, and how many tasks ended in each minute.
func StatsLines(f Frame, s *Stats) []string {
	const gap = 4
	styles, width := &f.Theme.Plain, statsWidth(f.Layout)
	chartWidth := width
	if width >= minBesideCharts {
		chartWidth = (width - gap) / 2
	}
	var times []string
	if len(s.Endpoints) > 0 {
		e := s.Endpoints[s.selected()]
		bars := histogram(e.Histogram, chartWidth, styles)
		times = chartSection(f, "Run times of "+endpointName(e), chartWidth, bars, "No task of it was seen running and ending yet.")
	}
	ended := chartSection(f, "Ended a minute", chartWidth, minutesChart(s.Ended, chartWidth, endedHeight, styles.Good, styles), "Nothing yet.")
	failed := chartSection(f, "Failed a minute", chartWidth, minutesChart(s.Failed, chartWidth, failedHeight, styles.Bad, styles), "Nothing yet.")
	empty := []string{""}
	charts := slices.Concat(times, empty, ended, empty, failed)
	if width >= minBesideCharts {
		left := lipgloss.NewStyle().Width(chartWidth + gap).Render(strings.Join(times, "\n"))
		charts = strings.Split(lipgloss.JoinHorizontal(lipgloss.Top, left, strings.Join(slices.Concat(ended, empty, failed), "\n")), "\n")
	}
	return slices.Concat(pollingLines(f, s, width), empty, endpointLines(f, s, width), empty, charts)
}

// pollingLines returns the counts of requests and answers.
func pollingLines(f Frame, s *Stats, width int) []string {
	styles, p := &f.Theme.Plain, s.Polling
	facts := []struct {
		label, value string
		style        string
	}{
		{"polls", withCommas(p.Polls), styles.Strong},
		{"answers", withCommas(p.Answers), styles.Text},
		{"requests", withCommas(p.Requests), styles.Text},
		{"429s", withCommas(p.RateLimited), warnIfAny(styles, p.RateLimited)},
		{"failed polls", withCommas(p.Faults), warnIfAny(styles, p.Faults)},
		{"rate in force", oneDecimal(s.Rate) + " requests/s", styles.Text},
		{"cost", safe.Line(s.Cost), styles.Strong},
	}
	const gap = 3
	var lines []string
	for _, f := range facts {
		if f.label == "requests" && p.Requests == 0 || f.value == "" {
			continue
		}
		text := styles.Dim + f.label + " " + f.style + safe.Truncate(f.value, max(width-len(f.label)-1, 0))
		last := len(lines) - 1
		if last < 0 || safe.Width(lines[last])+gap+safe.Width(text) > width {
			lines = append(lines, text)
		} else {
			lines[last] += strings.Repeat(" ", gap) + text
		}
	}
	return lines
}

// warnIfAny returns the style of a count that should be 0.
func warnIfAny(styles *theme.Styles, n uint64) string {
	if n > 0 {
		return styles.Warn
	}
	return styles.Text
}

// selected returns the index of the endpoint whose run times are shown.
func (s *Stats) selected() int { return max(min(s.Cursor, len(s.Endpoints)-1), 0) }

// chartSection returns a title and the lines of a chart, or the text empty if it has none.
func chartSection(f Frame, title string, width int, chart []string, empty string) []string {
	w := newPaneWriter(f, width)
	w.text(w.styles.Heading, safe.Truncate(title, width))
	if len(chart) == 0 {
		w.text(w.styles.Dim, empty)
	}
	return append(w.Lines, chart...)
}

// unknownTitle is the title of the column that counts tasks whose outcome can't be known. The
// column is left out where all counts are 0.
const unknownTitle = "UNKN."

func endpointColumns() []column[EndpointStats] {
	number := func(group, title string, priority int, draw func(c *cell, e EndpointStats)) column[EndpointStats] {
		return column[EndpointStats]{groupTitle: group, title: title, alignRight: true, minWidth: 6, priority: priority, draw: draw}
	}
	failed := func(text func(e EndpointStats) string) func(c *cell, e EndpointStats) {
		return func(c *cell, e EndpointStats) {
			style := c.styles.Dim
			if e.Failed > 0 {
				style = c.styles.Bad
			}
			c.put(style, text(e))
		}
	}
	// A group's title fits over one column, as the others of its group may be left out.
	return []column[EndpointStats]{
		{title: "ENDPOINT", minWidth: 12, maxWidth: 44, priority: 16, required: true, draw: textCell(endpointName), shorten: safe.TruncateMiddle},
		number("", "LIVE", 6, textCell(func(e EndpointStats) string { return compactCount(e.Live) })),
		number("", "DONE", 9, textCell(func(e EndpointStats) string { return compactCount(e.Succeeded) })),
		number("", "FAILED", 13, failed(func(e EndpointStats) string { return compactCount(e.Failed) })),
		{title: "FAIL", alignRight: true, minWidth: 5, priority: 15, draw: failed(failShare)},
		number("", "CANC.", 1, dimCell(func(e EndpointStats) string { return compactCount(e.Canceled) })),
		number("", unknownTitle, 10, dimCell(func(e EndpointStats) string { return compactCount(e.Unknown) })),
		number("QUEUED", "P50", 8, dimCell(func(e EndpointStats) string { return durationOrDash(e.Queue.P50) })),
		number("QUEUED", "P95", 5, dimCell(func(e EndpointStats) string { return durationOrDash(e.Queue.P95) })),
		number("QUEUED", "MAX", 3, dimCell(func(e EndpointStats) string { return durationOrDash(e.Queue.Max) })),
		number("RUN", "P50", 14, textCell(func(e EndpointStats) string { return durationOrDash(e.Run.P50) })),
		number("RUN", "P95", 12, textCell(func(e EndpointStats) string { return durationOrDash(e.Run.P95) })),
		number("RUN", "MAX", 7, textCell(func(e EndpointStats) string { return durationOrDash(e.Run.Max) })),
		number("MODEL", "P50", 11, dimCell(func(e EndpointStats) string { return durationOrDash(e.Inference.P50) })),
		number("MODEL", "P95", 4, dimCell(func(e EndpointStats) string { return durationOrDash(e.Inference.P95) })),
		number("", "POLLS", 2, dimCell(func(e EndpointStats) string { return compactCount(int(min(e.Polls, 1<<62))) })),
	}
}

// durationOrDash returns a duration, or a dash for 0.
func durationOrDash(d time.Duration) string {
	switch {
	case d <= 0:
		return "–"
	case d < 10*time.Second:
		return oneDecimal(d.Seconds()) + "s"
	}
	return Duration(d)
}

// failShare returns the share of failures among the tasks that succeeded or failed, or a dash
// for no such tasks.
func failShare(e EndpointStats) string {
	ended := e.Succeeded + e.Failed
	if ended <= 0 {
		return "–"
	}
	return percent(float64(e.Failed) / float64(ended))
}

func endpointName(e EndpointStats) string { return cmp.Or(safe.Line(e.Name), "(no endpoint told)") }

// maxEndpoints bounds how many endpoints around the selected one are drawn.
const maxEndpoints = 16

// endpointLines returns the table of the endpoints as lines of at most width cells.
func endpointLines(f Frame, s *Stats, width int) []string {
	styles := &f.Theme.Plain
	first := s.firstEndpoint()
	rows := s.Endpoints[first:min(first+maxEndpoints, len(s.Endpoints))]
	unknown := slices.ContainsFunc(rows, func(e EndpointStats) bool { return e.Unknown > 0 })
	columns := slices.DeleteFunc(endpointColumns(), func(c column[EndpointStats]) bool { return c.title == unknownTitle && !unknown })
	g := newGrid(columns, width, 2, rows)
	lines := []string{
		drawLine(width, func(l *line) { g.drawGroupTitles(l, styles) }),
		drawLine(width, func(l *line) { g.drawTitles(l, styles, ColumnAdded, false) }),
	}
	for i, e := range rows {
		lines = append(lines, drawLine(width, func(l *line) { g.drawRow(l, f, e, first+i == s.selected(), false) }))
	}
	if left := len(s.Endpoints) - len(rows); left > 0 {
		lines = append(lines, drawLine(width, func(l *line) { l.put(styles.Dim, "  … "+strconv.Itoa(left)+" more") }))
	}
	return lines
}

func (s *Stats) firstEndpoint() int {
	return max(min(s.Cursor-maxEndpoints/2, len(s.Endpoints)-maxEndpoints), 0)
}

// EndpointAt returns the index of the endpoint on a line of StatsLines; -1 for none.
func (s *Stats) EndpointAt(f Frame, line int) int {
	// Above the rows are the polling, an empty line and two lines of titles.
	row := line - len(pollingLines(f, s, statsWidth(f.Layout))) - 3
	if at := s.firstEndpoint() + row; row >= 0 && row < maxEndpoints && at < len(s.Endpoints) {
		return at
	}
	return -1
}
