package views

import (
	"strconv"
	"strings"

	"charm.land/lipgloss/v2"

	"polltop/views/safe"
	"polltop/views/theme"
)

// StatsRows returns how many lines of text the stats view has: the first of the
// table's area is its heading, unless there is but one.
func (l Layout) StatsRows() int {
	if l.area() < 2 {
		return l.area()
	}
	return l.area() - 1
}

// statsWidth returns the width of the stats view's text: a cell of margin on
// both sides and one for the scrollbar.
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
			l.pad(ink.Text, 1)
			l.put(ink.Heading, "STATISTICS")
			l.pad(ink.Text, l.room-len(end)-1)
			l.put(ink.Dim, end)
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

// The heights of the charts, and the width from which on they stand beside each
// other.
const (
	endedHeight  = 6
	failedHeight = 4
	chartsBeside = 110
)

// StatsLines returns the text of the stats view as lines for the frame's layout: the
// polling, the endpoints, the selected one's run times, and what ended when.
func StatsLines(f Frame, s *Stats) []string {
	ink, width := &f.Theme.Plain, statsWidth(f.Layout)
	lines := append(pollingLines(f, s, width), "")
	lines = append(append(lines, endpointLines(f, s, width)...), "")
	if width < chartsBeside {
		lines = append(append(lines, runTimes(f, s, width)...), "")
		lines = append(append(lines, minutes(f, "Ended a minute", s.Ended, width, endedHeight, ink.Good)...), "")
		return append(lines, minutes(f, "Failed a minute", s.Failed, width, failedHeight, ink.Bad)...)
	}
	const gap = 4
	half := (width - gap) / 2
	right := append(minutes(f, "Ended a minute", s.Ended, half, endedHeight, ink.Good), "")
	right = append(right, minutes(f, "Failed a minute", s.Failed, half, failedHeight, ink.Bad)...)
	left := lipgloss.NewStyle().Width(half + gap).Render(strings.Join(runTimes(f, s, half), "\n"))
	return append(lines, strings.Split(lipgloss.JoinHorizontal(lipgloss.Top, left, strings.Join(right, "\n")), "\n")...)
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
		{"network errors", grouped(p.Faults), warnFrom(ink, p.Faults)},
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
func warnFrom(ink *theme.Ink, n uint64) string {
	if n > 0 {
		return ink.Warn
	}
	return ink.Text
}

// selected returns the index of the endpoint whose run times are shown.
func (s *Stats) selected() int { return max(min(s.Cursor, len(s.Endpoints)-1), 0) }

// runTimes returns the histogram of the selected endpoint's run times.
func runTimes(f Frame, s *Stats, width int) []string {
	if len(s.Endpoints) == 0 {
		return nil
	}
	ink, e, w := &f.Theme.Plain, s.Endpoints[s.selected()], newPaneWriter(f, width)
	w.text(ink.Heading, safe.Truncate("Run times of "+endpointName(e), width))
	if len(e.Histogram) == 0 {
		w.text(ink.Dim, "No task of it was seen running and ending yet.")
		return w.Lines
	}
	return append(w.Lines, histogram(e.Histogram, width, ink)...)
}

// minutes returns a chart of the past minutes with its heading.
func minutes(f Frame, title string, values []float64, width, height int, style string) []string {
	w := newPaneWriter(f, width)
	w.text(w.ink.Heading, title)
	if len(values) == 0 {
		w.text(w.ink.Dim, "Nothing yet.")
		return w.Lines
	}
	return append(w.Lines, minutesChart(values, width, height, style, w.ink)...)
}
