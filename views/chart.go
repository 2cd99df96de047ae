package views

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"polltop/views/safe"
	"polltop/views/theme"
)

// eighths are the blocks that fill none to eight eighths of a cell: lowerEighths from
// below, leftEighths from the left.
var (
	lowerEighths = [9]string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}
	leftEighths  = [9]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"}
)

// block returns the block that fills a share of a cell: none for less than half an eighth.
func block(eighths *[9]string, share float64) string {
	return eighths[int(math.Round(min(max(share, 0), 1)*8))]
}

// histogram returns the lines of a histogram of run times in at most width
// cells: a line for each bin, with its limits, a bar and its count.
func histogram(bins []Bin, width int, ink *theme.Styles) []string {
	highest, label, count := 0, 0, 0
	for _, b := range bins {
		highest = max(highest, b.Count)
		label = max(label, safe.Width(binLabel(b)))
		count = max(count, len(strconv.Itoa(b.Count)))
	}
	room := min(width-label-count-3, 80)
	lines := make([]string, 0, len(bins))
	for _, b := range bins {
		lines = append(lines, draw(width, func(l *line) {
			l.cell(ink.Dim, binLabel(b), label, true)
			l.pad(ink.Text, 2)
			if room > 0 && highest > 0 {
				l.put(ink.Accent, bar(float64(b.Count)/float64(highest), room))
				l.pad(ink.Text, 1)
			}
			l.put(ink.Text, strconv.Itoa(b.Count))
		}))
	}
	return lines
}

// binLabel returns the limits of a bin: with fractions of seconds where whole
// ones would make both the same.
func binLabel(b Bin) string {
	from, to := Duration(b.From), Duration(b.To)
	if from == to || b.To.Seconds() < 10 {
		from, to = fraction(b.From.Seconds())+"s", fraction(b.To.Seconds())+"s"
	}
	return from + " – " + to
}

// bar returns a bar over a share of width cells, to an eighth of a cell. What is
// not nothing is seen.
func bar(share float64, width int) string {
	if !(share > 0) { // NaN too
		return ""
	}
	cells := min(share, 1) * float64(width)
	whole := int(cells)
	text := strings.Repeat("█", whole) + block(&leftEighths, cells-float64(whole))
	return cmp.Or(text, leftEighths[1])
}

// axisWidth is the width of the numbers beside a chart, with the axis.
const axisWidth = 7

// minutesChart returns the lines of a chart of what happened in each of the past minutes, the
// oldest at the left: height lines and the axis below them, all of them width cells wide. Without
// any it returns none.
func minutesChart(values []float64, width, height int, style string, ink *theme.Styles) []string {
	if len(values) == 0 {
		return nil
	}
	room := max(width-axisWidth, 1)
	values = values[max(len(values)-room, 0):]
	each := max(min(room/len(values), 3), 1)
	highest := 0.0
	for _, v := range values {
		if v > highest && !math.IsInf(v, 1) {
			highest = v
		}
	}
	lines := make([]string, 0, height+1)
	for row := range height {
		lines = append(lines, draw(width, func(l *line) {
			number := ""
			if row == 0 {
				number = fraction(highest)
			}
			l.cell(ink.Dim, number, axisWidth-2, true)
			l.pad(ink.Text, 1)
			l.put(ink.Rule, "│")
			l.put(style, chartLine(values, highest, height, height-1-row, each))
		}))
	}
	return append(lines, draw(width, func(l *line) { drawMinutes(l, ink, len(values), each) }))
}

// chartLine returns one line of a chart's columns: the level-th from below out of
// height, each column as many cells wide.
func chartLine(values []float64, highest float64, height, level, each int) string {
	var b strings.Builder
	for _, v := range values {
		fill := 0.0
		if highest > 0 && v > 0 {
			fill = min(v/highest, 1)*float64(height) - float64(level)
			if level == 0 {
				// What is not nothing is seen.
				fill = max(fill, 1.0/8)
			}
		}
		b.WriteString(strings.Repeat(block(&lowerEighths, fill), each))
	}
	return b.String()
}

// drawMinutes writes the axis of time below a chart: how long ago the first
// column was, and now.
func drawMinutes(l *line, ink *theme.Styles, minutes, each int) {
	width := minutes * each
	l.cell(ink.Dim, "0", axisWidth-2, true)
	l.pad(ink.Text, 1)
	l.put(ink.Rule, "└")
	first := strconv.Itoa(minutes) + "m ago"
	if width < len(first)+len("now")+3 {
		l.put(ink.Rule, strings.Repeat("─", width))
		return
	}
	l.put(ink.Dim, first)
	l.pad(ink.Text, 1)
	l.put(ink.Rule, strings.Repeat("─", width-len(first)-len("now")-2))
	l.pad(ink.Text, 1)
	l.put(ink.Dim, "now")
}
