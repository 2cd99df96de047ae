package views

import (
	"slices"

	"polltop/views/safe"
	"polltop/views/theme"
)

// column is a column of a grid whose rows are of type R, as data.
type column[R any] struct {
	id         Column // what the table is sorted by on a click; 0 in other grids
	groupTitle string // the title over adjacent columns that have the same; "" for none
	title      string
	shortTitle string // the title where the other one does not fit
	alignRight bool

	minWidth int  // the narrowest useful width, in cells
	maxWidth int  // the width up to which the column grows to hold its rows; 0 for minWidth
	maxSpare int  // the same, out of what the fill column does not need
	priority int  // columns that do not fit are left out, the lowest priority first
	required bool // it is never left out
	fill     bool // it takes the width that the others leave
	ifSpace  bool // it is shown only if its minWidth is left when the others have grown

	draw    func(c *cell, r R)
	shorten func(text string, width int) string // nil for safe.Truncate
}

// cell collects what stands in a cell of a grid, as pieces side by side.
type cell struct {
	styles  *theme.Styles
	width   int // the cells of the screen that are left
	shorten func(text string, width int) string
	pieces  []piece
}

// put adds outside text, shortened to the width that is left and made safe.
func (c *cell) put(style, text string) {
	text = c.shorten(text, c.width)
	c.width -= safe.Width(text)
	c.pieces = append(c.pieces, piece{style: style, text: text})
}

// textCell and dimCell draw the cells of a column that shows one text of each row.
func textCell[R any](text func(r R) string) func(c *cell, r R) {
	return func(c *cell, r R) { c.put(c.styles.Text, text(r)) }
}
func dimCell[R any](text func(r R) string) func(c *cell, r R) {
	return func(c *cell, r R) { c.put(c.styles.Dim, text(r)) }
}

// placedColumn is a column with its width, and the gap between it and the column before, in cells.
type placedColumn[R any] struct {
	column[R]
	shown      bool
	gap, width int
}

// grid draws rows in columns that are laid out for the rows in a window.
type grid[R any] struct {
	all       []placedColumn[R]
	shown     []*placedColumn[R]
	rows      []R
	width     int                                        // for the columns
	margin    int                                        // the cells before the first column, for the cursor and marks
	highlight func(c Column, cell string) (from, to int) // the part of a cell that stands out; nil for none
	cell      cell                                       // of the last call of content
}

// marginWidth returns the width of the cells before a grid's first column.
func marginWidth(width int) int {
	if width < 90 {
		return 2
	}
	return 3
}

// newGrid lays columns out in width cells, the margin included. It starts from the least
// widths and shows the columns that fit, by priority. Then the columns whose rows are cut
// grow up to what the rows need.
func newGrid[R any](columns []column[R], width, margin int, rows []R) *grid[R] {
	g := &grid[R]{all: make([]placedColumn[R], len(columns)), rows: rows, width: max(width-margin, 0), margin: margin}
	byPriority := make([]*placedColumn[R], len(columns))
	for i, c := range columns {
		if c.shorten == nil {
			c.shorten = safe.Truncate
		}
		g.all[i] = placedColumn[R]{column: c, width: c.minWidth}
		byPriority[i] = &g.all[i]
	}
	slices.SortFunc(byPriority, func(a, b *placedColumn[R]) int { return b.priority - a.priority })
	for _, c := range byPriority {
		if !c.ifSpace {
			g.show(c)
		}
	}
	if left := g.place(); left < 0 {
		g.shrink(-left)
	}
	g.grow()
	return g
}

// show shows a column if it is required or fits.
func (g *grid[R]) show(c *placedColumn[R]) {
	c.shown = true
	c.shown = g.place() >= 0 || c.required
}

// place puts the shown columns side by side. It returns the width that is left, which is
// negative if they do not fit.
func (g *grid[R]) place() (left int) {
	left = g.width
	groupTitle := ""
	g.shown = g.shown[:0]
	for i := range g.all {
		c := &g.all[i]
		if !c.shown {
			continue
		}
		switch {
		case len(g.shown) == 0:
			c.gap = 0
		case c.groupTitle != groupTitle:
			c.gap = 3
		case c.alignRight:
			c.gap = 1
		default:
			c.gap = 2
		}
		groupTitle = c.groupTitle
		left -= c.gap + c.width
		g.shown = append(g.shown, c)
	}
	return left
}

// shrink narrows the required columns by excess cells where not even their least widths fit:
// the last one, and the first one to a single cell if the last would become too narrow.
func (g *grid[R]) shrink(excess int) {
	const minID = 6
	first, last := g.shown[0], g.shown[len(g.shown)-1]
	if first != last && first.width+last.gap+minID > g.width {
		excess -= first.width - 1 + last.gap - 1
		first.width = 1
	}
	last.width = max(last.width-excess, 0)
}

