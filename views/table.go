package views

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views/safe"
)

// row is a task as a row of the table.
type row struct {
	*poller.Task
	info     RowInfo
	now      poller.Stamp
	slowSign bool // a sign in the status says that it is slow, as there is no detail column
}

func (t *Table) grid(f Frame) *grid[row] {
	rows := make([]row, 0, len(t.Rows))
	for i, task := range t.Rows[:min(len(t.Rows), f.Layout.Rows)] {
		rows = append(rows, row{Task: task, now: f.Now})
		if i < len(t.Info) {
			rows[i].info = t.Info[i]
		}
	}
	// An empty cell and the scrollbar stand behind the last column.
	width := f.Layout.TableWidth
	g := newGrid(taskColumns(width, t, rows), width-2, marginWidth(width), rows)
	g.highlight = t.Find
	for i := range rows {
		rows[i].slowSign = !g.all[len(g.all)-1].shown
	}
	return g
}

// ColumnAt returns the column whose title is x cells from the table's left edge; false for none.
func (t *Table) ColumnAt(f Frame, x int) (Column, bool) {
	g := t.grid(f)
	end := g.margin
	for _, c := range g.shown {
		if end += c.gap + c.width; x < end {
			return c.id, x >= g.margin
		}
	}
	return 0, false
}

// DrawTable returns the table's area: titles and rows, the scrollbar at the right.
func DrawTable(f Frame, t *Table) string {
	l, styles := f.Layout, &f.Theme.Plain
	g := t.grid(f)
	a := f.newArea(t.First, l.Rows, t.Total, l.RowsTop-l.AreaTop())
	if l.ColumnsY >= 0 {
		a.add(func(l *line) { g.drawTitles(l, styles, t.Sort, t.Descending) })
	}
	if len(g.rows) == 0 {
		empty := safe.Wrap(strings.Join(t.Empty, "\n"), max(l.TableWidth-2, 1))
		if len(empty) > l.Rows { // leave empty lines out
			empty = slices.DeleteFunc(empty, func(text string) bool { return text == "" })
		}
		a.addCentered(l.Rows, empty...)
	}
	for i, r := range g.rows {
		a.add(func(l *line) { g.drawRow(l, f, r, i == t.Cursor, r.info.Marked) })
	}
	return a.text()
}

// Position returns the number of the cursor's row and the number of rows, such as "3/500". The
// index is out of range where the cursor is on no row.
func Position(index, total int) string {
	switch {
	case total == 0:
		return ""
	case index < 0 || index >= total:
		return strconv.Itoa(total)
	}
	return strconv.Itoa(index+1) + "/" + strconv.Itoa(total)
}

// drawStatus draws the state: brighter just after it changed, and with the sign of a slow task
// where no other column shows that.
func drawStatus(c *cell, r row) {
	text, style := r.status(c.width), c.styles.State[displayState(r.Task)]
	if r.info.Fresh {
		style = c.styles.Fresh[displayState(r.Task)]
	}
	hasSign := r.info.Slow && r.slowSign && c.width >= statusWidth
	if hasSign && c.width-safe.Width(text) < 2 {
		text = stateText(r.Task) // that the task is slow matters more than its position in the queue
	}
	c.put(style, text)
	if hasSign && c.width >= 2 {
		c.put(c.styles.Text, " ")
		c.put(c.styles.Warn, slowSign)
	}
}

// drawRunTime draws how long a task runs or ran. A running task has the usual run time beside it
// and a bar of the share of that, and a queued one has when it will start, if these are known
// and fit.
func drawRunTime(c *cell, r row) {
	text, style := r.runTimeText(), c.styles.Text
	switch usual := r.info.Usual; {
	case r.State == poller.Queued && r.info.StartsIn > 0:
		if starts := "starts " + startsInText(r.info.StartsIn); len(starts) <= c.width {
			text, style = starts, c.styles.Dim
		}
	case r.State == poller.Running && usual > 0:
		if both := text + "/" + Duration(usual); len(both) <= c.width {
			text = both
		}
		if r.info.Slow {
			style = c.styles.Warn
		}
		if bar := c.width - len(text) - 1; c.width >= runWithBar && bar >= 4 {
			ran, _ := r.BestRunTime(r.now)
			share := min(float64(ran)/float64(usual), 1)
			putBar(c.put, c.styles.State[displayState(r.Task)], c.styles.Rule, int(share*float64(bar)), bar)
			c.put(c.styles.Text, " ")
		}
	}
	c.put(style, text)
}

// startsInText returns in how long a task is expected to start.
func startsInText(d time.Duration) string {
	if d < time.Second {
		return "soon"
	}
	return "in ~" + approximate(d)
}

// slowText returns that the task is slow, and how many times the usual it takes if that is known.
func (r row) slowText() string {
	ran, ok := r.BestRunTime(r.now)
	if r.State != poller.Running || !ok || r.info.Usual <= 0 || ran < 2*r.info.Usual {
		return slowWord
	}
	return slowWord + ": " + strconv.Itoa(int(ran/r.info.Usual)) + " times the usual"
}

// drawDetail draws the error type of a failure, or that the task is slow or its endpoint in
// trouble, and then what else there is to say of the task.
func drawDetail(c *cell, r row) {
	lead, style := "", c.styles.Warn
	restStyle, rest := r.details(c.styles, c.width)
	switch {
	case r.State == poller.Failed:
		lead, style = r.ErrorType, c.styles.State[displayState(r.Task)]
	case len(r.info.Trouble) > 0 && !r.State.Terminal():
		lead, rest = firstFitting(c.width, r.info.Trouble...), "" // the endpoint's trouble is the task's
	case r.info.Slow:
		lead = firstFitting(c.width, r.slowText(), slowWord)
	}
	c.put(style, lead)
	if len(c.pieces[0].text) > 0 {
		c.put(c.styles.Text, strings.Repeat(" ", min(2, c.width)))
	}
	c.put(restStyle, rest)
}
