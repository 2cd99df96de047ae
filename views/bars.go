package views

import (
	"strings"

	"polltop/views/theme"
)

// bars are the bars as they are being drawn.
type bars struct {
	Frame
	*Bars
}

// DrawBars returns the lines of the bars by their place on the screen: "" where the
// table, or what is in its place, shows.
func DrawBars(f Frame, b *Bars) string {
	p, l := bars{f, b}, f.Layout
	lines := make([]string, l.Height)
	put := func(y int, write func(l *line)) {
		if y >= 0 && y < len(lines) {
			lines[y] = draw(l.Width, write)
		}
	}
	var head header
	if l.HeaderY >= 0 {
		head = newHeader(p)
	}
	tabs := newTabLine(p)
	low := tabs.low
	put(l.FooterY, func(out *line) {
		if l.NoticeY != l.FooterY {
			low = nil
		}
		drawFooter(out, p, low)
	})
	put(l.TabsY, func(out *line) { tabs.draw(out, p) })
	put(l.ProgressY, func(out *line) { drawProgress(out, p) })
	put(l.HeaderY, func(out *line) { head.draw(out, &p.Theme.Plain) })
	noticeY := l.NoticeY
	switch {
	case noticeY < 0 && p.Notice != "":
		noticeY = l.Height - 1
	case noticeY == l.FooterY && p.Notice == "" && !(transfers{p.Transfers}).running() && (head.note == "" || p.Link < LinkWaiting):
		noticeY = -1 // the line is the footer's
	}
	put(noticeY, func(out *line) { drawNotice(out, p, head.note, tabs.low) })
	if p.FilterField != "" {
		y := l.TabsY
		if y < 0 {
			y = l.Height - 1
		}
		put(y, func(out *line) { out.styled(theme.Reset, p.FilterField) })
	}
	return strings.Join(lines, "\n")
}
