package views

import (
	"cmp"
	"strings"

	"charm.land/lipgloss/v2"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// Focus is the part of the screen that keys go to.
type Focus uint8

// What keys go to.
const (
	OnTable Focus = iota
	OnGroups
	OnStats
	OnPane
	OnFilter
	OnDialog // an open dialog, which lies over all other parts
)

// InArea reports whether keys go to the table or to a view that is shown in its place.
func (f Focus) InArea() bool { return f <= OnStats }

// Frame is what every part of the screen is drawn with.
type Frame struct {
	Theme  *theme.Theme
	Now    poller.Stamp
	Layout Layout
	Focus  Focus
}

// rowStyles returns the styles of a row.
func (f Frame) rowStyles(selected, marked bool) *theme.Styles {
	switch {
	case selected && f.Focus.InArea():
		return &f.Theme.Cursor
	case selected:
		return &f.Theme.Unfocused
	case marked:
		return &f.Theme.Marked
	}
	return &f.Theme.Plain
}

// area draws the table's area, or a view in its place, with a scrollbar at its right.
type area struct {
	frame              Frame
	lines              []func(l *line) // write the lines without the scrollbar; nil for an empty one
	thumbFrom, thumbTo int             // the lines of the scrollbar's thumb
}

// newArea returns an area without lines. Its scrollbar begins at line top and is that of a window
// of size lines, from first on, out of total.
func (f Frame) newArea(first, size, total, top int) *area {
	from, to := thumb(first, size, total)
	return &area{frame: f, thumbFrom: from + top, thumbTo: to + top, lines: make([]func(l *line), 0, f.Layout.area())}
}

// add adds a line, and skip adds n empty lines.
func (a *area) add(write func(l *line)) { a.lines = append(a.lines, write) }
func (a *area) skip(n int)              { a.lines = append(a.lines, make([]func(l *line), max(n, 0))...) }

// addCentered adds texts in the middle of rows lines, as far as they fit.
func (a *area) addCentered(rows int, texts ...string) {
	a.skip((rows - len(texts)) / 2)
	for _, text := range texts[:min(len(texts), rows)] {
		a.add(func(l *line) {
			text := safe.Truncate(text, l.space)
			l.pad(a.frame.Theme.Plain.Text, (l.space-safe.Width(text))/2)
			l.put(a.frame.Theme.Plain.Dim, text)
			l.pad(a.frame.Theme.Plain.Text, l.space)
		})
	}
}

// text returns the area's lines with the scrollbar in the last cell.
func (a *area) text() string {
	l, styles := a.frame.Layout, &a.frame.Theme.Plain
	var b strings.Builder
	b.Grow(l.area() * (l.TableWidth + 160))
	for y := range l.area() {
		if y > 0 {
			b.WriteByte('\n')
		}
		out := line{out: &b, space: max(l.TableWidth-1, 0)}
		if y < len(a.lines) && a.lines[y] != nil {
			a.lines[y](&out)
		}
		out.pad(theme.Reset, out.space)
		out.space = min(1, l.TableWidth)
		if y >= a.thumbFrom && y < a.thumbTo {
			out.put(styles.Dim, "┃")
		}
		out.end(styles.Text)
	}
	return b.String()
}

// thumb returns the lines of the thumb of a scrollbar as high as its window of size lines, from
// first on, out of total. They are none where all lines are in the window.
func thumb(first, size, total int) (from, to int) {
	if total <= size || size <= 0 {
		return 0, 0
	}
	length := max(size*size/total, 1)
	// The thumb touches an end only at the first or the last line.
	from = max(min(first*(size-length)/(total-size), size-length), 0)
	return from, from + length
}

// ScrollAt returns the first line of a window of size lines out of total after a click at line y of
// its scrollbar: the middle of the thumb moves there. It returns false where there is no thumb.
func ScrollAt(y, size, total int) (first int, ok bool) {
	from, to := thumb(0, size, total)
	length := to - from
	if length == 0 || y < 0 || y >= size {
		return 0, false
	}
	free := max(size-length, 1)
	at := max(min(y-length/2, size-length), 0)
	return (at*(total-size) + free - 1) / free, true
}

// drawLine returns the line that write writes, filled with blanks to width cells.
func drawLine(width int, write func(l *line)) string {
	var b strings.Builder
	b.Grow(2 * width) // for wide characters and styles
	l := line{out: &b, space: width}
	write(&l)
	l.end(theme.Reset)
	return b.String()
}

// Compose joins the drawn parts to a screen of exactly Height lines of exactly Width cells. A line
// of bars that is not "" covers the other parts. The pane is "" where it is closed.
func Compose(f Frame, bars, area, pane string) string {
	l, blank := f.Layout, strings.Repeat(" ", f.Layout.Width)
	barLines, areaLines, paneLines := strings.Split(bars, "\n"), strings.Split(area, "\n"), strings.Split(pane, "\n")
	var b strings.Builder
	b.Grow(len(bars) + len(area) + len(pane) + l.Width) // exactly, as Bubble Tea's cells keep frames alive for long
	for y, text := range barLines {
		if y > 0 {
			b.WriteByte('\n')
		}
		if text == "" {
			if at := y - l.AreaTop(); at >= 0 && at < l.area() && l.TableWidth > 0 {
				text = areaLines[at]
			}
			if pane != "" && l.Detail.Contains(l.Detail.X, y) {
				text += paneLines[y-l.Detail.Y]
			}
		}
		b.WriteString(cmp.Or(text, blank))
	}
	return b.String()
}

// Overlay draws a dialog over the faded text of a screen, of which below are the lines without styles.
func Overlay(f Frame, below []string, dialog *lipgloss.Layer) string {
	lines := make([]string, len(below))
	for y, text := range below {
		lines[y] = f.Theme.Faded + text + theme.Reset
	}
	measure, x := safe.WidthMethod(), max(dialog.GetX(), 0)
	for i, text := range strings.Split(dialog.GetContent(), "\n") {
		y := dialog.GetY() + i
		if y < 0 || y >= len(lines) {
			continue
		}
		lines[y] = drawLine(f.Layout.Width, func(l *line) {
			l.cell(f.Theme.Faded, measure.Truncate(below[y], x, ""), x, false)
			width := safe.Width(text)
			l.raw(text, width)
			rest := measure.TruncateLeft(below[y], x+width, "")
			l.pad(f.Theme.Faded, l.space-safe.Width(rest)) // half of a wide character
			l.put(f.Theme.Faded, rest)
		})
	}
	return strings.Join(lines, "\n")
}
