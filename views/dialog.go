package views

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/views/safe"
	"polltop/views/theme"
)

// maxDialogWidth bounds the width of a dialog with its border, in cells.
const maxDialogWidth = 100

// DialogTextWidth returns the most cells of a dialog's text on a screen of the given width.
func DialogTextWidth(width int) int { return max(min(width, maxDialogWidth)-4, 1) }

// DialogRows returns the most lines of a dialog's text on a screen of the given height.
func DialogRows(height int) int {
	if height < 12 {
		return max(height-2, 1)
	}
	// The border, and a line of the screen above and below it.
	return height - 4
}

// DialogID is the id of a dialog's layer.
const DialogID = "dialog"

// DialogLayer draws a dialog as a layer in the middle of the screen.
func DialogLayer(f Frame, d *Dialog) *lipgloss.Layer {
	l := f.Layout
	rows, first := d.window(l)
	inner := dialogTextWidth(d, l.Width)
	styles := &f.Theme.Plain
	b := box{
		frame: f, borderStyle: styles.Accent, thumbStyle: styles.Accent, width: inner + 4, rows: rows, first: first, total: len(d.Body),
		foot:   d.Foot[:min(len(d.Foot), DialogRows(l.Height)-rows)],
		top:    edge{left: []piece{{style: styles.Strong, text: safe.Truncate(d.Title, inner-2)}}},
		bottom: edge{left: []piece{{style: styles.Dim, text: safe.Truncate(d.Hint, inner-2)}}},
		write: func(l *line, i int) {
			if i < len(d.Body) {
				l.styled(styles.Text, d.Body[i])
			}
		},
	}
	lines := b.lines()
	return lipgloss.NewLayer(strings.Join(lines, "\n")).ID(DialogID).X((l.Width - inner - 4) / 2).Y((l.Height - len(lines)) / 2)
}

// Rows returns the most lines of its body that a dialog shows.
func (d *Dialog) Rows(l Layout) int { return max(DialogRows(l.Height)-len(d.Foot), 0) }

// window returns how many lines of its body a dialog shows, and the first one.
func (d *Dialog) window(l Layout) (rows, first int) {
	rows = min(d.Rows(l), max(len(d.Body), 1))
	return rows, max(min(d.Scroll, len(d.Body)-rows), 0)
}

// BodyLine returns the line of a dialog's body at line y of its box. The foot's lines follow the
// body's.
func (d *Dialog) BodyLine(l Layout, y int) int {
	rows, first := d.window(l)
	if y--; y >= rows {
		return len(d.Body) + y - rows
	}
	return first + y
}

// dialogTextWidth returns the width that a dialog's text needs, as far as the screen allows. All
// lines count, so that scrolling does not change it.
func dialogTextWidth(d *Dialog, screen int) int {
	inner := max(safe.Width(safe.Line(d.Title)), safe.Width(safe.Line(d.Hint))) + 2
	for _, text := range slices.Concat(d.Body, d.Foot) {
		inner = max(inner, safe.Width(text))
	}
	return min(inner, DialogTextWidth(screen))
}

// MenuItem is a line of a menu, or a button: its key, its text, and the value that a menu shows
// beside that.
type MenuItem struct {
	Key, Label, Value string
}

const menuGap = 2

// MenuBody returns a line of at most width cells for each item of a menu, the chosen one in the
// given style; chosen is -1 for none. A value that does not fit is cut or left out.
func MenuBody(items []MenuItem, chosen int, style string, width int) []string {
	keyWidth, labelWidth, valueWidth := 0, 0, 0
	for _, item := range items {
		keyWidth = max(keyWidth, safe.Width(safe.Line(item.Key)))
		labelWidth = max(labelWidth, safe.Width(safe.Line(item.Label)))
		if item.Value != "" {
			valueWidth = max(valueWidth, menuGap+safe.Width(safe.Line(item.Value)))
		}
	}
	width = max(min(width, keyWidth+menuGap+labelWidth+valueWidth), 1) // of the chosen line
	body := make([]string, 0, len(items))
	for i, item := range items {
		strong, text := ansi.NewStyle().Bold().String(), theme.Reset // the same in every theme
		if i == chosen {
			strong, text = style, style
		}
		line := drawLine(width, func(l *line) {
			l.cell(strong, item.Key, keyWidth, false)
			l.pad(text, menuGap)
			l.cell(text, item.Label, labelWidth, false)
			l.pad(text, menuGap)
			l.put(text, safe.Truncate(item.Value, l.space))
			l.pad(text, l.space)
		})
		body = append(body, strings.TrimRight(line, " "))
	}
	return body
}

const (
	countsGap, buttonGap = 6, 2 // between counts on one line, and between buttons, in cells
	minIndentWidth       = 50   // the width from which on the text of a question is indented, in cells
)

// QuestionBody returns the text of a question in width cells: the counts, on one line where they
// fit, and below them the other lines.
func QuestionBody(counts, lines []string, width int) []string {
	indent := ""
	if width >= minIndentWidth {
		indent = "  "
	}
	width = max(width-2*len(indent), 1)
	if joined := strings.Join(counts, strings.Repeat(" ", countsGap)); safe.Width(joined) <= width && len(counts) > 1 {
		counts = []string{joined}
	}
	body := safe.Wrap(strings.Join(slices.Concat(counts, lines), "\n"), width)
	for i, text := range body {
		if text != "" {
			body[i] = indent + text
		}
	}
	return body
}

