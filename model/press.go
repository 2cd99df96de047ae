package model

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/table"
	"polltop/views"
)

// press takes in a key. Where the focus is decides what it means; ctrl+c and
// ctrl+z mean the same everywhere.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case msg.String() == "ctrl+c":
		return tea.Quit
	case key.Matches(msg, m.keys.Suspend):
		return tea.Suspend
	}
	switch m.focus {
	case onFilter:
		return m.pressFilter(msg)
	case onAdd:
		return m.pressAdd(msg)
	case onDialog:
		return m.pressDialog(msg)
	case onDetail:
		if m.scrollDetail(msg) {
			return nil
		}
	default:
		if m.moveCursor(msg) {
			m.moved = true
			return m.follow()
		}
	}
	return m.pressCommand(msg)
}

// moveCursor moves the cursor of the table, and reports whether the key is one
// that does.
func (m *Model) moveCursor(msg tea.KeyPressMsg) bool {
	k, page := m.keys, max(m.layout.Rows, 1)
	switch {
	case key.Matches(msg, k.Up):
		m.index.MoveBy(-1)
	case key.Matches(msg, k.Down):
		m.index.MoveBy(1)
	case key.Matches(msg, k.PageUp):
		m.index.MoveBy(-page)
	case key.Matches(msg, k.PageDown):
		m.index.MoveBy(page)
	case key.Matches(msg, k.HalfUp):
		m.index.MoveBy(-max(page/2, 1))
	case key.Matches(msg, k.HalfDown):
		m.index.MoveBy(max(page/2, 1))
	case key.Matches(msg, k.Top):
		m.index.First()
	case key.Matches(msg, k.Bottom):
		m.index.Last()
	default:
		return false
	}
	return true
}

// pressCommand does what a key means in the table and in the detail pane alike.
func (m *Model) pressCommand(msg tea.KeyPressMsg) tea.Cmd {
	k := m.keys
	switch {
	case key.Matches(msg, k.Quit):
		return tea.Quit
	case key.Matches(msg, k.Enter):
		return m.inspect()
	case key.Matches(msg, k.Escape):
		return m.escape()
	case key.Matches(msg, k.Switch):
		m.switchFocus()
	case key.Matches(msg, k.Filter):
		m.focus, m.behind = onFilter, m.focus
		return m.filter.open()
	case key.Matches(msg, k.Failures):
		return m.toggleFailures()
	case key.Matches(msg, k.NextFailure):
		return m.nextFailure(1)
	case key.Matches(msg, k.PreviousFailure):
		return m.nextFailure(-1)
	case key.Matches(msg, k.Sort):
		return m.sortBy((m.index.Sort() + 1) % views.ColumnCount)
	case key.Matches(msg, k.Reverse):
		m.index.SetSort(m.index.Sort(), !m.index.Descending())
	default:
		return m.pressAction(msg)
	}
	return nil
}

// pressAction does what remains: tabs, and what acts on tasks.
func (m *Model) pressAction(msg tea.KeyPressMsg) tea.Cmd {
	k := m.keys
	switch {
	case key.Matches(msg, k.Tabs):
		return m.showTab(table.Tab(msg.String()[0] - '1'))
	case key.Matches(msg, k.NextTab):
		return m.showTab((m.index.Tab() + 1) % table.TabCount)
	case key.Matches(msg, k.PreviousTab):
		return m.showTab((m.index.Tab() + table.TabCount - 1) % table.TabCount)
	case key.Matches(msg, k.Add):
		m.focus, m.behind = onAdd, m.focus
		return m.add.open()
	case key.Matches(msg, k.Problems):
		return m.showProblems()
	case key.Matches(msg, k.Help):
		m.openDialog("Keys", m.helpBody)
	case key.Matches(msg, k.PollNow):
		return m.pollNow()
	case key.Matches(msg, k.Pause):
		return m.togglePause()
	}
	return nil
}

// escape closes or clears what is on top: the pane, the filter, the tab.
func (m *Model) escape() tea.Cmd {
	switch {
	case m.detail.open():
		m.closeDetail()
	case m.index.Filter() != "":
		m.filter.clear()
		m.index.SetFilter("")
	case m.index.Tab() != table.TabAll:
		return m.showTab(table.TabAll)
	}
	return nil
}

// showTab shows the tasks of a tab.
func (m *Model) showTab(tab table.Tab) tea.Cmd {
	m.index.SetTab(tab)
	return m.follow()
}

// toggleFailures shows failed tasks only, or all again.
func (m *Model) toggleFailures() tea.Cmd {
	if m.index.Tab() == table.TabFailed {
		return m.showTab(table.TabAll)
	}
	return m.showTab(table.TabFailed)
}

// sortBy sorts by a column, and says by which, as a narrow screen may not show
// it. Times start with the longest, which is what one looks for in them.
func (m *Model) sortBy(column views.Column) tea.Cmd {
	descending := column == views.ColumnQueued || column == views.ColumnRun
	m.index.SetSort(column, descending)
	return m.say(views.LevelInfo, "sorted by "+views.ColumnTitle(column))
}

// nextFailure moves the cursor to the next failed task in the given direction.
func (m *Model) nextFailure(direction int) tea.Cmd {
	wrapped, found := m.index.MoveToFailure(direction)
	if !found {
		return m.say(views.LevelInfo, "no failure in this list")
	}
	m.moved = true
	if wrapped {
		return tea.Batch(m.follow(), m.say(views.LevelInfo, "went round to the other end of the list"))
	}
	return m.follow()
}

// pollNow asks for the task under the cursor, or in the pane, at once.
func (m *Model) pollNow() tea.Cmd {
	task := m.subject()
	if task == nil {
		return nil
	}
	if task.State.Terminal() && task.State != stateNotFound {
		return m.say(views.LevelInfo, "this task has ended: it is not asked again")
	}
	clear(m.warned)
	p, seq := m.options.Poller, task.Seq
	return tea.Batch(
		func() tea.Msg { p.PollNow(seq); return nil },
		m.say(views.LevelInfo, "asking for "+task.Request.ID),
	)
}

// togglePause stops all polling, or lets it go on.
func (m *Model) togglePause() tea.Cmd {
	m.paused = !m.paused
	p, paused := m.options.Poller, m.paused
	word := "polling goes on"
	if paused {
		word = "polling paused: p lets it go on"
	}
	return tea.Batch(
		func() tea.Msg { p.Pause(paused); return nil },
		m.say(views.LevelInfo, word),
	)
}
