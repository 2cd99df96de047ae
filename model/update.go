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

// Update takes in a message. It does nothing slow: what is goes into commands.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg.(type) {
	case tea.MouseMotionMsg, tea.MouseReleaseMsg:
		return m, nil
	case tea.KeyPressMsg, keyboard.Keys, tea.MouseMsg:
		m.env.UserActed = true
	}
	m.env.Time = m.options.Clock()
	m.env.Now = poller.StampOf(m.env.Time)
	cmd := tea.Batch(m.dispatch(msg), m.startTicking())
	m.status.Show(m.focused().Bindings(), m.shows())
	return m, cmd
}

func (m *Model) dispatch(msg tea.Msg) tea.Cmd {
	cmds := []tea.Cmd{m.route(msg)}
	for posted := m.env.Drain(); len(posted) > 0; posted = append(posted[1:], m.env.Drain()...) {
		cmds = append(cmds, m.route(posted[0]))
	}
	return tea.Batch(cmds...)
}

// route gives input to what is under the mouse or has the keys, and any other message to
// all components: each takes what is for it.
func (m *Model) route(msg tea.Msg) tea.Cmd {
	if why := m.refusal(msg); why != "" {
		msg = common.Say{Level: views.LevelWarn, Text: why}
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg, tea.BackgroundColorMsg, tea.ColorProfileMsg, tea.ModeReportMsg:
		m.observeTerminal(msg)
		return nil
	case tea.KeyPressMsg:
		return m.press(msg)
	case keyboard.Keys:
		var cmds []tea.Cmd
		for _, key := range msg { // they were held back for a moment
			cmds = append(cmds, m.dispatch(key))
		}
		return tea.Batch(cmds...)
	case tea.PasteMsg:
		return m.paste(msg)
	case tea.MouseWheelMsg:
		return m.wheel(msg)
	case tea.MouseClickMsg:
		return m.click(msg)
	}
	return m.deliver(msg)
}

// deliver does the root's part of a message, and gives it to all components.
func (m *Model) deliver(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case common.TasksChanged:
		m.env.Apply(msg.Update)
		return tea.Batch(m.awaitUpdate(len(msg.Tasks)), m.broadcast(msg), m.second(true))
	case common.PaneChanged: // there is more room now, or less
		if msg.Seq == common.NoTask {
			m.release(views.OnPane)
		}
		m.arrange()
	case common.Then:
		return tea.Batch(msg(), m.broadcast(msg)) // which draws anew
	case common.RequestFocus:
		m.take(msg.Focus)
	case common.ReleaseFocus:
		m.release(msg.Focus)
	case common.Command:
		if key.Matches(msg.KeyPressMsg, suspend) {
			return tea.Suspend
		}
		return m.broadcast(m.targets(msg))
	case common.Quit:
		return m.leave()
	case tick:
		m.seconds.ticking = false
		return m.second(false)
	case heldOver:
		if held := m.held; held != nil { // a g that stayed alone
			m.held = nil
			return m.focused().Update(*held)
		}
		return nil
	}
	return m.broadcast(msg)
}

func (m *Model) shows() common.TableStatus {
	shows := m.table.Shows()
	switch m.env.Area {
	case views.OnGroups:
		shows.Position = m.failures.Position()
	case views.OnStats:
		shows.Position = ""
	}
	return shows
}

// broadcast gives a message to all parts, to the bars first: they compare what comes with
// what the table has until then.
func (m *Model) broadcast(msg tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, c := range []updater{m.status, m.table, m.pane, m.failures, m.stats, m.dialogs, m.actions} {
		cmds = append(cmds, c.Update(msg))
	}
	return tea.Batch(cmds...)
}

// seconds is when common.Second is posted: with an update, which draws all times anew anyhow,
// or by a timer where none came for a second. With 50 dashboards of polltop serve, each of
// which has less than two updates a second, a timer alone made 40 % of the frames.
type seconds struct {
	ticking       bool // a timer runs
	drawn, redraw time.Time
}

// secondLeast is the least time between two seconds that updates bring.
const secondLeast = 900 * time.Millisecond

type tick struct{}

// second posts common.Second where a second has passed.
func (m *Model) second(updated bool) tea.Cmd {
	s, now := &m.seconds, m.env.Time
	if updated {
		s.redraw = now
	}
	if updated && now.Sub(s.drawn) < secondLeast || !updated && now.Sub(s.redraw) < time.Second {
		return nil
	}
	s.drawn, s.redraw = now, now
	return m.broadcast(common.SecondPassed{})
}

// startTicking lets times grow on the screen, when something on it does.
func (m *Model) startTicking() tea.Cmd {
	if m.seconds.ticking || m.env.LiveCount() == 0 && !m.actions.Active() {
		return nil
	}
	m.seconds.ticking = true
	return common.After(min(max(m.seconds.redraw.Add(time.Second).Sub(m.env.Time), 0), time.Second), tick{})
}

// targets fills in what a command is done with: the marked tasks, or those under the cursor
// that is on the screen.
func (m *Model) targets(msg common.Command) common.Command {
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

// leave ends the program, without a picture left in the terminal.
func (m *Model) leave() tea.Cmd {
	if drop := m.pane.DropPicture(); drop != nil {
		return tea.Sequence(drop, tea.Quit)
	}
	return tea.Quit
}
