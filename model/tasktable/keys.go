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
	common.OnKey("Find", filterKey, withoutCommand((*Table).editFilter)),
	common.OnKey("Find", failuresKey, withoutCommand((*Table).toggleFailures)),
	common.OnKey("Find", nextKey, withoutCommand(func(t *Table) { t.nextFailure(1) })),
	common.OnKey("Find", common.Bind("N", "previous failure", "N"), withoutCommand(func(t *Table) { t.nextFailure(-1) })),
	common.OnKey("Find", common.Bind("1-7", "state tabs", "1", "2", "3", "4", "5", "6", "7"), func(t *Table, msg common.Command) tea.Cmd {
		t.showTab(views.Tab(msg.String()[0] - '1'))
		return nil
	}),
	common.OnKey("Find", common.Bind("→/l", "next tab", "right", "l", ">"), withoutCommand(func(t *Table) { t.showTab(t.index.Tab().Next(1, t.index.Counts())) })),
	common.OnKey("Find", common.Bind("←/h", "previous tab", "left", "h", "<"), withoutCommand(func(t *Table) { t.showTab(t.index.Tab().Next(-1, t.index.Counts())) })),
	common.OnKey("Find", sortKey, withoutCommand((*Table).sortByNext)),
	common.OnKey("Find", common.Bind("S", "reverse the order", "S"), withoutCommand(func(t *Table) { t.sortBy(t.index.Sort(), !t.index.Descending()) })),
	common.OnKey("Inspect", common.Keys.Enter, withoutCommand((*Table).inspect)),
	common.OnKey("Inspect", common.Keys.Switch, withoutCommand((*Table).switchFocus)),
	common.OnKey("Inspect", common.Keys.Escape, withoutCommand((*Table).escape)),
	common.OnKey("Mark", common.Keys.Mark, withoutCommand((*Table).mark)),
	common.OnKey("Mark", common.Bind("V", "mark a range", "V"), withoutCommand((*Table).markRange)),
	common.OnKey("Mark", common.Bind("*", "mark all shown", "*"), withoutCommand(func(t *Table) {
		if t.env.Focus == views.OnTable {
			t.toggleMarks(t.Shown())
		}
	})),
}

var Help = common.HelpOf(keys)

// withoutCommand returns a key's handler that needs only the table.
func withoutCommand(f func(*Table)) func(*Table, common.Command) tea.Cmd {
	return func(t *Table, _ common.Command) tea.Cmd {
		f(t)
		return nil
	}
}

// handleKey handles a key outside the filter's field. It posts the keys of other components.
func (t *Table) handleKey(msg tea.KeyPressMsg) {
	if by, ok := common.Motion(msg, t.height); ok && t.env.Focus == views.OnTable {
		t.index.MoveBy(by)
		return
	}
	command := common.Command{KeyPressMsg: msg}
	if _, ok := common.HandleKey(keys, t, command); !ok {
		t.env.Post(command)
	}
}

func (t *Table) editFilter() {
	t.env.Post(common.ReleaseFocus{Focus: t.env.Area})
	t.filter.CursorEnd()
	t.filter.Focus()
	t.env.Post(common.RequestFocus{Focus: views.OnFilter})
}

func (t *Table) toggleFailures() {
	if t.index.Tab() == views.TabFailed {
		t.showTab(t.tabBeforeFailures)
		return
	}
	t.tabBeforeFailures = t.index.Tab()
	t.showTab(views.TabFailed)
}

func (t *Table) sortByNext() {
	column := (t.index.Sort() + 1) % views.ColumnCount
	if column == views.ColumnLabel && !t.index.Labeled() {
		column++
	}
	t.sortBy(column, descendingFirst(column))
}

// descendingFirst reports whether a column is sorted in descending order at first: times are,
// because users look for the longest.
func descendingFirst(c views.Column) bool { return c == views.ColumnQueued || c == views.ColumnRun }

// inspect opens the pane on the task under the cursor, or moves the focus to the pane if it
// shows that task already.
func (t *Table) inspect() {
	seq := t.index.CursorSeq()
	switch {
	case seq == common.NoTask:
	case t.paneTask == seq:
		t.env.Post(common.RequestFocus{Focus: views.OnPane})
	default:
		t.env.Post(common.OpenTask{Seq: seq})
	}
}

