package views

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/views/safe"
	"polltop/views/theme"
)

// DialogWidth is the widest that a dialog is, with its border.
const DialogWidth = 100

// DialogTextWidth returns the width of a dialog's text on a screen of the given width.
func DialogTextWidth(width int) int { return max(min(width, DialogWidth)-4, 1) }

// DialogRows returns how many lines of its text a dialog shows at most on a
// screen of the given height.
func DialogRows(height int) int {
	if height < 12 {
		return max(height-2, 1)
	}
	// The border, and a line of the screen above and below it.
	return height - 4
}

// DialogID is the id of a dialog's layer.
const DialogID = "dialog"

// DialogLayer returns a dialog as a layer in the middle of the screen.
func DialogLayer(f Frame, d *Dialog) *lipgloss.Layer {
	l := f.Layout
	rows, first := d.window(l)
	inner := dialogInner(d, l.Width)
	ink := &f.Theme.Plain
	b := box{
		frame: f, style: ink.Accent, thumb: ink.Accent, width: inner + 4, rows: rows, first: first, total: len(d.Body),
		foot:   d.Foot[:min(len(d.Foot), DialogRows(l.Height)-rows)],
		top:    edge{left: []piece{{style: ink.Strong, text: safe.Truncate(d.Title, inner-2)}}},
		bottom: edge{left: []piece{{style: ink.Dim, text: safe.Truncate(d.Hint, inner-2)}}},
		write: func(l *line, i int) {
			if i < len(d.Body) {
				l.styled(ink.Text, d.Body[i])
			}
		},
	}
	lines := b.lines()
	return lipgloss.NewLayer(strings.Join(lines, "\n")).ID(DialogID).X((l.Width - inner - 4) / 2).Y((l.Height - len(lines)) / 2)
}

// Rows returns how many lines of its body a dialog shows at most.
func (d *Dialog) Rows(l Layout) int { return max(DialogRows(l.Height)-len(d.Foot), 0) }

// window returns how many lines of its body a dialog shows, and the first of them.
func (d *Dialog) window(l Layout) (rows, first int) {
	rows = min(d.Rows(l), max(len(d.Body), 1))
	return rows, max(min(d.Scroll, len(d.Body)-rows), 0)
}

// BodyLine returns which line of a dialog's body is on the line y of its box. The lines of
// the foot follow those of the body.
func (d *Dialog) BodyLine(l Layout, y int) int {
	rows, first := d.window(l)
	if y--; y >= rows {
		return len(d.Body) + y - rows
	}
	return first + y
}

// dialogInner returns the width of a dialog's text: what it needs, as far as
// the screen has it. All lines count, so that scrolling does not change it.
func dialogInner(d *Dialog, screen int) int {
	inner := max(safe.Width(safe.Line(d.Title)), safe.Width(safe.Line(d.Hint))) + 2
	for _, text := range slices.Concat(d.Body, d.Foot) {
		inner = max(inner, safe.Width(text))
	}
	return min(inner, DialogTextWidth(screen))
}

// MenuItem is a line of a menu: the key that picks it, what it is, and the
// value that it stands for.
type MenuItem struct {
	Key, Label, Value string
}

const menuGap = 2

