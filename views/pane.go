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
	// Facts are the lines of a second column, of factsWidth cells; nil where all of the text
	// is in Lines.
	Facts []string
	// The preview takes the lines from PreviewFrom up to PreviewTo, and so many cells.
	PreviewFrom, PreviewTo, PreviewWidth int
}

// Widths and heights of the pane, in cells.
const (
	factsWidth   = 44                       // the second column: the longest line of the times, and a labeled request id
	columnGap    = 3                        // between the columns: a line and a blank at both of its sides
	columnsLeast = 2*factsWidth + columnGap // two columns from here on: the first is no narrower than the second
	paneIDLeast  = 16                       // so much of the id is worth more than the endpoint
	footLeast    = 8                        // lines from which on a border closes the pane below: a lower one shows text there
	labelWidth   = 10                       // the labels before the values,
	labelLeast   = 30                       // in a pane of at least this width
)

// PaneText returns the width and the number of the lines of text in the pane.
func (l Layout) PaneText() (width, lines int) {
	lines = l.Detail.H - 1
	if l.Detail.H >= footLeast {
		lines--
	}
	return max(l.Detail.W-4, 1), max(lines, 0)
}

// PreviewSize returns how many cells a preview may take in the pane: the width of the first
// column, and half of the height, so that what is said of the outputs is seen.
func (l Layout) PreviewSize() (width, height int) {
	width, rows := l.PaneText()
	if width >= columnsLeast {
		width -= factsWidth + columnGap
	}
	return width, max(rows/2, 4)
}

// PreviewPosition returns where on the screen the preview begins in a pane that is scrolled to its
// line first, in cells from the top left corner at 0, 0, and whether all of it is in view. A
// picture that is painted over the cells can only be painted when it is.
func (l Layout) PreviewPosition(p Pane, first int) (x, y int, whole bool) {
	_, rows := l.PaneText()
	from, to := p.PreviewFrom-first, p.PreviewTo-first
	if to <= from || from < 0 || to > rows {
		return 0, 0, false
	}
	// The border and a cell of margin at the left, and the border above.
	return l.Detail.X + 2, l.Detail.Y + 1 + from, true
}

// DetailText returns the detail pane's text as lines of at most width cells with their
// styles, in two columns where that is wide enough for them and both do not fit into so many
// rows below each other.
func DetailText(f Frame, d *Detail, width, rows int) Pane {
	w := newPaneWriter(f, width)
	if d.Task == nil {
		w.text(w.ink.Dim, "This task is no longer tracked.")
		return w.Pane
	}
	if width >= columnsLeast {
		left, right := newPaneWriter(f, width-factsWidth-columnGap), newPaneWriter(f, factsWidth)
		left.story(d)
		left.sources(d)
		right.facts(d)
		if len(left.Lines)+len(right.Lines) > rows {
			left.Facts = right.Lines[1:] // without the empty line above the first heading
			left.Lines = append(left.Lines, make([]string, max(len(left.Facts)-len(left.Lines), 0))...)
			return left.Pane
		}
	}
	w.story(d)
	w.facts(d)
	w.sources(d)
	return w.Pane
}

// DrawPane returns the pane of a task, scrolled to its line first. Hints returns keys in at
// most so many cells.
func DrawPane(f Frame, t *poller.Task, p Pane, first int, hints func(room int) string) string {
	ink, at := &f.Theme.Plain, f.Layout.Detail
	_, rows := f.Layout.PaneText()
	first = max(min(first, len(p.Lines)-rows), 0)
	b := box{
		frame: f, style: ink.Rule, thumb: ink.Dim, width: at.W, rows: rows, first: first, total: len(p.Lines), open: at.H < footLeast,
		write: func(l *line, i int) { p.drawLine(l, f, i, first, rows) },
	}
	if f.Focus == OnPane {
		b.style = ink.Accent
	}
	if len(p.Lines) > rows {
		b.bottom.right = ink.Dim + strconv.Itoa(first+1) + "–" + strconv.Itoa(first+rows) + " of " + strconv.Itoa(len(p.Lines)) + theme.Reset
	}
	if b.top.right = hints(f.Layout.hintsRoom()); b.open {
		b.top.right = b.bottom.right
	}
	b.top.left = paneTitle(f, t, at.W-safe.Width(b.top.right)-8)
	lines := b.lines()
	return strings.Join(lines[:min(len(lines), at.H)], "\n")
}

