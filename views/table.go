package views

import (
	"slices"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// slot is a column as it is drawn: how wide, and how many cells after the one
// before it.
type slot struct {
	*column
	gap, width int
}

// grid is how the table's columns are laid out.
type grid struct {
	slots  []slot
	margin int // cells before the first column: the cursor's mark
}

// newGrid lays the columns out in the table's width. It starts from the least
// widths and takes in the columns that fit, the heaviest first; then it lets
// those that are cut grow up to what the rows hold, and the detail gets the
// rest.
func newGrid(width int, rows []*poller.Task) grid {
	g := grid{margin: 3, slots: make([]slot, 0, len(columns))}
	if width < 90 {
		g.margin = 2
	}
	room := max(width-g.margin-2, 0) // an empty cell and the scrollbar
	for _, i := range byWeight {
		c := &columns[i]
		s := slot{column: c, width: c.least}
		if c.id == ColumnStatus && room < statusPlace+2+idLeast {
			s.width = statusWord
		}
		at := 0
		for at < len(g.slots) && g.slots[at].id < c.id {
			at++
		}
		g.slots = slices.Insert(g.slots, at, s)
		if g.used() > room && len(g.slots) > 2 {
			g.slots = slices.Delete(g.slots, at, at+1)
		}
	}
	if g.used() > room {
		g.shrink(room)
	}
	g.grow(room, rows)
	return g
}

// byWeight are the indexes of the columns, the heaviest first.
var byWeight = func() []int {
	order := make([]int, len(columns))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return columns[b].weight - columns[a].weight })
	return order
}()

// used sets the gaps and returns the width of the columns with them.
func (g *grid) used() int {
	total := 0
	for i := range g.slots {
		s := &g.slots[i]
		switch {
		case i == 0:
			s.gap = 0
		case s.right:
			s.gap = 1
		default:
			s.gap = 2
		}
		total += s.gap + s.width
	}
	return total
}

// hasDetail reports whether the column is there that says most of a task.
func (g *grid) hasDetail() bool {
	return len(g.slots) > 0 && g.slots[len(g.slots)-1].id == ColumnDetail
}

// shrink makes status and id fit where not even their least widths do.
func (g *grid) shrink(room int) {
	const shortest = 6 // of an id
	status, id := &g.slots[0], &g.slots[1]
	if status.width+id.gap+shortest > room {
		status.width, id.gap = statusSymbol, 1
	}
	id.width = max(room-status.width-id.gap, 0)
}

// grow shares out what room is left: first to the id, which is shortened only
// where it must be, then in part to the endpoint, and the rest to the detail.
// What a column needs is measured on the rows in the window.
func (g *grid) grow(room int, rows []*poller.Task) {
	left := room - g.used()
	for i := range g.slots {
		left -= g.slots[i].grow(g.slots[i].most, left, rows)
	}
	if !g.hasDetail() {
		return
	}
	last := &g.slots[len(g.slots)-1]
	for i := range g.slots {
		left -= g.slots[i].grow(g.slots[i].ample, left+last.width-detailAmple, rows)
	}
	last.width += left
}

// grow widens a column to what the rows hold, up to most cells and by at most
// left, and returns by how many.
func (s *slot) grow(most, left int, rows []*poller.Task) int {
	if left <= 0 || most <= s.width {
		return 0
	}
	need := s.width
	for _, t := range rows {
		need = max(need, safe.Width(safe.Truncate(s.display(t, 0, most), most)))
	}
	more := min(need-s.width, left)
	s.width += more
	return more
}

// drawColumns writes the line of the columns' titles.
func drawColumns(l *line, g *grid, p *Props) {
	ink := &p.Theme.Plain
	l.pad(ink.Text, g.margin)
	for i := range g.slots {
		s := &g.slots[i]
		title, style, arrow := s.title, ink.Heading, ""
		if safe.Width(title) > s.width {
			title = s.short
		}
		if s.id == p.Table.Sort {
			style, arrow = ink.Accent, "↑"
			if p.Table.Descending {
				arrow = "↓"
			}
		}
		if s.right {
			// The arrow of a title as wide as its column stands in the gap.
			l.pad(ink.Text, s.gap+s.width-len(title)-safe.Width(arrow))
			l.put(style, arrow)
			l.put(style, title)
			continue
		}
		l.pad(ink.Text, s.gap)
		before := l.room
		l.put(style, title)
		if len(title)+1 <= s.width {
			l.put(style, arrow)
		}
		l.pad(ink.Text, s.width-(before-l.room))
	}
	l.pad(ink.Text, l.room)
}

// wrapEmpty wraps what is said in the place of rows, and leaves empty lines out
// where there is no room for them.
func wrapEmpty(lines []string, width, rows int) []string {
	var all, text []string
	for _, line := range lines {
		wrapped := safe.Wrap(line, max(width, 1))
		text = append(text, wrapped...)
		if all = append(all, wrapped...); len(wrapped) == 0 {
			all = append(all, "")
		}
	}
	if len(all) > rows {
		return text
	}
	return all
}

// drawEmpty writes a line of what is said in the place of rows, centered.
func drawEmpty(l *line, ink *theme.Ink, text string) {
	text = safe.Truncate(text, l.room)
	l.pad(ink.Text, (l.room-safe.Width(text))/2)
	l.put(ink.Dim, text)
	l.pad(ink.Text, l.room)
}

// thumb returns where the thumb of a scrollbar of the given height begins and
// ends, for a window of size lines from first on out of total; nothing where
// all is in the window.
func thumb(first, size, total, height int) (from, to int) {
	if total <= size || height <= 0 || size <= 0 {
		return 0, 0
	}
	length := max(height*size/total, 1)
	// The first and the last line of all are where the thumb touches the ends.
	from = first * (height - length) / (total - size)
	from = max(min(from, height-length), 0)
	return from, from + length
}

// drawThumb writes a cell of a scrollbar, which has no track.
func drawThumb(l *line, ink *theme.Ink, onThumb bool) {
	if onThumb {
		l.put(ink.Dim, "┃")
	}
	l.pad(ink.Text, l.room)
}
