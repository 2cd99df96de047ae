package tasktable

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/views"
)

var (
	filterKey   = common.Bind("/", "filter", "/")
	failuresKey = common.Bind("f", "failures only", "f")
	nextKey     = common.Bind("n", "next failure", "n")
	sortKey     = common.Bind("s", "sort by the next column", "s")
)

var keys = []common.KeyHandler[*Table]{
	common.OnKey("Find", filterKey, do((*Table).typeFilter)),
	common.OnKey("Find", failuresKey, do((*Table).toggleFailures)),
	common.OnKey("Find", nextKey, do(func(t *Table) { t.nextFailure(1) })),
	common.OnKey("Find", common.Bind("N", "previous failure", "N"), do(func(t *Table) { t.nextFailure(-1) })),
	common.OnKey("Find", common.Bind("1-7", "state tabs", "1", "2", "3", "4", "5", "6", "7"), func(t *Table, msg common.Command) tea.Cmd {
		t.showTab(views.Tab(msg.String()[0] - '1'))
		return nil
	}),
	common.OnKey("Find", common.Bind("→/l", "next tab", "right", "l", ">"), do(func(t *Table) { t.showTab(t.index.Tab().Next(1, t.index.Counts())) })),
	common.OnKey("Find", common.Bind("←/h", "previous tab", "left", "h", "<"), do(func(t *Table) { t.showTab(t.index.Tab().Next(-1, t.index.Counts())) })),
	common.OnKey("Find", sortKey, do((*Table).sortByNext)),
	common.OnKey("Find", common.Bind("S", "reverse the order", "S"), do(func(t *Table) { t.sortBy(t.index.Sort(), !t.index.Descending()) })),
	common.OnKey("Inspect", common.Keys.Enter, do((*Table).inspect)),
	common.OnKey("Inspect", common.Keys.Switch, do((*Table).switchFocus)),
	common.OnKey("Inspect", common.Keys.Escape, do((*Table).escape)),
	common.OnKey("Mark", common.Keys.Mark, do((*Table).mark)),
	common.OnKey("Mark", common.Bind("V", "mark a range", "V"), do((*Table).markRange)),
	common.OnKey("Mark", common.Bind("*", "mark all shown", "*"), do(func(t *Table) {
		if t.env.Focus == views.OnTable {
			t.toggleMarks(t.Shown())
		}
	})),
}

var Help = common.HelpOf(keys)

// do returns what a key does that needs no more than the table.
func do(f func(*Table)) func(*Table, common.Command) tea.Cmd {
	return func(t *Table, _ common.Command) tea.Cmd {
		f(t)
		return nil
	}
}

// press takes in a key that is no text. One that is not the table's may be a command.
func (t *Table) press(msg tea.KeyPressMsg) {
	if by, ok := common.Motion(msg, t.rows); ok && t.env.Focus == views.OnTable {
		t.index.MoveBy(by)
		return
	}
	command := common.Command{KeyPressMsg: msg}
	if _, ok := common.HandleKey(keys, t, command); !ok {
		t.env.Post(command)
	}
}

func (t *Table) typeFilter() {
	t.env.Post(common.ReleaseFocus{Focus: t.env.Area})
	t.filter.CursorEnd()
	t.filter.Focus()
	t.env.Post(common.RequestFocus{Focus: views.OnFilter})
}

func (t *Table) toggleFailures() {
	if t.index.Tab() == views.TabFailed {
		t.showTab(t.before)
		return
	}
	t.before = t.index.Tab()
	t.showTab(views.TabFailed)
}

func (t *Table) sortByNext() {
	column := (t.index.Sort() + 1) % views.ColumnCount
	if column == views.ColumnLabel && !t.index.Labeled() {
		column++
	}
	t.sortBy(column, fromLongest(column))
}

// fromLongest reports whether a column is sorted downwards at first: times start with the
// longest, which is what one looks for in them.
func fromLongest(c views.Column) bool { return c == views.ColumnQueued || c == views.ColumnRun }

// inspect opens the pane on the task under the cursor; if it is open on it
// already, the pane takes the focus.
func (t *Table) inspect() {
	seq := t.index.CursorSeq()
	switch {
	case seq == common.NoTask:
	case t.opened == seq:
		t.env.Post(common.RequestFocus{Focus: views.OnPane})
	default:
		t.env.Post(common.OpenTask{Seq: seq})
	}
}

func (t *Table) switchFocus() {
	switch {
	case t.env.Focus == views.OnPane && t.rows > 0:
		t.env.Post(common.ReleaseFocus{Focus: views.OnPane})
	case t.opened != common.NoTask:
		t.env.Post(common.RequestFocus{Focus: views.OnPane})
	}
}