// MenuBody returns the body of a dialog with a menu, a line of at most width cells for
// each item, the chosen one in the given style; -1 for none. A value that does not fit is
// cut, and left out where there is no room for it.
func MenuBody(items []MenuItem, chosen int, style string, width int) []string {
	keyWidth, labelWidth, valueWidth := 0, 0, 0
	for _, item := range items {
		keyWidth = max(keyWidth, safe.Width(safe.Line(item.Key)))
		labelWidth = max(labelWidth, safe.Width(safe.Line(item.Label)))
		if item.Value != "" {
			valueWidth = max(valueWidth, menuGap+safe.Width(safe.Line(item.Value)))
		}
	}
	width = max(min(width, keyWidth+menuGap+labelWidth+valueWidth), 1) // so wide is the chosen line
	body := make([]string, 0, len(items))
	for i, item := range items {
		strong, text := ansi.NewStyle().Bold().String(), theme.Reset // the same in every theme
		if i == chosen {
			strong, text = style, style
		}
		line := draw(width, func(l *line) {
			l.cell(strong, item.Key, keyWidth, false)
			l.pad(text, menuGap)
			l.cell(text, item.Label, labelWidth, false)
			l.pad(text, menuGap)
			l.put(text, safe.Truncate(item.Value, l.room))
			l.pad(text, l.room)
		})
		body = append(body, strings.TrimRight(line, " "))
	}
	return body
}

const (
	countsGap, buttonGap = 6, 2 // between counts that stand beside each other, and between buttons
	indentLeast          = 50   // the width from which on the text of a question is set in
)

// QuestionBody returns what a question shows as lines of at most width cells: counts, beside
// each other where they fit, and below them what else there is to know. An empty line stays
// one.
func QuestionBody(counts, lines []string, width int) []string {
	indent := ""
	if width >= indentLeast {
		indent = "  "
	}
	width = max(width-2*len(indent), 1)
	if beside := strings.Join(counts, strings.Repeat(" ", countsGap)); safe.Width(beside) <= width && len(counts) > 1 {
		counts = []string{beside}
	}
	body := safe.Wrap(strings.Join(slices.Concat(counts, lines), "\n"), width)
	for i, text := range body {
		if text != "" {
			body[i] = indent + text
		}
	}
	return body
}

// AddButtons adds items to a dialog as buttons below its text, in as many rows as they need:
// at the right where one is enough. It returns where each is, as BodyLine counts lines. While
// they are idle, their places are empty.
func AddButtons(f Frame, d *Dialog, items []MenuItem, chosen int, idle bool) []Rect {
	most, at, lines := DialogTextWidth(f.Layout.Width), make([]Rect, len(items)), []string{""}
	for i, item := range items {
		text := safe.Truncate(safe.Line("[ "+item.Key+"  "+item.Label+" ]"), most)
		x, width := safe.Width(lines[len(lines)-1]), safe.Width(text)
		if x > 0 {
			x += buttonGap
		}
		if x > 0 && x+width > most {
			lines, x = append(lines, ""), 0
		}
		at[i] = Rect{X: x, Y: len(d.Body) + len(lines) - 1, W: width, H: 1}
		line := &lines[len(lines)-1]
		*line += strings.Repeat(" ", x-safe.Width(*line)) + drawButton(f, text, item.Key, i == chosen, idle)
	}
	right, above := 0, 0
	if len(lines) == 1 {
		right = max(min(dialogInner(d, f.Layout.Width), most)-safe.Width(lines[0]), 0)
		lines[0] = strings.Repeat(" ", right) + lines[0]
	}
	if d.Foot = lines; len(d.Body)+len(lines)+1 <= DialogRows(f.Layout.Height) {
		d.Foot, above = append([]string{""}, lines...), 1
	}
	for i := range at {
		at[i].X += right
		at[i].Y += above
	}
	return at
}

// drawButton returns a button with its styles: the chosen one as a whole, of any other the
// key alone.
func drawButton(f Frame, text, key string, chosen, idle bool) string {
	ink := &f.Theme.Plain
	rest, whole := strings.CutPrefix(text, "[ "+key)
	label, uncut := strings.CutSuffix(rest, "]")
	switch {
	case idle:
		return strings.Repeat(" ", safe.Width(text))
	case chosen:
		return f.Theme.Tab + text + theme.Reset
	case !whole || !uncut:
		return text
	}
	return ink.Dim + "[ " + ink.Accent + key + ink.Text + label + ink.Dim + "]" + theme.Reset
}

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
		if piecesWidth(e.left, 1) > 0 {
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
