package model

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/keyboard"
	"polltop/poller"
	"polltop/views"
)

// Update handles a message, and those that components post while they handle it.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg.(type) {
	case tea.MouseMotionMsg, tea.MouseReleaseMsg:
		return m, nil
	case tea.KeyPressMsg, keyboard.Keys, tea.MouseMsg:
		m.env.UserActed = true
	}
	m.env.Time = m.options.Clock()
	m.env.Now = poller.StampOf(m.env.Time)
	cmd := tea.Batch(m.dispatch(msg), m.startSecondTimer())
	m.status.SetStatus(m.focused().Bindings(), m.tableStatus())
	return m, cmd
}

func (m *Model) dispatch(msg tea.Msg) tea.Cmd {
	cmds := []tea.Cmd{m.route(msg)}
	for posted := m.env.Drain(); len(posted) > 0; posted = append(posted[1:], m.env.Drain()...) {
		cmds = append(cmds, m.route(posted[0]))
	}
	return tea.Batch(cmds...)
}

// route passes input to the component that has the focus or is under the mouse, and any
// other message to all components.
func (m *Model) route(msg tea.Msg) tea.Cmd {
	if why := m.refusal(msg); why != "" {
		msg = common.Say{Level: views.LevelWarn, Text: why}
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg, tea.BackgroundColorMsg, tea.ColorProfileMsg, tea.ModeReportMsg:
		m.observeTerminal(msg)
		return nil
	case tea.KeyPressMsg:
		return m.handleKey(msg)
	case keyboard.Keys:
		var cmds []tea.Cmd
		for _, key := range msg {
			cmds = append(cmds, m.dispatch(key))
		}
		return tea.Batch(cmds...)
	case tea.PasteMsg:
		return m.handlePaste(msg)
	case tea.MouseWheelMsg:
		return m.handleWheel(msg)
	case tea.MouseClickMsg:
		return m.handleClick(msg)
	}
	return m.deliver(msg)
}

// deliver does the root's part for a message, and passes it to all components.
func (m *Model) deliver(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case common.TasksChanged:
		m.env.Apply(msg.Update)
		return tea.Batch(m.awaitUpdate(len(msg.Tasks)), m.broadcast(msg), m.postSecond(true))
	case common.PaneChanged: // the table's size may change with it
		if msg.Seq == common.NoTask {
			m.removeFocus(views.OnPane)
		}
		m.arrange()
	case common.Then:
		return tea.Batch(msg(), m.broadcast(msg)) // components invalidate their views
	case common.RequestFocus:
		m.pushFocus(msg.Focus)
	case common.ReleaseFocus:
		m.removeFocus(msg.Focus)
	case common.Command:
		if key.Matches(msg.KeyPressMsg, suspend) {
			return tea.Suspend
		}
		return m.broadcast(m.withTargets(msg))
	case common.Quit:
		return m.quit()
	case secondTick:
		m.secondTimer.running = false
		return m.postSecond(false)
	case pendingGExpired:
		if g := m.pendingG; g != nil {
			m.pendingG = nil
			return m.focused().Update(*g)
		}
		return nil
	}
	return m.broadcast(msg)
}

func (m *Model) tableStatus() views.TableStatus {
	status := m.table.Status()
	switch m.env.Area {
	case views.OnGroups:
		status.Position = m.failures.Position()
	case views.OnStats:
		status.Position = ""
	}
	return status
}

// broadcast passes a message to all components, first to the bars: they compare new tasks
// with those that the table still has.
func (m *Model) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, c := range []updater{m.status, m.table, m.pane, m.failures, m.stats, m.dialogs, m.actions} {
		cmds = append(cmds, c.Update(msg))
	}
	return tea.Batch(cmds...)
}

// secondTimer schedules common.SecondPassed: with an update of the poller, which draws a frame
// anyway, or by a timer if none arrived for a second. With 50 dashboards of polltop serve, a
// timer alone made 40 % of the frames.
type secondTimer struct {
	running bool      // the timer runs
	posted  time.Time // when SecondPassed was sent last
	updated time.Time // when an update arrived or SecondPassed was sent last
}

// minSecondGap is the least time between two SecondPassed that updates cause.
const minSecondGap = 900 * time.Millisecond

type secondTick struct{}

// postSecond broadcasts common.SecondPassed if about a second has passed since the last one.
func (m *Model) postSecond(updated bool) tea.Cmd {
	s, now := &m.secondTimer, m.env.Time
	if updated {
		s.updated = now
	}
	if updated && now.Sub(s.posted) < minSecondGap || !updated && now.Sub(s.updated) < time.Second {
		return nil
	}
	s.posted, s.updated = now, now
	return m.broadcast(common.SecondPassed{})
}

// startSecondTimer starts the timer, unless it runs, while times on the screen grow.
func (m *Model) startSecondTimer() tea.Cmd {
	if m.secondTimer.running || m.env.LiveCount() == 0 && !m.actions.Active() {
		return nil
	}
	m.secondTimer.running = true
	return common.After(min(max(m.secondTimer.updated.Add(time.Second).Sub(m.env.Time), 0), time.Second), secondTick{})
}

// withTargets fills in the tasks of a command: the marked ones, or those under the cursor.
func (m *Model) withTargets(msg common.Command) common.Command {
	msg.Tasks, msg.Shown = m.table.Marked(), m.table.Shown
	msg.Marked = len(msg.Tasks) > 0
	switch m.env.Area {
	case views.OnGroups:
		if msg.Shown = m.failures.Tasks; !msg.Marked {
			msg.Tasks = m.failures.Tasks()
		}
	case views.OnTable:
		msg.Subject = m.table.Cursor()
		msg.Opened = msg.Subject != nil && msg.Subject == m.pane.Task()
		if !msg.Marked && msg.Subject != nil {
			msg.Tasks = []*poller.Task{msg.Subject}
		}
	}
	return msg
}

// quit ends the program, and removes its picture from the terminal first.
func (m *Model) quit() tea.Cmd {
	if drop := m.pane.RemovePicture(); drop != nil {
		return tea.Sequence(drop, tea.Quit)
	}
	return tea.Quit
}