// grow distributes the width that is left, in the order of the columns; the fill column takes
// the rest.
func (g *grid[R]) grow() {
	left := g.place()
	for _, c := range g.shown {
		left -= g.widen(c, c.maxWidth, left)
	}
	for i := range g.all {
		if g.all[i].ifSpace {
			g.show(&g.all[i])
		}
	}
	left = g.place()
	at := slices.IndexFunc(g.shown, func(c *placedColumn[R]) bool { return c.fill })
	if at < 0 {
		return
	}
	fill := g.shown[at]
	need := max(safe.Width(fill.title), g.contentWidth(fill, maxFillNeed))
	for _, c := range slices.Backward(g.shown) { // the ids, which stand in front, stay shortened longest
		left -= g.widen(c, c.maxSpare, left+fill.width-need)
	}
	fill.width += left
}

// maxFillNeed bounds what the fill column gets before others grow to maxSpare, in cells: most
// errors can be read in it.
const maxFillNeed = 48

// widen widens a column to what its rows need, to at most maxWidth and by at most left cells.
// It returns by how many.
func (g *grid[R]) widen(c *placedColumn[R], maxWidth, left int) int {
	if left <= 0 || maxWidth <= c.width {
		return 0
	}
	more := min(max(g.contentWidth(c, maxWidth)-c.width, 0), left)
	c.width += more
	return more
}

// contentWidth returns the width of the widest cell of a column, up to maxWidth.
func (g *grid[R]) contentWidth(c *placedColumn[R], maxWidth int) (width int) {
	noStyles := &theme.Styles{}
	for _, r := range g.rows {
		width = max(width, piecesWidth(g.content(c, noStyles, r, maxWidth), 0))
	}
	return width
}

// content returns a row's cell in at most width cells. The next call overwrites it.
func (g *grid[R]) content(c *placedColumn[R], styles *theme.Styles, r R, width int) []piece {
	g.cell = cell{styles: styles, width: width, shorten: c.shorten, pieces: g.cell.pieces[:0]}
	c.draw(&g.cell, r)
	return g.cell.pieces
}

// drawTitles writes the columns' titles, with an arrow at the column that is sorted by.
func (g *grid[R]) drawTitles(l *line, styles *theme.Styles, sorted Column, descending bool) {
	l.pad(styles.Text, g.margin)
	for _, c := range g.shown {
		title, style, arrow := c.title, styles.Heading, ""
		if safe.Width(title) > c.width && (c.shortTitle != "" || c.width == 1) {
			title = c.shortTitle
		}
		if c.id == sorted && sorted != ColumnAdded {
			style, arrow = styles.Accent, "↑"
			if descending {
				arrow = "↓"
			}
		}
		title, width := safe.Truncate(title, c.width), c.width
		if c.alignRight {
			title = arrow + title
			width = max(width, safe.Width(title)) // the arrow of a title as wide as its column stands in the gap
		} else if len(title) < c.width {
			title += arrow
		}
		l.pad(styles.Text, c.gap+c.width-width)
		l.align([]piece{{style: style, text: title}}, width, c.alignRight, styles.Text)
	}
	l.pad(styles.Text, l.space)
}

// drawGroupTitles writes the titles over groups of columns, each over the first column of its group.
func (g *grid[R]) drawGroupTitles(l *line, styles *theme.Styles) {
	l.pad(styles.Text, g.margin)
	last := ""
	for _, c := range g.shown {
		title := c.groupTitle
		if title == last {
			title = ""
		}
		last = c.groupTitle
		l.pad(styles.Text, c.gap)
		l.align([]piece{{style: styles.Heading, text: title}}, c.width, true, styles.Text)
	}
}

func (g *grid[R]) drawRow(l *line, f Frame, r R, selected, marked bool) {
	styles := f.rowStyles(selected, marked)
	drawMargin(l, styles, g.margin, selected, marked)
	for _, c := range g.shown {
		l.pad(styles.Text, c.gap)
		if g.highlight != nil {
			l.highlight = func(cell string) (from, to int) { return g.highlight(c.id, cell) }
		}
		width := min(c.width, l.space)
		l.align(g.content(c, styles, r, width), width, c.alignRight, styles.Text)
	}
	l.highlight = nil
	l.pad(styles.Text, l.space)
}

// The signs in the margin, of the selected row and of a marked one.
const (
	cursorSign = "▌"
	markSign   = "●"
)

// drawMargin writes the cells before a row's first column. In a margin of two cells the sign
// of a mark takes the place of the cursor's, which moves to the second one.
func drawMargin(l *line, styles *theme.Styles, margin int, selected, marked bool) {
	signs := [3]string{}
	if marked {
		signs[0] = markSign
	}
	if selected && margin == 2 && !marked {
		signs[0] = cursorSign
	} else if selected {
		signs[1] = cursorSign
	}
	for _, sign := range signs[:margin] {
		if sign == "" {
			l.pad(styles.Text, 1)
		}
		l.put(styles.Accent, sign)
	}
}
