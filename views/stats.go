package views

import (
	"strconv"
	"strings"

	"polltop/views/safe"
)

// StatsScrollMost returns the highest Stats.Scroll that still fills the stats
// view on the screen of the props; 0 when it is closed.
func StatsScrollMost(p Props) int {
	if p.Stats == nil {
		return 0
	}
	l := Arrange(p.Width, p.Height, false)
	return max(len(statsLines(&p, statsWidth(l)))-l.statsRows(), 0)
}

// statsWidth returns the width of the stats view's text: a cell of margin on
// both sides and one for the scrollbar.
func statsWidth(l Layout) int { return max(l.Width-3, 1) }

// statsRows returns how many lines of text the stats view has: the first of the
// table's area is its heading, unless there is but one.
func (l Layout) statsRows() int {
	if l.area() < 2 {
		return l.area()
	}
	return l.area() - 1
}

// drawStats returns the lines of the stats view, each of width cells, and where
// the thumb of its scrollbar begins and ends among them.
func drawStats(p *Props, l Layout, width int) (area []string, from, to int) {
	lines, rows := statsLines(p, statsWidth(l)), l.statsRows()
	first := max(min(p.Stats.Scroll, len(lines)-rows), 0)
	if l.area() > rows {
		area = append(area, draw(width, func(l *line) { drawStatsHeading(l, p, first, len(lines)-rows) }))
	}
	from, to = thumb(first, rows, len(lines), rows)
	if to > from {
		from, to = from+len(area), to+len(area)
	}
	for _, text := range lines[first:min(first+rows, len(lines))] {
		area = append(area, draw(width, func(l *line) {
			l.pad(p.Theme.Plain.Text, 1)
			l.styled(p.Theme.Plain.Text, text)
		}))
	}
	return area, from, to
}

// drawStatsHeading writes the heading of the stats view, its keys, and how far
// it is scrolled.
func drawStatsHeading(l *line, p *Props, first, most int) {
	ink := &p.Theme.Plain
	end := ""
	if most > 0 {
		end = strconv.Itoa(first*100/most) + "%"
	}
	l.pad(ink.Text, 1)
	l.put(ink.Heading, "STATISTICS")
	for _, k := range []KeyHelp{{"tab", "next endpoint"}, {"↑↓", "scroll"}, {"esc", "back"}} {
		if l.room < safe.Width(k.Key)+len(k.Help)+len(end)+5 {
			break
		}
		l.pad(ink.Text, 2)
		l.put(ink.Accent, k.Key)
		l.pad(ink.Text, 1)
		l.put(ink.Dim, k.Help)
	}
	l.pad(ink.Text, l.room-len(end)-1)
	l.put(ink.Dim, end)
}

// The heights of the charts, and the width from which on they stand beside each
// other.
const (
	endedHeight  = 6
	failedHeight = 4
	chartsBeside = 110
)

// statsLines returns the text of the stats view as lines of at most width cells:
// the polling, the endpoints, the selected one's run times, and what ended when.
func statsLines(p *Props, width int) []string {
	s, ink := p.Stats, &p.Theme.Plain
	w := paneWriter{width: width, ink: ink, now: p.Now}
	w.lines = append(w.lines, pollingLines(p, width)...)
	w.lines = append(w.lines, "")
	w.lines = append(w.lines, endpointLines(p, width)...)
	if width < chartsBeside {
		w.lines = append(append(w.lines, ""), runTimes(p, width)...)
		w.lines = append(append(w.lines, ""), minutes("Ended a minute", s.Ended, width, endedHeight, ink.Good, p)...)
		w.lines = append(append(w.lines, ""), minutes("Failed a minute", s.Failed, width, failedHeight, ink.Bad, p)...)
		return w.lines
	}
	const gap = 4
	half := (width - gap) / 2
	right := minutes("Ended a minute", s.Ended, half, endedHeight, ink.Good, p)
	right = append(append(right, ""), minutes("Failed a minute", s.Failed, half, failedHeight, ink.Bad, p)...)
	w.lines = append(append(w.lines, ""), sideBySide(runTimes(p, half), right, half, gap)...)
	return w.lines
}

