package views

import (
	"cmp"
	"math"
	"strconv"
	"strings"

	"polltop/views/safe"
	"polltop/views/theme"
)

// lowerEighths and leftEighths are the blocks that fill 0 to 8 eighths of a cell from below and
// from the left.
var (
	lowerEighths = [9]string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}
	leftEighths  = [9]string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"}
)

// block returns the block that fills a share of a cell, rounded to an eighth.
func block(eighths *[9]string, share float64) string {
	return eighths[int(math.Round(min(max(share, 0), 1)*8))]
}

// histogram returns a line of at most width cells for each bin, with its limits, a bar and its count.
func histogram(bins []Bin, width int, styles *theme.Styles) []string {
	highest, labelWidth, countWidth := 0, 0, 0
	for _, b := range bins {
		highest = max(highest, b.Count)
		labelWidth = max(labelWidth, safe.Width(binLabel(b)))
		countWidth = max(countWidth, len(strconv.Itoa(b.Count)))
	}
	barWidth := min(width-labelWidth-countWidth-3, 80)
	lines := make([]string, 0, len(bins))
	for _, b := range bins {
		lines = append(lines, drawLine(width, func(l *line) {
			l.cell(styles.Dim, binLabel(b), labelWidth, true)
			l.pad(styles.Text, 2)
			if barWidth > 0 && highest > 0 {
				l.put(styles.Accent, bar(float64(b.Count)/float64(highest), barWidth))
				l.pad(styles.Text, 1)
			}
			l.put(styles.Text, strconv.Itoa(b.Count))
		}))
	}
	return lines
}

// binLabel returns the limits of a bin, with tenths of seconds below 10 s and where they would be
// the same without.
func binLabel(b Bin) string {
	from, to := Duration(b.From), Duration(b.To)
	if from == to || b.To.Seconds() < 10 {
		from, to = oneDecimal(b.From.Seconds())+"s", oneDecimal(b.To.Seconds())+"s"
	}
	return from + " – " + to
}

// bar returns a bar over a share of width cells, to an eighth of a cell. Any share above 0 shows.
func bar(share float64, width int) string {
	if !(share > 0) { // NaN too
		return ""
	}
	cells := min(share, 1) * float64(width)
	whole := int(cells)
	text := strings.Repeat("█", whole) + block(&leftEighths, cells-float64(whole))
	return cmp.Or(text, leftEighths[1])
}

// axisWidth is the width of the numbers beside a chart and of its axis, in cells.
const axisWidth = 7

// minutesChart returns a chart of counts in the past minutes, the oldest at the left: height lines
// and the axis below them, width cells wide. Without values it returns none.
func minutesChart(values []float64, width, height int, style string, styles *theme.Styles) []string {
	if len(values) == 0 {
		return nil
	}
	chartWidth := max(width-axisWidth, 1)
	values = values[max(len(values)-chartWidth, 0):]
	columnWidth := max(min(chartWidth/len(values), 3), 1)
	highest := 0.0
	for _, v := range values {
		if v > highest && !math.IsInf(v, 1) {
			highest = v
		}
	}
	lines := make([]string, 0, height+1)
	for row := range height {
		lines = append(lines, drawLine(width, func(l *line) {
			number := ""
			if row == 0 {
				number = oneDecimal(highest)
			}
			l.cell(styles.Dim, number, axisWidth-2, true)
			l.pad(styles.Text, 1)
			l.put(styles.Rule, "│")
			l.put(style, chartLine(values, highest, height, height-1-row, columnWidth))
		}))
	}
	return append(lines, drawLine(width, func(l *line) { drawMinutes(l, styles, len(values), columnWidth) }))
}

// chartLine returns one line of a chart's columns, which is level lines above the lowest out of
// height. A count above 0 shows in the lowest line.
func chartLine(values []float64, highest float64, height, level, columnWidth int) string {
	var b strings.Builder
	for _, v := range values {
		fill := 0.0
		if highest > 0 && v > 0 {
			fill = min(v/highest, 1)*float64(height) - float64(level)
			if level == 0 {
				fill = max(fill, 1.0/8)
			}
		}
		b.WriteString(strings.Repeat(block(&lowerEighths, fill), columnWidth))
	}
	return b.String()
}

// drawMinutes writes the axis of time below a chart, from the age of the first column to now.
func drawMinutes(l *line, styles *theme.Styles, minutes, columnWidth int) {
	width := minutes * columnWidth
	l.cell(styles.Dim, "0", axisWidth-2, true)
	l.pad(styles.Text, 1)
	l.put(styles.Rule, "└")
	first := strconv.Itoa(minutes) + "m ago"
	if width < len(first)+len("now")+3 {
		l.put(styles.Rule, strings.Repeat("─", width))
		return
	}
	l.put(styles.Dim, first)
	l.pad(styles.Text, 1)
	l.put(styles.Rule, strings.Repeat("─", width-len(first)-len("now")-2))
	l.pad(styles.Text, 1)
	l.put(styles.Dim, "now")
}
