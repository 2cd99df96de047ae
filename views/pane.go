package views

import (
	"strconv"
	"strings"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// Pane is the text of the detail pane.
type Pane struct {
	Lines []string
	// Facts are the lines of a second column of factsWidth cells; nil where there is one column.
	Facts []string
	// The preview takes Lines[PreviewFrom:PreviewTo], and PreviewWidth cells of each.
	PreviewFrom, PreviewTo, PreviewWidth int
}

// Widths and heights of the pane, in cells.
const (
	factsWidth      = 44                       // the second column: the longest line of the times, and a labeled request id
	columnGap       = 3                        // between the columns: a line with a blank on both sides
	minTwoColumns   = 2*factsWidth + columnGap // the width from which on there are two columns
	minPaneID       = 16                       // the endpoint is left out of the title where the id would get less
	minBottomBorder = 8                        // the height from which on the pane has a border below
	labelWidth      = 10                       // the labels beside their values
	minLabelsBeside = 30                       // the width from which on labels stand beside their values
)

// PaneText returns the width and the height of the text in the pane.
func (l Layout) PaneText() (width, lines int) {
	lines = l.Detail.H - 1
	if l.Detail.H >= minBottomBorder {
		lines--
	}
	return max(l.Detail.W-4, 1), max(lines, 0)
}

// PreviewSize returns the cells that a preview may take in the pane: the width of the first column,
// and half of the height, so that the outputs below it are in view.
func (l Layout) PreviewSize() (width, height int) {
	width, rows := l.PaneText()
	if width >= minTwoColumns {
		width -= factsWidth + columnGap
	}
	return width, max(rows/2, 4)
}

// PreviewPosition returns the cell of the screen at which the preview begins in a pane whose first
// visible line is first, and whether all of it is in view, so that a picture can be painted there.
func (l Layout) PreviewPosition(p Pane, first int) (x, y int, whole bool) {
	_, rows := l.PaneText()
	from, to := p.PreviewFrom-first, p.PreviewTo-first
	if to <= from || from < 0 || to > rows {
		return 0, 0, false
	}
	// The border and a cell of margin at the left, and the border above.
	return l.Detail.X + 2, l.Detail.Y + 1 + from, true
}

// DetailText returns the text of the detail pane in width cells. It has two columns where the width
// allows them and one would be higher than rows.
func DetailText(f Frame, d *Detail, width, rows int) Pane {
	w := newPaneWriter(f, width)
	if d.Task == nil {
		w.text(w.styles.Dim, "This task is no longer tracked.")
		return w.Pane
	}
	if width >= minTwoColumns {
		left, right := newPaneWriter(f, width-factsWidth-columnGap), newPaneWriter(f, factsWidth)
		left.outcome(d)
		left.addresses(d)
		right.facts(d)
		if len(left.Lines)+len(right.Lines) > rows {
			left.Facts = right.Lines[1:] // without the empty line above the first heading
			left.Lines = append(left.Lines, make([]string, max(len(left.Facts)-len(left.Lines), 0))...)
			return left.Pane
		}
	}
	w.outcome(d)
	w.facts(d)
	w.addresses(d)
	return w.Pane
}

// DrawPane draws the pane of a task, scrolled to its line first. hints returns keys in at most width
// cells.
func DrawPane(f Frame, t *poller.Task, p Pane, first int, hints func(width int) string) string {
	styles, at := &f.Theme.Plain, f.Layout.Detail
	_, rows := f.Layout.PaneText()
	first = max(min(first, len(p.Lines)-rows), 0)
	b := box{
		frame: f, borderStyle: styles.Rule, thumbStyle: styles.Dim, width: at.W, rows: rows, first: first, total: len(p.Lines), noBottom: at.H < minBottomBorder,
		write: func(l *line, i int) { p.drawLine(l, f, i, first, rows) },
	}
	if f.Focus == OnPane {
		b.borderStyle = styles.Accent
	}
	if len(p.Lines) > rows {
		b.bottom.right = styles.Dim + strconv.Itoa(first+1) + "–" + strconv.Itoa(first+rows) + " of " + strconv.Itoa(len(p.Lines)) + theme.Reset
	}
	if b.top.right = hints(f.Layout.hintsWidth()); b.noBottom {
		b.top.right = b.bottom.right
	}
	b.top.left = paneTitle(f, t, at.W-safe.Width(b.top.right)-8)
	lines := b.lines()
	return strings.Join(lines[:min(len(lines), at.H)], "\n")
}

// hintsWidth returns how many cells the keys in the title may take: none in a low pane, whose title
// shows the scroll position.
func (l Layout) hintsWidth() int {
	if l.Detail.H < minBottomBorder {
		return 0
	}
	return l.Detail.W / 2
}

// HintsX returns the cell of the pane's title at which the keys begin.
func HintsX(f Frame, hints func(width int) string) int {
	return f.Layout.Detail.W - 3 - safe.Width(hints(f.Layout.hintsWidth()))
}

// drawLine writes line i of the pane. The second column scrolls no further than its end, so that
// the times stay in view.
func (p *Pane) drawLine(l *line, f Frame, i, first, rows int) {
	styles, end := &f.Theme.Plain, 0
	if len(p.Facts) > 0 {
		end = factsWidth + columnGap
	}
	l.space -= end
	switch {
	case i >= len(p.Lines):
	case i < p.PreviewFrom || i >= p.PreviewTo:
		l.styled(styles.Text, p.Lines[i])
	case f.Focus != OnDialog:
		// A dialog fades the screen, and some pictures are nothing but colors.
		l.raw(p.Lines[i], p.PreviewWidth)
	}
	l.pad(styles.Text, l.space)
	if l.space = end; end == 0 {
		return
	}
	l.pad(styles.Text, 1)
	l.put(styles.Rule, "│")
	l.pad(styles.Text, 1)
	if at := i - first + min(first, max(len(p.Facts)-rows, 0)); at < len(p.Facts) {
		l.styled(styles.Text, p.Facts[at])
	}
}

// paneTitle returns the state, the id and the endpoint of a task in width cells. The id is shortened
// down to minPaneID before the endpoint is left out.
func paneTitle(f Frame, t *poller.Task, width int) []piece {
	if t == nil {
		return nil
	}
	styles := &f.Theme.Plain
	name, endpoint := styles.Text, "· "+safe.Line(t.Request.Endpoint)
	if f.Focus == OnPane {
		name = styles.Strong
	}
	width -= 2 // the symbol and a blank
	title := []piece{{styles.State[displayState(t)], theme.Symbol(t.State), 1}}
	if left := width - safe.Width(endpoint) - 1; left >= minPaneID {
		return append(title, piece{name, safe.TruncateMiddle(t.Name(), left), 0}, piece{styles.Dim, endpoint, 0})
	}
	return append(title, piece{name, safe.TruncateMiddle(t.Name(), max(width, 0)), 0})
}

// paneWriter writes the text of a pane, wrapped to its width.
type paneWriter struct {
	Pane
	width  int
	styles *theme.Styles
	now    poller.Stamp
}

func newPaneWriter(f Frame, width int) *paneWriter {
	return &paneWriter{width: max(width, 1), styles: &f.Theme.Plain, now: f.Now}
}

func (w *paneWriter) add(line string) { w.Lines = append(w.Lines, line+theme.Reset) }

// wrap adds a text wrapped to width cells, after the prefix first on its first line and after rest
// on the others.
func (w *paneWriter) wrap(first, rest, text string, width int) {
	for _, line := range safe.Wrap(text, width) {
		w.add(first + line)
		first = rest
	}
}

func (w *paneWriter) text(style, text string) { w.wrap(style, style, text, w.width) }

func (w *paneWriter) advice(text string) {
	first, rest := w.styles.Accent+"→ ", "  "
	if w.width < 3 {
		first, rest = "", ""
	}
	w.wrap(first+w.styles.Text, rest+w.styles.Text, text, max(w.width-2, 1))
}

// section starts a section: an empty line and a heading.
func (w *paneWriter) section(title string) {
	w.Lines = append(w.Lines, "")
	w.text(w.styles.Heading, title)
}

// field adds a label and a value that is wrapped beside it. It adds nothing for the value "".
func (w *paneWriter) field(label, style, value string) {
	if value == "" {
		return
	}
	indent := w.width - w.valueWidth()
	first := ""
	if indent == 0 {
		w.text(w.styles.Dim, label)
	} else {
		first = w.styles.Dim + label + strings.Repeat(" ", max(indent-len(label), 0))
	}
	w.wrap(first+style, strings.Repeat(" ", indent)+style, value, w.width-indent)
}

// valueWidth returns the width of the values beside the labels, or the whole width where labels
// stand above them.
func (w *paneWriter) valueWidth() int {
	if w.width < minLabelsBeside {
		return w.width
	}
	return w.width - labelWidth
}
