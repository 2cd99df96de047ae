package views

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

type row struct {
	*poller.Task
	note   RowInfo
	now    poller.Stamp
	signed bool // that it is slow is shown by a sign, as there is no column of details
}

func (t *Table) grid(f Frame) *grid[row] {
	rows := make([]row, 0, len(t.Rows))
	for i, task := range t.Rows[:min(len(t.Rows), f.Layout.Rows)] {
		rows = append(rows, row{Task: task, now: f.Now})
		if i < len(t.Info) {
			rows[i].note = t.Info[i]
		}
	}
	// An empty cell and the scrollbar stand behind the last column.
	width := f.Layout.TableWidth
	g := newGrid(taskColumns(width, t, rows), width-2, margin(width), rows)
	g.find = t.Find
	for i := range rows {
		rows[i].signed = !g.all[len(g.all)-1].shown
	}
	return g
}

// ColumnAt returns the column whose title is x cells from the table's left edge; false
// where there is none.
func (t *Table) ColumnAt(f Frame, x int) (Column, bool) {
	g := t.grid(f)
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
	l, ink := f.Layout, &f.Theme.Plain
	g := t.grid(f)
	a := f.newArea(t.First, l.Rows, t.Total, l.RowsTop-l.AreaTop())
	if l.ColumnsY >= 0 {
		a.add(func(l *line) { g.drawTitles(l, ink, t.Sort, t.Descending) })
	}
	if len(g.rows) == 0 {
		empty := safe.Wrap(strings.Join(t.Empty, "\n"), max(l.TableWidth-2, 1))
		if len(empty) > l.Rows { // no room for empty lines
			empty = slices.DeleteFunc(empty, func(text string) bool { return text == "" })
		}
		a.addEmpty(l.Rows, empty...)
	}
	for i, r := range g.rows {
		a.add(func(l *line) { g.drawRow(l, f, r, i == t.Cursor, r.note.Marked) })
	}
	return a.text()
}

// Position says which row the cursor is on, of how many.
func Position(at, total int) string {
	switch {
	case total == 0:
		return ""
	case at < 0 || at >= total:
		return strconv.Itoa(total)
	}
	return strconv.Itoa(at+1) + "/" + strconv.Itoa(total)
}

// statusCell is that of the state: brighter just after it changed, and with the sign of a
// slow task where no other column shows that.
func statusCell(ink *theme.Styles, r row, width int) []piece {
	text, style := r.status(width), ink.State[stateOf(r.Task)]
	if r.note.Fresh {
		style = ink.Fresh[stateOf(r.Task)]
	}
	sign := r.note.Slow && r.signed && width >= statusWord
	if sign && width-safe.Width(text) < 2 {
		// That it is slow matters more than its place in the queue.
		text = taskLabel(r.Task)
	}
	pieces := []piece{{style: style, text: text}}
	if sign && width-safe.Width(text) >= 2 {
		pieces = append(pieces, piece{style: ink.Text, text: " "}, piece{style: ink.Warn, text: slowSign})
	}
	return pieces
}

// runCell shows how long a task runs or ran, of one that runs beside how long is usual and
// with a bar of that share, and of one that waits when it will start, where those are known
// and fit.
func runCell(ink *theme.Styles, r row, width int) (pieces []piece) {
	text, style := r.ran(), ink.Text
	switch usual := r.note.Usual; {
	case r.State == poller.Queued && r.note.StartsIn > 0:
		if starts := "starts " + startsText(r.note.StartsIn); len(starts) <= width {
			text, style = starts, ink.Dim
		}
	case r.State == poller.Running && usual > 0:
		if both := text + "/" + Duration(usual); len(both) <= width {
			text = both
		}
		if r.note.Slow {
			style = ink.Warn
		}
		if room := width - len(text) - 1; width >= runBar && room >= 4 {
			ran, _ := r.BestRunTime(r.now)
			share := min(float64(ran)/float64(usual), 1)
			pieces = append(trackPieces(ink.State[stateOf(r.Task)], ink.Rule, int(share*float64(room)), room), piece{style: ink.Text, text: " "})
		}
	}
	return append(pieces, piece{style: style, text: text})
}

// startsText says in how long a task is expected to run.
func startsText(d time.Duration) string {
	if d < time.Second {
		return "soon"
	}
	return "in ~" + roughly(d)
}

// slow says that the task is slow: how many times the usual, where that is known.
func (r row) slow() string {
	ran, ok := r.BestRunTime(r.now)
	if r.State != poller.Running || !ok || r.note.Usual <= 0 || ran < 2*r.note.Usual {
		return slowWord
	}
	return slowWord + ": " + strconv.Itoa(int(ran/r.note.Usual)) + " times the usual"
}

// detailCell says most of a task: the class of a failure, or that it is slow or its endpoint in
// trouble, and then what else there is to say.
func detailCell(ink *theme.Styles, r row, width int) []piece {
	lead, style, rest := "", ink.Warn, r.detail(ink, width)
	switch {
	case r.State == poller.Failed:
		lead, style = r.ErrorType, ink.State[stateOf(r.Task)]
	case len(r.note.Trouble) > 0 && !r.State.Terminal():
		lead = firstFitting(width, r.note.Trouble...)
		rest.text = "" // what the task itself met is the same, and waits with its endpoint
	case r.note.Slow:
		lead = firstFitting(width, r.slow(), slowWord)
	}
	if lead = safe.Truncate(lead, width); lead == "" {
		return []piece{rest}
	}
	gap := strings.Repeat(" ", min(2, width-safe.Width(lead)))
	return []piece{{style: style, text: lead}, {style: ink.Text, text: gap}, rest}
}
