package model

import (
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/keyboard"
	"polltop/views/safe"
)

// Update takes in a message. It does nothing slow: what is goes into commands.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	m.now = m.options.Clock()
	m.skipRedraw = false
	cmd := m.handle(msg)
	m.stale = m.stale || !m.skipRedraw
	if sync := m.syncPicture(); sync != nil {
		cmd = tea.Batch(cmd, sync)
	}
	return m, cmd
}

func (m *Model) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.arrange()
		return m.layPicture()
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.restyle()
	case tea.ColorProfileMsg:
		m.profile = msg.Profile
		m.restyle()
	case tea.ModeReportMsg:
		m.observeMode(msg)
	case tea.KeyPressMsg:
		return m.press(msg)
	case tea.PasteMsg:
		return m.paste(msg.Content)
	case tea.MouseMsg:
		return m.mouse(msg)
	case StatusMsg:
		return m.observe(msg)
	case trackedMsg:
		return m.tracked(msg)
	case newsMsg:
		return m.observeNews(msg)
	case bodyMsg:
		m.detail.body(msg)
		m.clampDetail()
		return m.wantPicture()
	case tickMsg:
		return m.tick()
	case noticeOverMsg:
		return m.noticeOver(msg)
	default:
		return m.handleAction(msg)
	}
	return nil
}

// observeMode notes by which measure Bubble Tea draws from now on: it changes over
// when the terminal says that it knows grapheme clusters (mode 2027).
func (m *Model) observeMode(msg tea.ModeReportMsg) {
	if msg.Mode == ansi.ModeUnicodeCore && msg.Value != ansi.ModeNotRecognized && msg.Value != ansi.ModePermanentlyReset {
		safe.Graphemes(true)
		m.arrange()
	}
}

// handleAll takes in messages that were held back for a moment, one after the other.
func (m *Model) handleAll(msgs []tea.Msg) tea.Cmd {
	var cmds []tea.Cmd
	for _, msg := range msgs {
		cmds = append(cmds, m.handle(msg))
	}
	return tea.Batch(cmds...)
}

// handleAction takes in what came of the user's actions.
func (m *Model) handleAction(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case sayMsg:
		return m.say(msg.level, msg.text)
	case untrackedMsg:
		return m.untracked(msg)
	case restoredMsg:
		return m.restored(msg)
	case lingeredMsg:
		return m.lingered(msg)
	case openedMsg:
		return m.opened(msg)
	case downloadsMsg:
		return m.downloaded(msg)
	case freshOverMsg:
		return m.freshOver()
	case slowMsg:
		return m.slowDue()
	case keyboard.Keys:
		return m.handleAll(msg)
	case answerableMsg:
		return nil // drawn anew
	case notifyDueMsg:
		return m.observeNotify(nil)
	case execMsg:
		return m.executed(msg)
	default:
		if cmd, ok := m.handlePicture(msg); ok {
			return cmd
		}
		return m.forward(msg)
	}
}

// forward gives the text fields the messages that they send to themselves.
func (m *Model) forward(msg tea.Msg) tea.Cmd {
	switch m.focus {
	case onFilter:
		return m.filter.forward(msg)
	case onAdd:
		return m.add.forward(msg)
	case onAsking:
		var cmd tea.Cmd
		m.asking.field, cmd = m.asking.field.Update(msg)
		return cmd
	case onExport:
		var cmd tea.Cmd
		m.export.input, cmd = m.export.input.Update(msg)
		return cmd
	}
	m.skipRedraw = true
	return nil
}