// AddButtons adds items to a dialog as buttons below its text, in as many rows as they need, a
// single row at the right. It returns the rectangle of each, whose Y counts as BodyLine does.
// Hidden buttons leave their cells empty.
func AddButtons(f Frame, d *Dialog, items []MenuItem, chosen int, hidden bool) []Rect {
	width, rects, lines := DialogTextWidth(f.Layout.Width), make([]Rect, len(items)), []string{""}
	for i, item := range items {
		text := safe.Truncate(safe.Line("[ "+item.Key+"  "+item.Label+" ]"), width)
		x, textWidth := safe.Width(lines[len(lines)-1]), safe.Width(text)
		if x > 0 {
			x += buttonGap
		}
		if x > 0 && x+textWidth > width {
			lines, x = append(lines, ""), 0
		}
		rects[i] = Rect{X: x, Y: len(d.Body) + len(lines) - 1, W: textWidth, H: 1}
		line := &lines[len(lines)-1]
		*line += strings.Repeat(" ", x-safe.Width(*line)) + drawButton(f, text, item.Key, i == chosen, hidden)
	}
	indent, gap := 0, 0
	if len(lines) == 1 {
		indent = max(min(dialogTextWidth(d, f.Layout.Width), width)-safe.Width(lines[0]), 0)
		lines[0] = strings.Repeat(" ", indent) + lines[0]
	}
	if d.Foot = lines; len(d.Body)+len(lines)+1 <= DialogRows(f.Layout.Height) {
		d.Foot, gap = append([]string{""}, lines...), 1
	}
	for i := range rects {
		rects[i].X += indent
		rects[i].Y += gap
	}
	return rects
}

// drawButton returns a button with its styles: of the chosen one the whole text stands out, of
// others the key.
func drawButton(f Frame, text, key string, chosen, hidden bool) string {
	styles := &f.Theme.Plain
	label, hasKey := strings.CutPrefix(text, "[ "+key)
	label, isWhole := strings.CutSuffix(label, "]")
	switch {
	case hidden:
		return strings.Repeat(" ", safe.Width(text))
	case chosen:
		return f.Theme.Tab + text + theme.Reset
	case !hasKey || !isWhole:
		return text
	}
	return styles.Dim + "[ " + styles.Accent + key + styles.Text + label + styles.Dim + "]" + theme.Reset
}

// box is lines of text in a border: a dialog, or the detail pane.
type box struct {
	frame       Frame
	borderStyle string
	thumbStyle  string               // of the scrollbar's thumb in the border
	width       int                  // with the border
	rows        int                  // the lines of text that are shown
	first       int                  // the index of the first one
	total       int                  // the number of lines of text
	write       func(l *line, i int) // writes line i of the text, also one after its end
	foot        []string             // lines below the text that do not scroll

	top, bottom edge
	noBottom    bool // there is no border below
}

// edge is a horizontal border with pieces at its left and a text at its right, which may have style
// sequences.
type edge struct {
	left  []piece
	right string
}

func (b *box) lines() []string {
	styles, border := &b.frame.Theme.Plain, lipgloss.RoundedBorder()
	from, to := thumb(b.first, b.rows, b.total)
	lines := []string{b.drawEdge(border.TopLeft, b.top, border.TopRight)}
	for i := range b.rows + len(b.foot) {
		lines = append(lines, drawLine(b.width, func(l *line) {
			l.put(b.borderStyle, border.Left)
			l.pad(styles.Text, 1)
			reserved := min(2, l.space)
			l.space -= reserved
			if i < b.rows {
				b.write(l, b.first+i)
			} else {
				l.styled(styles.Text, b.foot[i-b.rows])
			}
			l.pad(styles.Text, l.space)
			l.space = reserved
			l.pad(styles.Text, 1)
			if i >= from && i < to {
				l.put(b.thumbStyle, "┃")
			} else {
				l.put(b.borderStyle, border.Right)
			}
		}))
	}
	if b.noBottom {
		return lines
	}
	return append(lines, b.drawEdge(border.BottomLeft, b.bottom, border.BottomRight))
}

func (b *box) drawEdge(corner string, e edge, last string) string {
	styles := &b.frame.Theme.Plain
	return drawLine(b.width, func(l *line) {
		l.put(b.borderStyle, corner+"─")
		reserved := min(1, l.space)
		if e.right != "" {
			reserved = min(safe.Width(e.right)+4, l.space)
		}
		l.space -= reserved
		if piecesWidth(e.left, 1) > 0 {
			l.pad(styles.Text, 1)
			l.putPieces(e.left, 1, styles.Text)
			l.pad(styles.Text, 1)
		}
		l.put(b.borderStyle, strings.Repeat("─", l.space))
		l.space = reserved
		if e.right != "" {
			l.pad(styles.Text, 1)
			l.raw(e.right, safe.Width(e.right))
			l.pad(styles.Text, 1)
		}
		l.put(b.borderStyle, strings.Repeat("─", max(l.space-1, 0))+last)
	})
}
