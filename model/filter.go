package model

import (
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"polltop/views/safe"
)

// filter is the line in which the table's filter is typed.
type filter struct {
	input textinput.Model
}

func newFilter() filter {
	input := textinput.New()
	input.Prompt = " / "
	input.Placeholder = "id, endpoint, status or error; !word leaves out"
	return filter{input: input}
}

func (f *filter) open() tea.Cmd {
	f.input.CursorEnd()
	return f.input.Focus()
}

func (f *filter) clear() { f.input.SetValue("") }

func (f *filter) resize(width int) { f.input.SetWidth(max(width-6, 1)) }

func (f *filter) restyle(dark bool) {
	styles := textinput.DefaultStyles(dark)
	styles.Cursor.Blink = false // a blink a half second is a frame a half second
	f.input.SetStyles(styles)
}

func (f *filter) forward(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	f.input, cmd = f.input.Update(msg)
	return cmd
}

// pressFilter takes in a key while the filter is typed. The table narrows with
// every key; the cursor keys still move in it.
func (m *Model) pressFilter(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(msg, m.keys.Accept):
		return m.leaveFilter()
	case key.Matches(msg, m.keys.Escape):
		m.filter.clear()
		m.index.SetFilter("")
		return m.leaveFilter()
	case msg.String() == "up":
		m.index.MoveBy(-1)
		return m.follow()
	case msg.String() == "down":
		m.index.MoveBy(1)
		return m.follow()
	}
	cmd := m.filter.forward(msg)
	m.index.SetFilter(m.filter.input.Value())
	return cmd
}

// leaveFilter gives the keys back to where they were, with the filter in force.
func (m *Model) leaveFilter() tea.Cmd {
	m.filter.input.Blur()
	return m.comeBack()
}

// comeBack gives the keys back to where they were before a field or a dialog
// took them, and opens the pane on a first failure that came meanwhile.
func (m *Model) comeBack() tea.Cmd {
	m.focus = m.behind
	if m.focus == onDetail && !m.detail.open() {
		m.focus = onTable
	}
	return m.openFirstFailure()
}

// pasteFilter takes in a paste into the filter: its first line, made harmless.
func (m *Model) pasteFilter(text string) tea.Cmd {
	cmd := m.filter.forward(tea.PasteMsg{Content: safe.Line(text)})
	m.index.SetFilter(m.filter.input.Value())
	return cmd
}
