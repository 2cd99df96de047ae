package views

import (
	"strings"

	"charm.land/lipgloss/v2"

	"polltop/views/safe"
)

// box is lines of text in a border: a dialog, or the detail pane.
type box struct {
	frame Frame
	style string               // of the border
	thumb string               // of the scrollbar's thumb, which lies on it
	width int                  // with the border
	rows  int                  // lines of text that are shown
	first int                  // the first of them
	total int                  // how many there are
	write func(l *line, i int) // line i of the text, which may lie behind its end
	foot  []string             // lines below those, which do not scroll

	top, bottom edge
	open        bool // there is no border below
}

// edge is what stands in a border: pieces at its left end, and a text at its right end that
// may hold styles.
type edge struct {
	left  []piece
	right string
}

func (b *box) lines() []string {
	ink, border := &b.frame.Theme.Plain, lipgloss.RoundedBorder()
	from, to := thumb(b.first, b.rows, b.total)
	lines := []string{b.drawEdge(border.TopLeft, b.top, border.TopRight)}
	for i := range b.rows + len(b.foot) {
		lines = append(lines, draw(b.width, func(l *line) {
			l.put(b.style, border.Left)
			l.pad(ink.Text, 1)
			end := min(2, l.room)
			l.room -= end
			if i < b.rows {
				b.write(l, b.first+i)
			} else {
				l.styled(ink.Text, b.foot[i-b.rows])
			}
			l.pad(ink.Text, l.room)
			l.room = end
			l.pad(ink.Text, 1)
			if i >= from && i < to {
				l.put(b.thumb, "┃")
			} else {
				l.put(b.style, border.Right)
			}
		}))
	}
	if b.open {
		return lines
	}
	return append(lines, b.drawEdge(border.BottomLeft, b.bottom, border.BottomRight))
}

func (b *box) drawEdge(corner string, e edge, last string) string {
	ink := &b.frame.Theme.Plain
	return draw(b.width, func(l *line) {
		l.put(b.style, corner+"─")
		end := min(1, l.room)
		if e.right != "" {
			end = min(safe.Width(e.right)+4, l.room)
		}
		l.room -= end
		if len(e.left) > 0 {
			l.pad(ink.Text, 1)
			l.putPieces(e.left, 1, ink.Text)
			l.pad(ink.Text, 1)
		}
		l.put(b.style, strings.Repeat("─", l.room))
		l.room = end
		if e.right != "" {
			l.pad(ink.Text, 1)
			l.raw(e.right, safe.Width(e.right))
			l.pad(ink.Text, 1)
		}
		l.put(b.style, strings.Repeat("─", max(l.room-1, 0))+last)
	})
}
