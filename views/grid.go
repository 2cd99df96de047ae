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
	// middle says that the text is shortened in its middle, tail that it is at its start.
	middle, tail bool
	// least is the narrowest width in which the column is worth its room. A column
	// grows up to what the rows hold: to most cells, then to ample cells with what the
	// column that takes the rest does not need.
	least, most, ample int
	// weight is how soon the column is left out when there is no room for all: the
	// lightest goes first. One that is fixed is never left out.
	weight int
	fixed  bool
	// rest says that the column takes the room that the others leave. A late one is
	// there only if its least width is left when the others have grown.
	rest, late bool
	// text returns a cell's text for a width, and style its style. Text from outside
	// is made safe where it is drawn.
	text  func(r R, width int) string
	style func(ink *theme.Ink, r R) string
	// draw writes the cell in place of text and style; nil where they do.
	draw func(l *line, g *grid[R], ink *theme.Ink, r R, width int)
}

// slot is a column as it is drawn: how wide, and how many cells after the one before it.
type slot[R any] struct {
	*column[R]
	at, gap, width int
}

// grid is how columns are laid out for the rows in a window.
type grid[R any] struct {
	slots  []slot[R]
	rows   []R
	margin int                                        // cells before the first column: the cursor's mark
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
	g := &grid[R]{margin: margin, rows: rows, slots: make([]slot[R], 0, len(columns))}
	room := max(width-margin, 0)
	order := make([]int, len(columns))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return columns[b].weight - columns[a].weight })
	for _, i := range order {
		if !columns[i].late {
			g.insert(columns, i, room)
		}
	}
	if over := g.used() - room; over > 0 {
		g.shrink(over, room)
	}
	g.grow(columns, room)
	return g
}

func (g *grid[R]) insert(columns []column[R], i, room int) {
	at := 0
	for at < len(g.slots) && g.slots[at].at < i {
		at++
	}
	g.slots = slices.Insert(g.slots, at, slot[R]{column: &columns[i], at: i, width: columns[i].least})
	if g.used() > room && !columns[i].fixed {
		g.slots = slices.Delete(g.slots, at, at+1)
	}
}

// used sets the gaps and returns the width of the columns with them.
func (g *grid[R]) used() int {
	total := 0
	for i := range g.slots {
		s := &g.slots[i]
		switch {
		case i == 0:
			s.gap = 0
		case s.group != g.slots[i-1].group:
			s.gap = 3
		case s.right:
			s.gap = 1
		default:
			s.gap = 2
		}
		total += s.gap + s.width
	}
	return total
}

// shrink makes the fixed columns fit where not even their least widths do: the last of
// them gets what is left, and one before it its first cell where that is too little.
func (g *grid[R]) shrink(over, room int) {
	const shortest = 6 // of an id
	last := &g.slots[len(g.slots)-1]
	if first := &g.slots[0]; len(g.slots) > 1 && first.width+last.gap+shortest > room {
		over -= first.width - 1 + last.gap - 1
		first.width = 1
	}
	last.width = max(last.width-over, 0)
}

// grow shares out what room is left, in the order of the columns, and the rest to the
// column that takes it. What a column needs is measured on the rows in the window.
func (g *grid[R]) grow(columns []column[R], room int) {
	left := room - g.used()
	for i := range g.slots {
		left -= g.widen(i, g.slots[i].most, left)
	}
	for i := range columns {
		if columns[i].late {
			g.insert(columns, i, room)
			left = room - g.used()
		}
	}
	at := slices.IndexFunc(g.slots, func(s slot[R]) bool { return s.rest })
	if at < 0 {
		return
	}
	rest := &g.slots[at]
	need := safe.Width(rest.title)
	for _, r := range g.rows {
		need = max(need, safe.Width(rest.text(r, restMost)))
	}
	for _, tail := range []bool{false, true} { // what keeps its tail is shortened first
		for i, s := range g.slots {
			if s.tail == tail {
				left -= g.widen(i, s.ample, left+rest.width-need)
			}
		}
	}
	rest.width += left
}

// restMost bounds what of a text the column that takes the rest needs: most errors can be
// read in it.
const restMost = 48

// widen widens a column to what the rows hold, up to most cells and by at most left, and
// returns by how many.
func (g *grid[R]) widen(i, most, left int) int {
	s := &g.slots[i]
	if left <= 0 || most <= s.width {
		return 0
	}
	need := s.width
	for _, r := range g.rows {
		need = max(need, safe.Width(safe.Truncate(s.text(r, most), most)))
	}
	more := min(need-s.width, left)
	s.width += more
	return more
}

func (g *grid[R]) has(id Column) bool {
	return slices.ContainsFunc(g.slots, func(s slot[R]) bool { return s.id == id })
}

// drawTitles writes the line of the columns' titles, with an arrow at the one that is
// sorted by.
func (g *grid[R]) drawTitles(l *line, ink *theme.Ink, sorted Column, descending bool) {
	l.pad(ink.Text, g.margin)
	l.ground = ink.Text
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
		l.cell(style, title, width, s.right)
	}
	l.ground = ""
	l.pad(ink.Text, l.room)
}

// drawGroups writes the titles over the columns, each over the first one of its group.
func (g *grid[R]) drawGroups(l *line, ink *theme.Ink) {
	l.pad(ink.Text, g.margin)
	l.ground = ink.Text
	before := ""
	for _, s := range g.slots {
		title := s.group
		if title == before {
			title = ""
		}
		before = s.group
		l.pad(ink.Text, s.gap)
		l.cell(ink.Heading, title, s.width, true)
	}
}

func (g *grid[R]) drawRow(l *line, ink *theme.Ink, r R, selected, marked bool) {
	drawMargin(l, ink, g.margin, selected, marked)
	l.ground = ink.Text
	for _, s := range g.slots {
		l.pad(ink.Text, s.gap)
		if g.find != nil {
			l.find = func(cell string) (from, to int) { return g.find(s.id, cell) }
		}
		width := min(s.width, l.room)
		if s.draw != nil {
			s.draw(l, g, ink, r, width)
			continue
		}
		shorten := safe.Truncate
		if s.tail {
			shorten = safe.Tail
		} else if s.middle {
			shorten = safe.Middle
		}
		l.cell(s.style(ink, r), shorten(s.text(r, width), width), width, s.right)
	}
	l.find, l.ground = nil, ""
	l.pad(ink.Text, l.room)
}

// The signs in the margin: of the selected row, and of a marked one.
const (
	cursorSign = "▌"
	markSign   = "●"
)

// drawMargin writes the cells before a row's first column. Where they are but
// two, the sign of the cursor moves over for that of a mark.
func drawMargin(l *line, ink *theme.Ink, margin int, selected, marked bool) {
	signs := make([]string, margin) // of a mark, of the cursor
	if selected {
		signs[1] = cursorSign
		if margin == 2 && !marked {
			signs[0], signs[1] = cursorSign, ""
		}
	}
	if marked {
		signs[0] = markSign
	}
	for _, sign := range signs {
		if sign == "" {
			l.pad(ink.Text, 1)
		}
		l.put(ink.Accent, sign)
	}
}
