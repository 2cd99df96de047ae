package views

import (
	"strconv"
	"strings"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// Pane is the detail pane's text as lines of the pane's width.
type Pane struct {
	Lines []string
	// The preview takes the lines from PreviewFrom up to PreviewTo, and so many cells.
	PreviewFrom, PreviewTo, PreviewWidth int
}

// PaneText returns the width and the number of the lines of text in the pane.
func (l Layout) PaneText() (width, lines int) {
	// A cell of margin on both sides and one for the scrollbar, one more for
	// the border beside the table; the first line is the title.
	width = l.Detail.W - 3
	if l.beside() {
		width--
	}
	return max(width, 1), max(l.Detail.H-1, 0)
}

// PaneX returns where what DrawPane returns begins: behind the border beside the table,
// which is the table's last cell.
func (l Layout) PaneX() int {
	if l.beside() {
		return l.Detail.X + 1
	}
	return l.Detail.X
}

// PreviewRoom returns how many cells a preview may take in the pane: its width, and
// half of its height, so that what is said of the outputs is seen.
func (l Layout) PreviewRoom() (width, height int) {
	width, rows := l.PaneText()
	return width, max(rows/2, 4)
}

// PreviewPlace returns where on the screen the preview begins in a pane that is
// scrolled to its line first, in cells from the top left corner at 0, 0, and whether all
// of it is in view. A picture that is painted over the cells can only be painted when it
// is.
func (l Layout) PreviewPlace(p Pane, first int) (x, y int, whole bool) {
	_, rows := l.PaneText()
	from, to := p.PreviewFrom-first, p.PreviewTo-first
	if to <= from || from < 0 || to > rows {
		return 0, 0, false
	}
	// A cell of margin at the left, and the pane's title above.
	return l.PaneX() + 1, l.Detail.Y + 1 + from, true
}

// DrawPane returns the pane of a task, scrolled to its line first: all of it but the
// border beside the table, which is the table's last cell.
func DrawPane(f Frame, t *poller.Task, p Pane, first int) string {
	l, ink := f.Layout, &f.Theme.Plain
	_, rows := l.PaneText()
	width := l.Detail.W
	if l.beside() {
		width--
	}
	first = max(min(first, len(p.Lines)-rows), 0)
	visible := p.Lines[first:min(first+rows, len(p.Lines))]
	from, to := thumb(first, rows, len(p.Lines), rows)
	lines := []string{draw(width, func(l *line) { drawPaneTitle(l, f, t, first, len(p.Lines)-rows) })}
	for i := range rows {
		lines = append(lines, draw(width, func(l *line) {
			l.pad(ink.Text, 1)
			end := min(2, l.room)
			l.room -= end
			if i < len(visible) {
				if at := first + i; at < p.PreviewFrom || at >= p.PreviewTo {
					l.styled(ink.Text, visible[i])
				} else if !f.Covered {
					// What a dialog fades loses its colors, and some pictures are made of
					// nothing else: there is none beneath a dialog.
					l.raw(visible[i], p.PreviewWidth)
				}
			}
			l.pad(ink.Text, l.room)
			l.room = end
			l.pad(ink.Text, 1)
			drawThumb(l, ink, i >= from && i < to)
		}))
	}
	return strings.Join(lines[:min(len(lines), l.Detail.H)], "\n")
}

// drawPaneTitle writes the pane's first line: the task, and how far the text is
// scrolled.
func drawPaneTitle(l *line, f Frame, t *poller.Task, first, most int) {
	ink, border, rule := &f.Theme.Plain, f.border(), "─"
	if f.Layout.beside() {
		l.pad(ink.Text, 1)
		rule = " "
	} else {
		l.put(border, "── ")
	}
	if t != nil {
		name := ink.Text
		if f.Focus == OnPane {
			name = ink.Strong
		}
		l.putPieces([]piece{
			{stateStyle(ink, t), theme.Symbol(t.State), 1},
			{name, safe.Middle(t.Request.ID, max(f.Layout.Detail.W-16, 0)), 0},
		}, 1, ink.Text)
	}
	place, end := "", 0
	if most > 0 {
		_, rows := f.Layout.PaneText()
		place = strconv.Itoa(first+1) + "–" + strconv.Itoa(first+rows) + " of " + strconv.Itoa(most+rows)
		end = safe.Width(place) + 4
	}
	l.pad(ink.Text, 1)
	l.put(border, strings.Repeat(rule, max(l.room-end, 0)))
	if place != "" && l.room >= end {
		l.pad(ink.Text, 1)
		l.put(ink.Dim, place)
		l.pad(ink.Text, 1)
		l.put(border, strings.Repeat(rule, l.room))
	}
	l.pad(ink.Text, l.room)
}
