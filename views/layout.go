package views

// Rect is a rectangle of the screen in cells, from the top left corner at 0, 0.
// One without width or height is not there.
type Rect struct{ X, Y, W, H int }

// Contains reports whether the cell at x, y lies in the rectangle.
func (r Rect) Contains(x, y int) bool {
	return x >= r.X && x < r.X+r.W && y >= r.Y && y < r.Y+r.H
}

// Layout says where everything on the screen is. A line whose place is -1 is
// not there: on a low screen the rows of the table matter more.
type Layout struct {
	Width, Height int

	HeaderY, ProgressY, TabsY, ColumnsY int
	NoticeY, FooterY                    int // the same where there is no room for both: a notice then hides the keys

	RowsTop    int  // the line of the first row
	Rows       int  // how many there are; 0 where the detail pane takes the table's place
	TableWidth int  // with its scrollbar
	Detail     Rect // with its border; empty when it is closed
}

// The sizes from which on there is room for more.
const (
	besideWidth = 140 // the detail pane stands beside the table
	belowHeight = 16  // the detail pane stands below the table, not in its place
	gapHeight   = 16  // an empty line sets the table off
	apartHeight = 12  // notice and keys have a line each
)

// NewLayout returns where everything is on a screen of width by height cells,
// with the detail pane open or not. It takes any size.
func NewLayout(width, height int, detailOpen bool) Layout {
	width, height = max(width, 0), max(height, 0)
	l := Layout{
		Width: width, Height: height, TableWidth: width,
		HeaderY: -1, ProgressY: -1, TabsY: -1, ColumnsY: -1, NoticeY: -1, FooterY: -1,
	}
	top, bottom := 0, height
	line := func(y *int, wanted bool) {
		if wanted {
			*y = top
			top++
		}
	}
	line(&l.HeaderY, height >= 3)
	line(&l.ProgressY, height >= 9)
	line(&l.TabsY, height >= 5)
	if height >= gapHeight {
		top++
	}
	line(&l.ColumnsY, height >= 7)
	if height >= 6 {
		bottom--
		l.FooterY, l.NoticeY = bottom, bottom
	}
	if height >= apartHeight {
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
	case l.Height < belowHeight:
		l.Detail = Rect{X: 0, Y: top, W: l.Width, H: area}
		l.ColumnsY, l.Rows = -1, 0
	case l.Width >= besideWidth:
		w := min(max(l.Width*2/5, 50), 90)
		l.TableWidth = l.Width - w
		l.Detail = Rect{X: l.TableWidth, Y: top, W: w, H: area}
	default:
		// A little more than half: a failure takes some lines to explain, and
		// the table needs few around the cursor.
		h := (area + 2) / 2
		l.Rows -= h
		l.Detail = Rect{X: 0, Y: l.RowsTop + l.Rows, W: l.Width, H: h}
	}
}

// AreaTop returns the first line of the table's area, that of its titles where there is one.
func (l Layout) AreaTop() int {
	if l.ColumnsY >= 0 {
		return l.ColumnsY
	}
	return l.RowsTop
}

// area returns how many lines the table's area has, the titles among them.
func (l Layout) area() int { return l.RowsTop + l.Rows - l.AreaTop() }
