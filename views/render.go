package views

import (
	"strings"

	"polltop/views/theme"
)

// Render returns the screen: exactly Height lines, joined by line breaks, each
// of exactly Width cells, so that nothing of an older frame shows. It takes any
// size; the size 0 by 0 is the empty string.
func Render(p Props) string {
	if p.Width <= 0 || p.Height <= 0 {
		return strings.Repeat("\n", max(p.Height-1, 0))
	}
	if p.Stats != nil {
		p.Groups, p.Detail = nil, nil // the stats view has the table's and the pane's room
	}
	f := frame{props: &p, layout: Arrange(p.Width, p.Height, p.Detail != nil)}
	f.prepare()
	var b strings.Builder
	b.Grow(p.Height * (p.Width + 160))
	for y := range p.Height {
		if y > 0 {
			b.WriteByte('\n')
		}
		l := line{out: &b, room: p.Width}
		f.drawLine(&l, y)
		l.end(theme.Reset)
	}
	if p.Dialog == nil {
		return b.String()
	}
	screen := strings.Split(b.String(), "\n")
	drawDialog(screen, &p)
	return strings.Join(screen, "\n")
}

// frame is what has to be known to draw the lines of one screen.
type frame struct {
	props  *Props
	layout Layout
	grid   grid
	header header
	pane   pane
	empty  []string // what is said in the place of rows
	// area is the lines of the view in the table's place; nil for the table.
	// Each is one cell narrower than the table, or empty.
	area []string

	// from and to are where the thumb of the table's scrollbar begins and ends,
	// as rows of the table.
	from, to int
	tabs     []tabPlace
	marked   string  // how many tasks are marked, likewise
	chip     string  // the filter in force, where the tabs leave room for it
	low      []piece // what stands at the right end of the notice's line

	noticeY int // where the notice goes, -1 for nowhere
	filterY int // where the filter's field goes, -1 for nowhere
}

// prepare computes all that more than one line needs.
func (f *frame) prepare() {
	p, l := f.props, &f.layout
	switch {
	case p.Stats != nil:
		f.area, f.from, f.to = drawStats(p, *l, max(l.TableWidth-1, 0))
		f.placeThumb(l.areaTop())
	case p.Groups != nil:
		place := l.groups()
		f.area = drawGroups(p, place, max(l.TableWidth-1, 0))
		f.from, f.to = thumb(p.Groups.First, place.rows, len(p.Groups.Rows), place.rows)
		f.placeThumb(place.top + place.heading + place.titles)
	default:
		f.prepareTable()
	}
	if l.HeaderY >= 0 {
		f.header = newHeader(p)
	}
	if p.Detail != nil {
		f.pane = newPane(p, *l)
	}
	f.prepareTabs()
	f.noticeY, f.filterY = l.NoticeY, -1
	if l.NoticeY == l.FooterY && p.Notice == "" && !p.Transfers.running() && (f.header.note == "" || p.Link < LinkWaiting) {
		// The line is the footer's.
		f.noticeY = -1
	}
	if l.NoticeY < 0 && p.Notice != "" {
		f.noticeY = p.Height - 1
	}
	if p.FilterField != "" {
		f.filterY = l.TabsY
		if f.filterY < 0 {
			f.filterY = p.Height - 1
		}
	}
}

// prepareTable lays the table out.
func (f *frame) prepareTable() {
	p, l := f.props, &f.layout
	if len(p.Table.Rows) > l.Rows {
		p.Table.Rows = p.Table.Rows[:l.Rows]
	}
	f.grid = newGrid(l.TableWidth, p.Table.Rows)
	f.from, f.to = thumb(p.Table.First, l.Rows, p.Table.Total, l.Rows)
	if len(p.Table.Rows) == 0 {
		f.empty = wrapEmpty(p.Table.Empty, l.TableWidth-2, l.Rows)
	}
}

// placeThumb moves the thumb, which is told from the line top on, to rows of
// the table.
func (f *frame) placeThumb(top int) {
	if f.to > f.from {
		f.from, f.to = f.from+top-f.layout.RowsTop, f.to+top-f.layout.RowsTop
	}
}

// drawLine writes the line y of the screen.
func (f *frame) drawLine(l *line, y int) {
	p, layout := f.props, &f.layout
	switch {
	case y == f.filterY:
		l.styled(theme.Reset, p.FilterField)
	case y == f.noticeY:
		drawNotice(l, p, f.header.note, f.low)
	case y == layout.HeaderY:
		f.header.draw(l, &p.Theme.Plain)
	case y == layout.ProgressY:
		drawProgress(l, p)
	case y == layout.TabsY:
		drawTabs(l, p, f.tabs, f.marked, f.chip)
	case y == layout.FooterY:
		low := []piece(nil)
		if layout.NoticeY == layout.FooterY {
			low = f.low
		}
		drawFooter(l, p, low)
	default:
		f.drawMiddle(l, y)
	}
}

// drawMiddle writes a line of the table or what is in its place, of the pane,
// or of both side by side.
func (f *frame) drawMiddle(l *line, y int) {
	p, layout := f.props, &f.layout
	width, used, row := l.room, 0, y-layout.RowsTop
	onThumb := row >= f.from && row < f.to
	switch {
	case f.inArea(y):
		used = layout.TableWidth
		l.room = used - 1
		if text := f.area[y-layout.areaTop()]; text != "" {
			l.raw(text, l.room)
		}
		l.pad(theme.Reset, l.room)
		l.room = 1
		drawThumb(l, &p.Theme.Plain, onThumb && !layout.beside())
	case y == layout.ColumnsY && !f.replaced():
		used = layout.TableWidth
		l.room = used
		drawColumns(l, &f.grid, p)
	case row >= 0 && row < layout.Rows:
		used = layout.TableWidth
		l.room = used - 1
		f.drawTableLine(l, row)
		l.room = 1
		drawThumb(l, &p.Theme.Plain, onThumb && !layout.beside())
	}
	l.room = width - used
	if layout.Detail.Contains(layout.Detail.X, y) {
		f.pane.drawLine(l, y-layout.Detail.Y, onThumb)
	}
}

// replaced reports whether another view is in the table's place.
func (f *frame) replaced() bool { return f.props.Stats != nil || f.props.Groups != nil }

// inArea reports whether the line y holds one of the view in the table's place.
func (f *frame) inArea(y int) bool {
	at := y - f.layout.areaTop()
	return at >= 0 && at < len(f.area)
}

// drawTableLine writes the line of a row, or what is said where there is none.
func (f *frame) drawTableLine(l *line, row int) {
	t := &f.props.Table
	if f.replaced() {
		l.pad(theme.Reset, l.room)
		return
	}
	if row < len(t.Rows) {
		drawRow(l, &f.grid, f.props, row)
		return
	}
	if at := row - max((f.layout.Rows-len(f.empty))/2, 0); at >= 0 && at < len(f.empty) {
		drawEmpty(l, &f.props.Theme.Plain, f.empty[at])
	}
	l.pad(theme.Reset, l.room)
}