func (t *Table) switchFocus() {
	switch {
	case t.env.Focus == views.OnPane && t.height > 0:
		t.env.Post(common.ReleaseFocus{Focus: views.OnPane})
	case t.paneTask != common.NoTask:
		t.env.Post(common.RequestFocus{Focus: views.OnPane})
	}
}

// escape closes or clears the first that is set of marks, pane, group, filter and tab.
func (t *Table) escape() {
	switch {
	case t.env.Focus == views.OnTable && t.anyMarks():
		t.clearMarks()
	case t.paneTask != common.NoTask:
		t.env.Post(common.ClosePane{})
	case t.groupLabel != "":
		t.groupLabel = ""
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
	t.tabCursors[t.index.Tab()] = t.index.CursorSeq()
	t.index.SetTab(tab)
	if seq, ok := t.tabCursors[tab]; ok {
		t.index.Select(seq)
	}
}

func (t *Table) showOnly(msg common.ShowOnly) {
	t.index.SetTab(views.TabAll)
	t.index.SetMatch(msg.Match)
	t.index.MoveTo(0)
	t.groupLabel = msg.Label
	t.env.Say(views.LevelInfo, "only "+msg.Label+": esc goes back to the groups")
}

// sortBy sorts by a column, and says so, because a narrow screen may not show the column. The
// cursor moves to the top, or stays on the task in the pane.
func (t *Table) sortBy(column views.Column, descending bool) {
	t.env.Post(common.ReleaseFocus{Focus: t.env.Area})
	t.index.SetSort(column, descending)
	if t.paneTask == common.NoTask {
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

// Display returns the tab and the order as a text that Restore reads.
func (t *Table) Display() string { return t.index.Tab().Title() + ", " + t.sorting() }

// Restore sets the tab and the order from a text of Display. It ignores unknown words.
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

// handleFilterKey handles a key in the filter's field. Each edit filters the table at once, and
// up and down move the table's cursor.
func (t *Table) handleFilterKey(msg tea.KeyPressMsg) tea.Cmd {
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
		return t.updateFilter(msg)
	}
	return nil
}

func (t *Table) updateFilter(msg tea.Msg) (cmd tea.Cmd) {
	t.filter, cmd = t.filter.Update(msg)
	if text := t.filter.Value(); text != t.index.Filter() { // filtering all tasks is slow
		t.index.SetFilter(text)
	}
	return cmd
}

func (t *Table) setFilter(text string) {
	t.filter.SetValue(text)
	t.index.SetFilter(text)
}

func (t *Table) handleTitleClick(x int) {
	column, ok := t.props().ColumnAt(t.env.Frame, x)
	switch {
	case !ok:
	case column == t.index.Sort():
		t.sortBy(column, !t.index.Descending())
	default:
		t.sortBy(column, descendingFirst(column))
	}
}

// handleClick shows the clicked tab, sorts by the clicked title, scrolls to the clicked position
// of the scrollbar, or selects the clicked row. The second click on a row opens it.
func (t *Table) handleClick(msg common.Click) {
	for tab := range views.TabCount {
		if msg.ID == tab.ID() {
			t.showTab(tab)
			return
		}
	}
	if l := t.env.Layout; msg.Y == 0 && l.ColumnsY >= 0 {
		t.handleTitleClick(msg.X)
		return
	}
	rows, first := t.index.Window(t.height)
	row := msg.Y - (t.env.Layout.RowsTop - t.env.Layout.AreaTop())
	if to, ok := views.ScrollAt(row, t.height, t.index.Matching()); ok && msg.X == t.env.Layout.TableWidth-1 {
		t.index.ScrollBy(to - first)
		return
	}
	if row < 0 || row >= len(rows) {
		return
	}
	repeated := t.lastClicked == rows[row].Seq
	t.lastClicked = rows[row].Seq
	t.index.MoveTo(first + row)
	t.env.Post(common.ReleaseFocus{Focus: views.OnPane})
	if repeated && t.env.Focus != views.OnFilter {
		t.inspect()
	}
}
