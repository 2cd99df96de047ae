package model

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/keyboard"
	"polltop/model/table"
	"polltop/poller"
	"polltop/views"
	"polltop/views/report"
)

// press takes in a key. Where the focus is decides what it means; ctrl+c and
// ctrl+z mean the same everywhere. A letter of another alphabet is the command on
// its key, but is itself in a text field.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	if !m.editing() || msg.Text == "" {
		msg = keyboard.Latin(msg)
	}
	switch {
	case msg.String() == "ctrl+c":
		return m.interrupt()
	case key.Matches(msg, m.keys.Suspend):
		return tea.Suspend
	}
	switch m.focus {
	case onFilter:
		return m.pressFilter(msg)
	case onAdd:
		return m.pressAdd(msg)
	case onExport:
		return m.pressExport(msg)
	case onAsking:
		return m.pressAsking(msg)
	case onDialog:
		return m.pressDialog(msg)
	case onDetail:
		if m.scrollDetail(msg) {
			return nil
		}
	default:
		if cmd, ok := m.pressOverview(msg); ok {
			return cmd
		}
		if cmd, ok := m.pressMark(msg); ok {
			return cmd
		}
		if m.moveCursor(msg) {
			m.moved = true
			return m.follow()
		}
	}
	return m.pressCommand(msg)
}

// editing reports whether keys go to a text field.
func (m *Model) editing() bool {
	return m.focus == onFilter || m.focus == onAdd || m.focus == onExport
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
		return m.quit()
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
		return m.showTab(m.tabBeside(1))
	case key.Matches(msg, k.PreviousTab):
		return m.showTab(m.tabBeside(-1))
	case key.Matches(msg, k.Add):
		m.focus, m.behind = onAdd, m.focus
		return m.add.open()
	case key.Matches(msg, k.Problems):
		return m.showProblems()
	case key.Matches(msg, k.Help):
		m.openDialog(dialog{title: "Keys", body: m.helpBody, hint: readHint})
	case key.Matches(msg, k.Pause):
		return m.togglePause()
	case key.Matches(msg, k.Rekey):
		return m.rekey()
	case key.Matches(msg, k.Undo):
		return m.undoRemoval()
	case key.Matches(msg, k.Export):
		return m.openExport()
	case key.Matches(msg, k.ClearDone):
		return m.removeSucceeded()
	default:
		return m.pressOnTasks(msg)
	}
	return nil
}

// pressOnTasks does what acts on the marked tasks, or else on the cursor's.
func (m *Model) pressOnTasks(msg tea.KeyPressMsg) tea.Cmd {
	k := m.keys
	switch {
	case key.Matches(msg, k.PollNow):
		return m.pollNow()
	case key.Matches(msg, k.Cancel):
		return m.cancel()
	case key.Matches(msg, k.Download):
		return m.download()
	case key.Matches(msg, k.Remove):
		return m.removeTargets()
	case key.Matches(msg, k.Open):
		return m.openOutput()
	case key.Matches(msg, k.Copy):
		return m.copyIDs()
	case key.Matches(msg, k.CopyMenu):
		return m.copyMenu()
	}
	return nil
}

// escape closes or clears what is on top: the marks, the pane, the filter, the
// tab.
func (m *Model) escape() tea.Cmd {
	switch {
	case m.focus == onTable && (len(m.marks.seqs) > 0 || m.marks.anchor != none):
		m.marks.clear()
	case m.detail.open():
		m.closeDetail()
	case m.overview.group != "":
		m.leaveGroup()
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

// tabBeside returns the tab that stands a step to the right of the present one, or to
// the left, round the ends. Tabs that are not there as they hold nothing are passed over.
func (m *Model) tabBeside(step int) table.Tab {
	counts := report.Counts(m.index.Counts())
	tab := m.index.Tab()
	for {
		tab = table.Tab((int(tab) + step + int(table.TabCount)) % int(table.TabCount))
		absent := tab == table.TabCanceled && counts[poller.Canceled] == 0 || tab == table.TabUnknown && counts.Unknown() == 0
		if !absent {
			return tab
		}
	}
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

// pollNow asks for the targets at once. One that ended as not found is tried
// again, and so is a result that could not be fetched.
func (m *Model) pollNow() tea.Cmd {
	targets := m.targets()
	seqs := seqsOf(targets, func(t *poller.Task) bool { return !t.State.Terminal() || t.State == poller.NotFound })
	if len(seqs) == 0 {
		if t := m.subject(); t != nil && m.detail.known && m.detail.seq == t.Seq && m.detail.result.Fault != nil {
			return tea.Batch(m.fetchResult(t.Seq), m.say(views.LevelInfo, "fetching the result again"))
		}
		return m.say(views.LevelInfo, "nothing to ask: what has ended is not asked again")
	}
	clear(m.warned)
	p := m.options.Poller
	return tea.Batch(
		func() tea.Msg { p.PollNow(seqs...); return nil },
		m.say(views.LevelInfo, "asking for "+counted(len(seqs), "task")),
	)
}

// togglePause stops all polling, or lets it go on. The poller keeps which it is
// and tells it with its next update: commands run beside each other, so of two
// that set it either could come last.
func (m *Model) togglePause() tea.Cmd {
	if m.viewing() {
		return m.onlyViewing("pausing")
	}
	p := m.options.Poller
	return func() tea.Msg { p.TogglePause(); return nil }
}

// tellPause takes in whether polling is paused, and says so when that changed.
func (m *Model) tellPause(paused bool) tea.Cmd {
	if paused == m.paused {
		return nil
	}
	m.paused = paused
	if paused {
		return m.say(views.LevelInfo, "polling paused: p lets it go on")
	}
	return m.say(views.LevelInfo, "polling goes on")
}