// escape closes or clears what is on top: the marks, the pane, the group, the filter, the tab.
func (t *Table) escape() {
	switch {
	case t.env.Focus == views.OnTable && t.anyMarks():
		t.clearMarks()
	case t.opened != common.NoTask:
		t.env.Post(common.ClosePane{})
	case t.group != "":
		t.group = ""
		t.index.SetMatch(nil)
		t.env.Post(common.RequestFocus{Focus: views.OnGroups})
	case t.index.Filter() != "":
		t.setFilter("")
	case t.index.Tab() != views.TabAll:
		t.showTab(views.TabAll)
	}
}

// showTab shows the tasks of a tab, with the cursor where it was when the tab was left.
func (t *Table) showTab(tab views.Tab) {
	t.env.Post(common.ReleaseFocus{Focus: t.env.Area})
	if tab == t.index.Tab() {
		return
	}
	t.left[t.index.Tab()] = t.index.CursorSeq()
	t.index.SetTab(tab)
	if seq, ok := t.left[tab]; ok {
		t.index.Select(seq)
	}
}

func (t *Table) showOnly(msg common.ShowOnly) {
	t.index.SetTab(views.TabAll)
	t.index.SetMatch(msg.Match)
	t.index.MoveTo(0)
	t.group = msg.Label
	t.env.Say(views.LevelInfo, "only "+msg.Label+": esc goes back to the groups")
}

// sortBy sorts by a column, and says by which, as a narrow screen may not show it. The
// cursor goes to the top, as that is what one sorts for, unless the pane is open: it stays
// on the task that is read.
func (t *Table) sortBy(column views.Column, descending bool) {
	t.env.Post(common.ReleaseFocus{Focus: t.env.Area})
	t.index.SetSort(column, descending)
	if t.opened == common.NoTask {
		t.index.MoveTo(0)
	}
	t.env.Say(views.LevelInfo, "sorted by "+t.sorting())
}

func (t *Table) sorting() string {
	text := views.ColumnTitle(t.index.Sort())
	if t.index.Descending() {
		text += ", downwards"
	}
	return text
}

// Display returns which tab is shown and what it is sorted by, in words that Restore reads.
func (t *Table) Display() string { return t.index.Tab().Title() + ", " + t.sorting() }

// Restore shows the tab and the order that Display returned. Words that it does not know
// change nothing.
func (t *Table) Restore(display string) {
	words := append(strings.Split(display, ", "), "")
	for tab := range views.TabCount {
		if tab.Title() == words[0] {
			t.index.SetTab(tab)
		}
	}
	for column := range views.ColumnCount {
		if views.ColumnTitle(column) == words[1] {
			t.index.SetSort(column, slices.Contains(words, "downwards"))
		}
	}
}

// pressFilter takes in a key while the filter is typed. The table narrows with
// every key; the cursor keys still move in it.
func (t *Table) pressFilter(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(msg, common.Keys.Accept), key.Matches(msg, common.Keys.Escape):
		if !key.Matches(msg, common.Keys.Accept) {
			t.setFilter("")
		}
		t.filter.Blur()
		t.env.Post(common.ReleaseFocus{Focus: views.OnFilter})
		return nil
	case msg.String() == "up":
		t.index.MoveBy(-1)
	case msg.String() == "down":
		t.index.MoveBy(1)
	default:
		return t.typed(msg)
	}
	return nil
}

func (t *Table) typed(msg tea.Msg) (cmd tea.Cmd) {
	t.filter, cmd = t.filter.Update(msg)
	if text := t.filter.Value(); text != t.index.Filter() { // else all rows would be picked anew for each message
		t.index.SetFilter(text)
	}
	return cmd
}

func (t *Table) setFilter(text string) {
	t.filter.SetValue(text)
	t.index.SetFilter(text)
}

func (t *Table) clickTitle(x int) {
	column, ok := t.props().ColumnAt(t.env.Frame, x)
	switch {
	case !ok:
	case column == t.index.Sort():
		t.sortBy(column, !t.index.Descending())
	default:
		t.sortBy(column, fromLongest(column))
	}
}

// click selects the row that was clicked, and opens it on the second click; a click on a
// tab shows that, and one on the scrollbar the rows that belong there.
func (t *Table) click(msg common.Click) {
	for tab := range views.TabCount {
		if msg.ID == tab.ID() {
			t.showTab(tab)
			return
		}
	}
	if l := t.env.Layout; msg.Y == 0 && l.ColumnsY >= 0 {
		t.clickTitle(msg.X)
		return
	}
	rows, first := t.index.Window(t.rows)
	row := msg.Y - (t.env.Layout.RowsTop - t.env.Layout.AreaTop())
	if to, ok := views.ScrollAt(row, t.rows, t.index.Matching()); ok && msg.X == t.env.Layout.TableWidth-1 {
		t.index.ScrollBy(to - first)
		return
	}
	if row < 0 || row >= len(rows) {
		return
	}
	again := t.clicked == rows[row].Seq
	t.clicked = rows[row].Seq
	t.index.MoveTo(first + row)
	t.env.Post(common.ReleaseFocus{Focus: views.OnPane})
	if again && t.env.Focus != views.OnFilter {
		t.inspect()
	}
}
