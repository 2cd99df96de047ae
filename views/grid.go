package views

import (
	"slices"

	"polltop/views/safe"
	"polltop/views/theme"
)

// column is a column of a grid whose rows are of type R, as data.
type column[R any] struct {
	id    Column // what the table can be sorted by; 0 in other grids
	group string // the title over some columns; "" for none
	title string
	short string // the title where there is no room for it
	right bool   // numbers stand at the right

	least  int  // the narrowest width in which the column is worth its room
	most   int  // the width up to which it grows to hold its rows
	ample  int  // the same with what the column that takes the rest does not need
	weight int  // when there is no room for all, the lightest column is left out first
	fixed  bool // it is never left out
	rest   bool // it takes the room that the others leave
	late   bool // it is there only if its least width is left when the others have grown

	// cell returns what stands in so many cells, as pieces side by side. They are shortened
	// and made safe where they are drawn: by shorten, or at their end where it is nil.
	cell    func(ink *theme.Styles, r R, width int) []piece
	shorten func(text string, width int) string
}

// inText and inDim return the cells of a column that says one text of each row.
func inText[R any](text func(r R) string) func(ink *theme.Styles, r R, width int) []piece {
	return func(ink *theme.Styles, r R, _ int) []piece { return []piece{{style: ink.Text, text: text(r)}} }
}
func inDim[R any](text func(r R) string) func(ink *theme.Styles, r R, width int) []piece {
	return func(ink *theme.Styles, r R, _ int) []piece { return []piece{{style: ink.Dim, text: text(r)}} }
}

// slot is a column as it is drawn: how wide, and how many cells after the one before it.
type slot[R any] struct {
	column[R]
	shown      bool
	gap, width int
}

// pieces returns the cell of a row in at most so many cells.
func (s *slot[R]) pieces(ink *theme.Styles, r R, width int) []piece {
	shorten := safe.Truncate
	if s.shorten != nil {
		shorten = s.shorten
	}
	pieces := s.cell(ink, r, width)
	for i := range pieces {
		pieces[i].text = shorten(pieces[i].text, width)
		width -= safe.Width(pieces[i].text)
	}
	return pieces
}

// grid is how columns are laid out for the rows in a window.
type grid[R any] struct {
	all    []slot[R]  // of all columns
	slots  []*slot[R] // of those that are shown
	rows   []R
	room   int                                        // for the columns
	margin int                                        // cells before the first one: the cursor's mark
	find   func(c Column, cell string) (from, to int) // of what stands out; nil for nothing
}

// margin returns the width of the cells before a grid's first column.
func margin(width int) int {
	if width < 90 {
		return 2
	}
	return 3
}

// newGrid lays columns out in a number of cells, the margin included. It starts from
// the least widths and takes in the columns that fit, the heaviest first; then it lets
// those that are cut grow up to what the rows hold.
func newGrid[R any](columns []column[R], width, margin int, rows []R) *grid[R] {
	g := &grid[R]{all: make([]slot[R], len(columns)), rows: rows, room: max(width-margin, 0), margin: margin}
	byWeight := make([]*slot[R], len(columns))
	for i, c := range columns {
		g.all[i] = slot[R]{column: c, width: c.least}
		byWeight[i] = &g.all[i]
	}
	slices.SortFunc(byWeight, func(a, b *slot[R]) int { return b.weight - a.weight })
	for _, s := range byWeight {
		if !s.late {
			g.take(s)
		}
	}
	if left := g.left(); left < 0 {
		g.shrink(-left)
	}
	g.grow()
	return g
}

// take shows a column if there is room for it.
func (g *grid[R]) take(s *slot[R]) {
	s.shown = true
	s.shown = g.left() >= 0 || s.fixed
}

// left puts the columns that are shown side by side and returns how much room they leave.
func (g *grid[R]) left() int {
	left, group := g.room, ""
	g.slots = g.slots[:0]
	for i := range g.all {
		s := &g.all[i]
		if !s.shown {
			continue
		}
		switch {
		case len(g.slots) == 0:
			s.gap = 0
		case s.group != group:
			s.gap = 3
		case s.right:
			s.gap = 1
		default:
			s.gap = 2
		}
		group = s.group
		left -= s.gap + s.width
		g.slots = append(g.slots, s)
	}
	return left
}