// sideBySide puts lines of at most width cells to the left of others.
func sideBySide(left, right []string, width, gap int) []string {
	lines := make([]string, max(len(left), len(right)))
	for i := range lines {
		before := ""
		if i < len(left) {
			before = left[i]
		}
		lines[i] = draw(width+gap, func(l *line) { l.styled(plain, before) })
		if i < len(right) {
			lines[i] += right[i]
		}
	}
	return lines
}

// pollingLines returns what the polling cost and what became of it.
func pollingLines(p *Props, width int) []string {
	s, ink := p.Stats, &p.Theme.Plain
	facts := []struct {
		label, value string
		style        string
	}{
		{"polls", grouped(s.Polls), ink.Strong},
		{"answers", grouped(s.Answers), ink.Text},
		{"requests", grouped(s.Requests), ink.Text},
		{"429s", grouped(s.RateLimited), warnFrom(p, s.RateLimited)},
		{"network errors", grouped(s.Faults), warnFrom(p, s.Faults)},
		{"rate in force", fraction(s.Rate) + " requests/s", ink.Text},
		{"cost", safe.Line(s.Cost), ink.Strong},
	}
	var pieces []string
	var widths []int
	for _, f := range facts {
		if f.label == "requests" && s.Requests == 0 || f.value == "" {
			continue
		}
		value := safe.Truncate(f.value, max(width-len(f.label)-1, 0))
		pieces = append(pieces, ink.Dim+f.label+" "+f.style+value)
		widths = append(widths, len(f.label)+1+safe.Width(value))
	}
	return flow(pieces, widths, width, 3)
}

// warnFrom returns the style of a count of which any is too many.
func warnFrom(p *Props, n uint64) string {
	if n > 0 {
		return p.Theme.Plain.Warn
	}
	return p.Theme.Plain.Text
}

// flow puts pieces on lines of at most width cells, gap cells apart.
func flow(pieces []string, widths []int, width, gap int) []string {
	var lines []string
	used := 0
	for i, text := range pieces {
		if used > 0 && used+gap+widths[i] <= width {
			lines[len(lines)-1] += strings.Repeat(" ", gap) + text
			used += gap + widths[i]
			continue
		}
		lines, used = append(lines, text), widths[i]
	}
	return lines
}

// selectedEndpoint returns the endpoint whose run times are shown, nil for none.
func (s *Stats) selectedEndpoint() *Endpoint {
	if len(s.Endpoints) == 0 {
		return nil
	}
	return &s.Endpoints[max(min(s.Cursor, len(s.Endpoints)-1), 0)]
}

// runTimes returns the histogram of the selected endpoint's run times.
func runTimes(p *Props, width int) []string {
	ink, e := &p.Theme.Plain, p.Stats.selectedEndpoint()
	if e == nil {
		return nil
	}
	w := paneWriter{width: width, ink: ink}
	w.text(ink.Heading, safe.Truncate("Run times of "+endpointName(e), width))
	if len(e.Histogram) == 0 {
		w.text(ink.Dim, "No task of it was seen running and ending yet.")
		return w.lines
	}
	return append(w.lines, histogram(e.Histogram, width, ink)...)
}

// minutes returns a chart of the past minutes with its heading.
func minutes(title string, values []float64, width, height int, style string, p *Props) []string {
	ink := &p.Theme.Plain
	w := paneWriter{width: width, ink: ink}
	w.text(ink.Heading, title)
	if len(values) == 0 {
		w.text(ink.Dim, "Nothing yet.")
		return w.lines
	}
	return append(w.lines, minutesChart(values, width, height, style, ink)...)
}