// hintsRoom returns how many cells the keys in the title may take: none in a low pane, whose
// title shows the place.
func (l Layout) hintsRoom() int {
	if l.Detail.H < footLeast {
		return 0
	}
	return l.Detail.W / 2
}

// HintsX returns at which cell of the pane's title the keys begin.
func HintsX(f Frame, hints func(room int) string) int {
	return f.Layout.Detail.W - 3 - safe.Width(hints(f.Layout.hintsRoom()))
}

// drawLine writes line i of the pane. The second column stays where it ends, so that the
// times are in view while the first is scrolled.
func (p *Pane) drawLine(l *line, f Frame, i, first, rows int) {
	ink, end := &f.Theme.Plain, 0
	if len(p.Facts) > 0 {
		end = factsWidth + columnGap
	}
	l.room -= end
	switch {
	case i >= len(p.Lines):
	case i < p.PreviewFrom || i >= p.PreviewTo:
		l.styled(ink.Text, p.Lines[i])
	case f.Focus != OnDialog:
		// What a dialog fades loses its colors, and some pictures are made of
		// nothing else: there is none beneath a dialog.
		l.raw(p.Lines[i], p.PreviewWidth)
	}
	l.pad(ink.Text, l.room)
	if l.room = end; end == 0 {
		return
	}
	l.pad(ink.Text, 1)
	l.put(ink.Rule, "│")
	l.pad(ink.Text, 1)
	if at := i - first + min(first, max(len(p.Facts)-rows, 0)); at < len(p.Facts) {
		l.styled(ink.Text, p.Facts[at])
	}
}

// paneTitle returns the task in at most so many cells: its id is shortened before the
// endpoint is left out.
func paneTitle(f Frame, t *poller.Task, room int) []piece {
	if t == nil {
		return nil
	}
	ink := &f.Theme.Plain
	name, endpoint := ink.Text, "· "+safe.Line(t.Request.Endpoint)
	if f.Focus == OnPane {
		name = ink.Strong
	}
	room -= 2 // the sign and a blank
	title := []piece{{ink.State[stateOf(t)], theme.Symbol(t.State), 1}}
	if left := room - safe.Width(endpoint) - 1; left >= paneIDLeast {
		return append(title, piece{name, safe.TruncateMiddle(t.Name(), left), 0}, piece{ink.Dim, endpoint, 0})
	}
	return append(title, piece{name, safe.TruncateMiddle(t.Name(), max(room, 0)), 0})
}

type paneWriter struct {
	Pane
	width int
	ink   *theme.Styles
	now   poller.Stamp
}

func newPaneWriter(f Frame, width int) *paneWriter {
	return &paneWriter{width: max(width, 1), ink: &f.Theme.Plain, now: f.Now}
}

func (w *paneWriter) add(line string) { w.Lines = append(w.Lines, line+theme.Reset) }

// wrap adds a text in at most so many cells, behind before on its first line and behind
// after on the others.
func (w *paneWriter) wrap(before, after, text string, width int) {
	for _, line := range safe.Wrap(text, width) {
		w.add(before + line)
		before = after
	}
}

func (w *paneWriter) text(style, text string) { w.wrap(style, style, text, w.width) }

func (w *paneWriter) advice(text string) {
	before, after := w.ink.Accent+"→ ", "  "
	if w.width < 3 {
		before, after = "", ""
	}
	w.wrap(before+w.ink.Text, after+w.ink.Text, text, max(w.width-2, 1))
}

// section starts a section: an empty line and a heading.
func (w *paneWriter) section(title string) {
	w.Lines = append(w.Lines, "")
	w.text(w.ink.Heading, title)
}

// field adds a label and a value, wrapped beside it. A field without a value is left out.
func (w *paneWriter) field(label, style, value string) {
	if value == "" {
		return
	}
	indent := w.width - w.valueWidth()
	before := ""
	if indent == 0 {
		w.text(w.ink.Dim, label)
	} else {
		before = w.ink.Dim + label + strings.Repeat(" ", max(indent-len(label), 0))
	}
	w.wrap(before+style, strings.Repeat(" ", indent)+style, value, w.width-indent)
}

// valueWidth returns how wide the values beside the labels are: all of the
// width where labels have lines of their own.
func (w *paneWriter) valueWidth() int {
	if w.width < labelLeast {
		return w.width
	}
	return w.width - labelWidth
}
