package model

import (
	tea "charm.land/bubbletea/v2"

	"polltop/model/table"
)

// wheel is how many lines a notch of the mouse wheel scrolls.
const wheel = 3

// mouse takes in the mouse: the wheel scrolls what is under it, a click selects,
// a second click on the same row opens. Selecting text with the mouse is the
// terminal's own business, while shift is held.
func (m *Model) mouse(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	switch msg.(type) {
	case tea.MouseWheelMsg:
		return m.wheel(at)
	case tea.MouseClickMsg:
		if at.Button == tea.MouseLeft {
			return m.click(at)
		}
	}
	m.skipRedraw = true
	return nil
}

func (m *Model) wheel(at tea.Mouse) tea.Cmd {
	lines := wheel
	switch at.Button {
	case tea.MouseWheelUp:
		lines = -wheel
	case tea.MouseWheelDown:
	default:
		return nil
	}
	switch {
	case m.focus == onDialog:
		m.dialog.scroll += lines
		m.clampDialog()
	case m.focus == onAsking:
		m.asking.move(lines)
	case m.focus == onAdd:
	case m.overview.screen != tableScreen && (m.overview.screen == statsScreen || !m.layout.InDetail(at.X, at.Y)):
		m.scrollOverview(lines)
	case m.layout.InDetail(at.X, at.Y):
		m.detail.scroll += lines
		m.clampDetail()
	default:
		m.moved = true
		m.index.ScrollBy(lines)
		return m.follow()
	}
	return nil
}

func (m *Model) click(at tea.Mouse) tea.Cmd {
	switch {
	case m.focus == onDialog:
		return m.comeBack()
	case m.focus == onAdd, m.focus == onAsking:
		return nil
	case m.layout.InDetail(at.X, at.Y):
		if m.focus == onTable {
			m.focus = onDetail
		}
		return nil
	}
	if tab, ok := m.layout.TabAt(at.X, at.Y, m.tabs()); ok {
		m.overview.screen = tableScreen
		return m.showTab(table.Tab(tab))
	}
	if m.overview.screen != tableScreen {
		return nil // what is under the mouse is no row of the table
	}
	row, ok := m.layout.RowAt(at.X, at.Y)
	rows, first := m.index.Window(m.layout.Rows)
	if !ok || row >= len(rows) {
		return nil
	}
	m.moved = true
	again := m.clicked == rows[row].Seq
	m.clicked = rows[row].Seq
	m.index.MoveTo(first + row)
	if m.focus == onDetail {
		m.focus = onTable
	}
	if again && m.focus == onTable {
		return m.inspect()
	}
	return m.follow()
}
