package views

// Rect is a rectangle of the screen in cells, from the top left corner at 0, 0. An empty one has
// no width or no height.
type Rect struct{ X, Y, W, H int }

// Contains reports whether the cell at x, y lies in the rectangle.
func (r Rect) Contains(x, y int) bool {
	return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H
}

// Layout is where everything on the screen is. The Y of a line that is not shown is -1: on a low
// screen the rows of the table matter more.
type Layout struct {
	Width, Height int

	HeaderY, ProgressY, TabsY, ColumnsY int
	NoticeY, FooterY                    int // equal on a low screen, where a notice covers the keys

	RowsTop    int  // the line of the first row
	Rows       int  // the number of rows; 0 where the detail pane takes the table's place
	TableWidth int  // with its scrollbar
	Detail     Rect // with its border; empty when it is closed
}

// The screen sizes from which on the layout changes, in cells.
const (
	minDetailBeside = 140 // the width from which on the detail pane is beside the table
	minDetailBelow  = 16  // the height from which on the detail pane is below the table, not in its place
	minTableGap     = 16  // the height from which on an empty line is above the table
	minNoticeLine   = 12  // the height from which on notice and keys have a line each
)

// NewLayout returns the layout of a screen of any size, with the detail pane open or not.
func NewLayout(width, height int, detailOpen bool) Layout {
	width, height = max(width, 0), max(height, 0)
	l := Layout{
		Width: width, Height: height, TableWidth: width,
		HeaderY: -1, ProgressY: -1, TabsY: -1, ColumnsY: -1, NoticeY: -1, FooterY: -1,
	}
	top, bottom := 0, height
	line := func(y *int, shown bool) {
		if shown {
			*y = top
			top++
		}
	}
	line(&l.HeaderY, height >= 3)
	line(&l.ProgressY, height >= 9)
	line(&l.TabsY, height >= 5)
	if height >= minTableGap {
		top++
	}
	line(&l.ColumnsY, height >= 7)
	if height >= 6 {
		bottom--
		l.FooterY, l.NoticeY = bottom, bottom
	}
	if height >= minNoticeLine {
		bottom--
		l.NoticeY = bottom
	}
	l.RowsTop, l.Rows = top, bottom-top
	if detailOpen {
		l.openDetail()
	}
	return l
}

func (l *Layout) openDetail() {
	top, area := l.AreaTop(), l.area()
	switch {
	case l.Height < minDetailBelow:
		l.Detail = Rect{X: 0, Y: top, W: l.Width, H: area}
		l.ColumnsY, l.Rows = -1, 0
	case l.Width >= minDetailBeside:
		w := min(max(l.Width*2/5, 50), 90)
		l.TableWidth = l.Width - w
		l.Detail = Rect{X: l.TableWidth, Y: top, W: w, H: area}
	default:
		// A failure takes some lines to explain, and the table needs few around the cursor.
		h := (area + 2) / 2
		l.Rows -= h
		l.Detail = Rect{X: 0, Y: l.RowsTop + l.Rows, W: l.Width, H: h}
	}
}

// AreaTop returns the first line of the table's area, which begins with the titles if they are shown.
func (l Layout) AreaTop() int {
	if l.ColumnsY >= 0 {
		return l.ColumnsY
	}
	return l.RowsTop
}

// area returns the height of the table's area, with the titles.
func (l Layout) area() int { return l.RowsTop + l.Rows - l.AreaTop() }
