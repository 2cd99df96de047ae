package views

import (
	"strconv"
	"strings"

	"polltop/views/safe"
	"polltop/views/theme"
)

// pane is the detail pane as it is drawn.
type pane struct {
	ink     *theme.Ink
	title   []piece
	lines   []string // those in view
	beside  bool     // it stands beside the table, not below it
	border  string   // the style of its border
	percent string   // how far it is scrolled

	from, to int // the thumb of its scrollbar

	picture picture // where the preview is among lines
	hidden  bool    // a dialog covers some of it
}

// newPane returns the pane of the props in a layout.
func newPane(p *Props, l Layout) pane {
	width, rows := l.paneText()
	text := writeDetail(*p.Detail, width, p.Theme, p.Now)
	lines := text.lines
	first := max(min(p.Detail.Scroll, len(lines)-rows), 0)
	n := pane{
		ink: &p.Theme.Plain, beside: l.beside(), border: p.Theme.Plain.Rule,
		lines: lines[first:min(first+rows, len(lines))], hidden: p.Dialog != nil,
	}
	n.picture = picture{from: text.picture.from - first, to: text.picture.to - first, width: text.picture.width}
	name := n.ink.Text
	if p.Detail.Focused {
		n.border, name = n.ink.Accent, n.ink.Strong
	}
	n.from, n.to = thumb(first, rows, len(lines), rows)
	if most := len(lines) - rows; most > 0 {
		n.percent = strconv.Itoa(first*100/most) + "%"
	}
	if t := p.Detail.Task; t != nil {
		n.title = []piece{
			{stateStyle(n.ink, t), theme.Symbol(t.State), 1},
			{name, safe.Middle(t.Request.ID, max(l.Detail.W-16, 0)), 0},
		}
	}
	return n
}

// drawLine writes the line at of the pane. Beside the table, the border is the
// track of the table's scrollbar, whose thumb is on this line or not.
func (n *pane) drawLine(l *line, at int, onThumb bool) {
	switch {
	case n.beside && onThumb:
		l.put(n.ink.Dim, "┃")
	case n.beside:
		l.put(n.border, "│")
	}
	if at == 0 {
		n.drawTitle(l)
		return
	}
	l.pad(n.ink.Text, 1)
	end := min(2, l.room)
	l.room -= end
	switch row := at - 1; {
	case row >= n.picture.from && row < n.picture.to && row < len(n.lines):
		// What a dialog fades loses its colors, and some pictures are made of
		// nothing else: there is none beneath a dialog.
		if !n.hidden {
			l.raw(n.lines[row], n.picture.width)
		}
	case row < len(n.lines):
		l.styled(n.ink.Text, n.lines[row])
	}
	l.pad(n.ink.Text, l.room)
	l.room = end
	l.pad(n.ink.Text, 1)
	drawThumb(l, n.ink, at-1 >= n.from && at-1 < n.to)
}

// drawTitle writes the pane's first line: the task, and how far the text is
// scrolled.
func (n *pane) drawTitle(l *line) {
	rule := "─"
	if n.beside {
		l.pad(n.ink.Text, 1)
		rule = " "
	} else {
		l.put(n.border, "── ")
	}
	l.putPieces(n.title, 1, n.ink.Text)
	end := 0
	if n.percent != "" {
		end = len(n.percent) + 4
	}
	l.pad(n.ink.Text, 1)
	l.put(n.border, strings.Repeat(rule, max(l.room-end, 0)))
	if n.percent != "" && l.room >= end {
		l.pad(n.ink.Text, 1)
		l.put(n.ink.Dim, n.percent)
		l.pad(n.ink.Text, 1)
		l.put(n.border, strings.Repeat(rule, l.room))
	}
	l.pad(n.ink.Text, l.room)
}
