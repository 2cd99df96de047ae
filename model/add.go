package model

import (
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textarea"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"polltop/views"
	"polltop/views/safe"
)

// pasteMost is the longest paste, in bytes, that the add dialog shows: a longer
// one is added at once, with the dialog's endpoint, as nobody edits it by hand
// and a text area of ten thousand lines is slow.
const pasteMost = 8 << 10

// addDialog is the dialog in which tasks are typed or pasted. What stands in it
// survives its closing: nothing that was typed is lost by pressing esc.
type addDialog struct {
	text       textarea.Model
	endpoint   textinput.Model
	inEndpoint bool
}

func newAddDialog(endpoint string) addDialog {
	text := textarea.New()
	text.Placeholder = "request ids, URLs, create-task answers, log lines: one or more a line"
	text.ShowLineNumbers = false
	text.CharLimit = 0
	text.MaxHeight = 0
	text.Prompt = ""
	field := textinput.New()
	field.Prompt = "endpoint for bare ids  "
	field.Placeholder = "none: give it on each line"
	field.SetValue(endpoint)
	return addDialog{text: text, endpoint: field}
}

func (a *addDialog) open() tea.Cmd {
	a.inEndpoint = false
	a.endpoint.Blur()
	return a.text.Focus()
}

func (a *addDialog) resize(width, height int) {
	inner := max(min(width, views.DialogWidth)-6, 1)
	a.text.SetWidth(inner)
	a.text.SetHeight(max(min(height-9, 10), 1))
	a.endpoint.SetWidth(max(inner-len(a.endpoint.Prompt)-1, 1))
}

func (a *addDialog) restyle(dark bool) {
	text := textarea.DefaultStyles(dark)
	text.Cursor.Blink = false
	a.text.SetStyles(text)
	field := textinput.DefaultStyles(dark)
	field.Cursor.Blink = false
	a.endpoint.SetStyles(field)
}

func (a *addDialog) forward(msg tea.Msg) tea.Cmd {
	var cmd tea.Cmd
	if a.inEndpoint {
		a.endpoint, cmd = a.endpoint.Update(msg)
		return cmd
	}
	a.text, cmd = a.text.Update(msg)
	return cmd
}

// switchField moves between the text and the endpoint.
func (a *addDialog) switchField() tea.Cmd {
	a.inEndpoint = !a.inEndpoint
	if a.inEndpoint {
		a.text.Blur()
		return a.endpoint.Focus()
	}
	a.endpoint.Blur()
	return a.text.Focus()
}

// body returns the dialog's lines.
func (a *addDialog) body() []string {
	lines := append([]string{a.endpoint.View(), ""}, strings.Split(a.text.View(), "\n")...)
	return lines
}

// pressAdd takes in a key while the add dialog is open.
func (m *Model) pressAdd(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(msg, m.keys.Escape):
		return m.leaveAdd()
	case key.Matches(msg, m.keys.Submit):
		return m.submitAdd(m.add.text.Value())
	case key.Matches(msg, m.keys.Field):
		return m.add.switchField()
	case m.add.inEndpoint && msg.String() == "enter":
		return m.add.switchField()
	}
	return m.add.forward(msg)
}

func (m *Model) leaveAdd() tea.Cmd {
	m.add.text.Blur()
	m.add.endpoint.Blur()
	return m.comeBack()
}

// submitAdd adds the tasks in a text under the dialog's endpoint, and closes the
// dialog.
func (m *Model) submitAdd(text string) tea.Cmd {
	if strings.TrimSpace(text) == "" {
		return m.say(views.LevelWarn, "nothing to add yet: type or paste request ids, esc closes")
	}
	source := m.options.Source
	source.Endpoint = strings.TrimSpace(m.add.endpoint.Value())
	m.add.text.Reset()
	return tea.Batch(m.leaveAdd(), m.addText(text, source))
}

// paste takes in pasted text: into the field that is being edited, or else as
// tasks to add.
func (m *Model) paste(text string) tea.Cmd {
	if !strings.Contains(text, "\n") {
		text = strings.ReplaceAll(text, "\r", "\n") // as terminals end the lines of a paste
	}
	switch m.focus {
	case onFilter:
		return m.pasteFilter(text)
	case onExport:
		return m.pasteExport(text)
	case onAsking:
		if m.asking.editing {
			return m.forward(tea.PasteMsg{Content: safe.Line(text)})
		}
	case onAdd:
		if m.add.inEndpoint {
			return m.add.forward(tea.PasteMsg{Content: safe.Line(text)})
		}
		if len(text) > pasteMost {
			if typed := m.add.text.Value(); typed != "" {
				text = typed + "\n" + text
			}
			return m.submitAdd(text)
		}
		return m.add.forward(tea.PasteMsg{Content: strings.Join(safe.Lines(text), "\n")})
	}
	return m.addText(text, m.options.Source)
}
