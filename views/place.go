package views

import (
	"polltop/poller"
	"polltop/views/theme"
)

// PreviewPlace returns where on the screen the preview in a pane begins, in cells
// from the top left corner at 0, 0, and whether all of it is in view. A picture
// that is painted over the cells can only be painted when it is.
func PreviewPlace(d Detail, l Layout, th *theme.Theme, now poller.Stamp) (x, y int, whole bool) {
	width, rows := l.paneText()
	text := writeDetail(d, width, th, now)
	first := max(min(d.Scroll, len(text.lines)-rows), 0)
	from, to := text.picture.from-first, text.picture.to-first
	if to <= from || from < 0 || to > rows {
		return 0, 0, false
	}
	// A cell of margin at the left, and the pane's title above.
	x, y = l.Detail.X+1, l.Detail.Y+1+from
	if l.beside() {
		x++ // the border
	}
	return x, y, true
}

// PreviewRoom returns how many cells a preview may take in a layout's pane: its
// width, and half of its height, so that what is said of the outputs is seen.
func PreviewRoom(l Layout) (width, height int) {
	width, rows := l.paneText()
	return width, max(rows/2, 4)
}
