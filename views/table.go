package views

import (
	"strconv"
	"time"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// row is a row of the table.
type row struct {
	*poller.Task
	note Note
}

// grid lays the table's columns out.
func (t *Table) grid(f Frame) (*grid[row], []row) {
	l := f.Layout
	rows := make([]row, 0, len(t.Rows))
	for i, task := range t.Rows[:min(len(t.Rows), l.Rows)] {
		rows = append(rows, row{Task: task})
		if i < len(t.Notes) {
			rows[i].note = t.Notes[i]
		}
	}
	// An empty cell and the scrollbar stand behind the last column.
	return newGrid(taskColumns(l.TableWidth, t, rows), l.TableWidth-2, l.margin(), true, rows, f.Now), rows
}

// ColumnAt returns the column whose title is x cells from the table's left edge; false
// where there is none.
func (t *Table) ColumnAt(f Frame, x int) (Column, bool) {
	g, _ := t.grid(f)
	end := g.margin
	for _, s := range g.slots {
		if end += s.gap + s.width; x < end {
			return s.id, x >= g.margin
		}
	}
	return 0, false
}

// DrawTable returns the table's area: titles and rows, the scrollbar at the right.
func DrawTable(f Frame, t *Table) string {
	l := f.Layout
	g, rows := t.grid(f)
	g.find = t.Find
	from, to := thumb(t.First, l.Rows, t.Total, l.Rows)
	a := f.newArea(from, to, l.RowsTop-l.AreaTop())
	ink := &f.Theme.Plain
	if l.ColumnsY >= 0 {
		a.add(func(l *line) { g.drawTitles(l, ink, t.Sort, t.Descending) })
	}
	if len(rows) == 0 {
		empty := wrapEmpty(t.Empty, l.TableWidth-2, l.Rows)
		a.skip(max((l.Rows-len(empty))/2, 0))
		for _, text := range empty[:min(len(empty), l.Rows)] {
			a.add(func(l *line) { drawEmpty(l, ink, text) })
		}
	}
	for i, r := range rows {
		a.add(func(l *line) {
			ink := ink
			switch {
			case i == t.Cursor:
				ink = f.selectedInk()
			case r.note.Marked:
				ink = &f.Theme.Marked
			}
			g.drawRow(l, ink, r, i == t.Cursor, r.note.Marked)
		})
	}
	return a.text()
}

// Position returns which row the cursor is on, of how many.
func (t *Table) Position() string {
	if t.Total == 0 {
		return ""
	}
	total := strconv.Itoa(t.Total)
	if t.Cursor < 0 || t.First+t.Cursor >= t.Total {
		return total
	}
	return strconv.Itoa(t.First+t.Cursor+1) + "/" + total
}

// margin returns the width of the cells before the first column.
func (l Layout) margin() int {
	if l.TableWidth < wideMargin {
		return 2
	}
	return 3
}

// drawStatus writes the cell of the state: brighter just after it changed, and
// with the sign of a slow task where no other column tells that.
func drawStatus(l *line, g *grid[row], ink *theme.Ink, r row, slotWidth int) {
	t, width := r.Task, min(slotWidth, l.room)
	style := stateStyle(ink, t)
	if r.note.Fresh && t.State < poller.StateCount {
		style = ink.Fresh[shownState(t)]
	}
	text := statusText(t, slotWidth)
	if !r.note.Slow || g.has(ColumnDetail) || width < statusWord {
		l.cell(style, safe.Truncate(text, width), width, false)
		return
	}
	if width-safe.Width(text) < 2 && !canceling(t) {
		// That it is slow matters more than its place in the queue.
		text = stateLabel(t.State)
	}
	before := l.room
	l.put(style, safe.Truncate(text, width))
	if width-(before-l.room) >= 2 {
		l.pad(ink.Text, 1)
		l.put(ink.Warn, slowSign)
	}
	l.pad(ink.Text, width-(before-l.room))
}

// drawRun writes how long a task runs or ran, of one that runs beside how long is usual and
// with a bar of that share, and of one that waits when it will start, where those are known
// and fit.
func drawRun(l *line, g *grid[row], ink *theme.Ink, r row, slotWidth int) {
	t, width := r.Task, min(slotWidth, l.room)
	text, style := ranText(t, g.now), ink.Text
	switch usual := r.note.Usual; {
	case t.State == poller.Queued && r.note.Starts > 0:
		if starts := "starts " + startsText(r.note.Starts); len(starts) <= width {
			text, style = starts, ink.Dim
		}
	case t.State == poller.Running && usual > 0:
		if both := text + "/" + Duration(usual); len(both) <= width {
			text = both
		}
		if r.note.Slow {
			style = ink.Warn
		}
		if room := width - len(text) - 1; width >= runBar && room >= 4 {
			ran, _ := t.Ran(g.now)
			share := min(float64(ran)/float64(usual), 1)
			l.track(stateStyle(ink, t), ink.Rule, min(int(share*float64(room)), room), room)
			width -= room
		}
	}
	l.cell(style, text, width, true)
}

// startsText says in how long a task is expected to run.
func startsText(d time.Duration) string {
	if d < time.Second {
		return "soon"
	}
	return "in ~" + roughly(d)
}

// slowText says that a task is slow: how many times the usual, where that is known.
func slowText(r row, now poller.Stamp) string {
	ran, ok := r.Ran(now)
	if r.State != poller.Running || !ok || r.note.Usual <= 0 || ran < 2*r.note.Usual {
		return slowWord
	}
	return slowWord + ": " + strconv.Itoa(int(ran/r.note.Usual)) + " times the usual"
}

// detailNeed returns what drawDetail would write with room for all of it.
func detailNeed(r row, now poller.Stamp, width int) string {
	text := detailText(r.Task, now, width)
	switch {
	case r.State == poller.Failed && r.ErrorType != "":
		text = r.ErrorType + "  " + text
	case r.State.Terminal():
	case r.note.Trouble != "":
		text = firstFitting(0, append([]string{r.note.Trouble}, r.note.Brief...)...)
	case r.note.Slow:
		text = slowText(r, now) + "  " + text
	}
	return safe.Truncate(text, width)
}

// drawDetail writes the cell that says most of a task: the class of a failure, or that
// it is slow or its endpoint in trouble, and then what else there is to say.
func drawDetail(l *line, g *grid[row], ink *theme.Ink, r row, slotWidth int) {
	t, note, width := r.Task, r.note, min(slotWidth, l.room)
	lead, style, text := "", ink.Warn, detailText(t, g.now, slotWidth)
	switch {
	case t.State == poller.Failed:
		lead, style = t.ErrorType, stateStyle(ink, t)
	case note.Trouble != "" && !t.State.Terminal():
		lead = firstFitting(width, append([]string{note.Trouble}, note.Brief...)...)
		text = "" // what the task itself met is the same, and waits with its endpoint
	case note.Slow:
		lead = firstFitting(width, slowText(r, g.now), slowWord)
	}
	if lead = safe.Line(lead); lead != "" {
		before := l.room
		l.put(style, safe.Truncate(lead, width))
		l.pad(ink.Text, min(2, width-(before-l.room)))
		width -= before - l.room
	}
	l.cell(detailStyle(ink, t), safe.Truncate(text, width), width, false)
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