// shrink makes the fixed columns fit where not even their least widths do: the last of
// them gets what is left, and one before it its first cell where that is too little.
func (g *grid[R]) shrink(over int) {
	const shortest = 6 // of an id
	first, last := g.slots[0], g.slots[len(g.slots)-1]
	if first != last && first.width+last.gap+shortest > g.room {
		over -= first.width - 1 + last.gap - 1
		first.width = 1
	}
	last.width = max(last.width-over, 0)
}

// grow shares out what room is left, in the order of the columns, and the rest to the
// column that takes it. What a column needs is measured on the rows in the window.
func (g *grid[R]) grow() {
	left := g.left()
	for _, s := range g.slots {
		left -= g.widen(s, s.most, left)
	}
	for i := range g.all {
		if g.all[i].late {
			g.take(&g.all[i])
		}
	}
	left = g.left()
	at := slices.IndexFunc(g.slots, func(s *slot[R]) bool { return s.rest })
	if at < 0 {
		return
	}
	rest := g.slots[at]
	need := max(safe.Width(rest.title), g.need(rest, restMost))
	for _, s := range slices.Backward(g.slots) { // the ids, which stand in front, are shortened first
		left -= g.widen(s, s.ample, left+rest.width-need)
	}
	rest.width += left
}

// restMost bounds what of a text the column that takes the rest needs: most errors can be
// read in it.
const restMost = 48

// need returns how many of at most most cells a column needs for all rows.
func (g *grid[R]) need(s *slot[R], most int) (need int) {
	ink := &theme.Styles{}
	for _, r := range g.rows {
		need = max(need, piecesWidth(s.pieces(ink, r, most), 0))
	}
	return need
}

// widen widens a column to what the rows hold, up to most cells and by at most left, and
// returns by how many.
func (g *grid[R]) widen(s *slot[R], most, left int) int {
	if left <= 0 || most <= s.width {
		return 0
	}
	more := min(max(g.need(s, most)-s.width, 0), left)
	s.width += more
	return more
}

// drawTitles writes the line of the columns' titles, with an arrow at the one that is
// sorted by.
func (g *grid[R]) drawTitles(l *line, ink *theme.Styles, sorted Column, descending bool) {
	l.pad(ink.Text, g.margin)
	for _, s := range g.slots {
		title, style, arrow := s.title, ink.Heading, ""
		if safe.Width(title) > s.width && (s.short != "" || s.width == 1) {
			title = s.short
		}
		if s.id == sorted && sorted != ColumnAdded {
			style, arrow = ink.Accent, "↑"
			if descending {
				arrow = "↓"
			}
		}
		title, width := safe.Truncate(title, s.width), s.width
		if s.right {
			title = arrow + title
			width = max(width, safe.Width(title)) // the arrow of a title as wide as its column stands in the gap
		} else if len(title) < s.width {
			title += arrow
		}
		l.pad(ink.Text, s.gap+s.width-width)
		l.align([]piece{{style: style, text: title}}, width, s.right, ink.Text)
	}
	l.pad(ink.Text, l.room)
}

// drawGroups writes the titles over the columns, each over the first one of its group.
func (g *grid[R]) drawGroups(l *line, ink *theme.Styles) {
	l.pad(ink.Text, g.margin)
	before := ""
	for _, s := range g.slots {
		title := s.group
		if title == before {
			title = ""
		}
		before = s.group
		l.pad(ink.Text, s.gap)
		l.align([]piece{{style: ink.Heading, text: title}}, s.width, true, ink.Text)
	}
}

func (g *grid[R]) drawRow(l *line, f Frame, r R, selected, marked bool) {
	ink := f.rowInk(selected, marked)
	drawMargin(l, ink, g.margin, selected, marked)
	for _, s := range g.slots {
		l.pad(ink.Text, s.gap)
		if g.find != nil {
			l.find = func(cell string) (from, to int) { return g.find(s.id, cell) }
		}
		width := min(s.width, l.room)
		l.align(s.pieces(ink, r, width), width, s.right, ink.Text)
	}
	l.find = nil
	l.pad(ink.Text, l.room)
}

// The signs in the margin: of the selected row, and of a marked one.
const (
	cursorSign = "▌"
	markSign   = "●"
)

// drawMargin writes the cells before a row's first column. Where they are but
// two, the sign of the cursor moves over for that of a mark.
func drawMargin(l *line, ink *theme.Styles, margin int, selected, marked bool) {
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
			l.pad(ink.Text, 1)
		}
		l.put(ink.Accent, sign)
	}
}
