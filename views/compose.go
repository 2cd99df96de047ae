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

func (f Frame) rowInk(selected, marked bool) *theme.Styles {
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

// area is the table's area as it is being drawn: what writes its lines without the
// scrollbar, and where the scrollbar's thumb is among them.
type area struct {
	frame    Frame
	lines    []func(l *line)
	from, to int
}

// newArea returns an empty area, with a scrollbar from its line top on: for a window of size
// lines from first on out of total.
func (f Frame) newArea(first, size, total, top int) *area {
	from, to := thumb(first, size, total)
	return &area{frame: f, from: from + top, to: to + top, lines: make([]func(l *line), 0, f.Layout.area())}
}

// add has the next line written, and skip leaves n lines empty.
func (a *area) add(write func(l *line)) { a.lines = append(a.lines, write) }
func (a *area) skip(n int)              { a.lines = append(a.lines, make([]func(l *line), max(n, 0))...) }

// addEmpty has texts written in the middle of so many lines, centered, as far as they fit.
func (a *area) addEmpty(rows int, texts ...string) {
	a.skip((rows - len(texts)) / 2)
	for _, text := range texts[:min(len(texts), rows)] {
		a.add(func(l *line) {
			text := safe.Truncate(text, l.room)
			l.pad(a.frame.Theme.Plain.Text, (l.room-safe.Width(text))/2)
			l.put(a.frame.Theme.Plain.Dim, text)
			l.pad(a.frame.Theme.Plain.Text, l.room)
		})
	}
}

// text returns the area's lines with the scrollbar, which has no track, in the last cell.
func (a *area) text() string {
	l, ink := a.frame.Layout, &a.frame.Theme.Plain
	var b strings.Builder
	b.Grow(l.area() * (l.TableWidth + 160))
	for y := range l.area() {
		if y > 0 {
			b.WriteByte('\n')
		}
		out := line{out: &b, room: max(l.TableWidth-1, 0)}
		if y < len(a.lines) && a.lines[y] != nil {
			a.lines[y](&out)
		}
		out.pad(theme.Reset, out.room)
		out.room = min(1, l.TableWidth)
		if y >= a.from && y < a.to {
			out.put(ink.Dim, "┃")
		}
		out.end(ink.Text)
	}
	return b.String()
}

// thumb returns where the thumb of a scrollbar begins and ends, which is as high as its window
// of size lines from first on out of total; nothing where all is in the window.
func thumb(first, size, total int) (from, to int) {
	if total <= size || size <= 0 {
		return 0, 0
	}
	length := max(size*size/total, 1)
	// The first and the last line of all are where the thumb touches the ends.
	from = max(min(first*(size-length)/(total-size), size-length), 0)
	return from, from + length
}

// ScrollAt returns the first of total lines in a window of size lines once the line y of its
// scrollbar, counted from the bar's top, is clicked: the thumb's middle goes there. It
// returns false where there is no thumb.
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

func draw(width int, write func(l *line)) string {
	var b strings.Builder
	l := line{out: &b, room: width}
	write(&l)
	l.end(theme.Reset)
	return b.String()
}

// Compose puts the drawn parts of the screen together: exactly Height lines, each of
// exactly Width cells. A line of bars that is not empty hides what is below it; pane is
// "" where it is closed.
func Compose(f Frame, bars, area, pane string) string {
	l := f.Layout
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
		b.WriteString(cmp.Or(text, strings.Repeat(" ", l.Width)))
	}
	return b.String()
}

// Overlay lays a box over the text of a screen without its styles, which is faded.
func Overlay(f Frame, below []string, box *lipgloss.Layer) string {
	lines := make([]string, len(below))
	for y, text := range below {
		lines[y] = f.Theme.Faded + text + theme.Reset
	}
	measure, x := safe.WidthMethod(), max(box.GetX(), 0)
	for i, text := range strings.Split(box.GetContent(), "\n") {
		y := box.GetY() + i
		if y < 0 || y >= len(lines) {
			continue
		}
		lines[y] = draw(f.Layout.Width, func(l *line) {
			l.cell(f.Theme.Faded, measure.Truncate(below[y], x, ""), x, false)
			width := safe.Width(text)
			l.raw(text, width)
			rest := measure.TruncateLeft(below[y], x+width, "")
			l.pad(f.Theme.Faded, l.room-safe.Width(rest)) // half of a wide character
			l.put(f.Theme.Faded, rest)
		})
	}
	return strings.Join(lines, "\n")
}
