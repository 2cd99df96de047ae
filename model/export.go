package model

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/report"
	"polltop/views/safe"
)

// exportDialog is the dialog in which the file to export to is named. Its
// extension says the format.
type exportDialog struct {
	input textinput.Model
	tasks []*poller.Task // what is exported, as it was when the dialog opened
	of    string         // what they are, for the title
}

func newExportDialog() exportDialog {
	input := textinput.New()
	input.Prompt = "file  "
	return exportDialog{input: input}
}

func (e *exportDialog) resize(width int) {
	e.input.SetWidth(max(min(width, views.DialogWidth)-6-len(e.input.Prompt)-1, 1))
}

func (e *exportDialog) restyle(dark bool) {
	styles := textinput.DefaultStyles(dark)
	styles.Cursor.Blink = false
	e.input.SetStyles(styles)
}

// body returns the dialog's lines.
func (e *exportDialog) body() []string {
	said := "the extension says the format: " + formatNames()
	if format, ok := report.FormatOf(e.input.Value()); ok {
		said = "format " + string(format) + " of " + formatNames()
	}
	return []string{e.input.View(), "", said}
}

func formatNames() string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, string(f))
	}
	return strings.Join(names, " ")
}

// nextFormat gives the file the extension of the next format.
func (e *exportDialog) nextFormat() {
	path, formats := e.input.Value(), report.Formats()
	next := formats[0]
	if format, ok := report.FormatOf(path); ok {
		next = formats[(slices.Index(formats, format)+1)%len(formats)]
		path = strings.TrimSuffix(path, filepath.Ext(path))
	}
	e.input.SetValue(path + "." + string(next))
	e.input.CursorEnd()
}

// openExport asks where to export the marked tasks to, or all that are shown.
func (m *Model) openExport() tea.Cmd {
	e := &m.export
	if len(m.marks.seqs) > 0 {
		e.tasks, e.of = m.targets(), "the marked "
	} else {
		e.tasks, e.of = m.matching(), "the shown "
	}
	if len(e.tasks) == 0 {
		return m.say(views.LevelInfo, "nothing to export here")
	}
	if e.input.Value() == "" {
		name := m.persistence.Session
		if name == "" {
			name = "tasks"
		}
		e.input.SetValue("polltop-" + name + ".ndjson")
	}
	e.input.CursorEnd()
	m.behind, m.focus = m.focus, onExport
	return e.input.Focus()
}

// matching returns the tasks that the table shows, in its order.
func (m *Model) matching() []*poller.Task {
	tasks := make([]*poller.Task, 0, m.index.Matching())
	for rank := range m.index.Matching() {
		tasks = append(tasks, m.index.At(rank))
	}
	return tasks
}

// pressExport takes in a key while the file to export to is named.
func (m *Model) pressExport(msg tea.KeyPressMsg) tea.Cmd {
	switch {
	case key.Matches(msg, m.keys.Escape):
		return m.leaveExport()
	case key.Matches(msg, m.keys.Field):
		m.export.nextFormat()
		return nil
	case msg.String() == "enter":
		return m.submitExport()
	}
	return m.forward(msg)
}

func (m *Model) leaveExport() tea.Cmd {
	m.export.input.Blur()
	m.export.tasks = nil
	return m.comeBack()
}

// submitExport writes the file.
func (m *Model) submitExport() tea.Cmd {
	path := strings.TrimSpace(m.export.input.Value())
	format, ok := report.FormatOf(path)
	if !ok {
		return m.say(views.LevelWarn, fmt.Sprintf("%q: no format has this extension: end it in .ndjson, .json, .csv, .ids, .requests or .md", path))
	}
	if rest, found := strings.CutPrefix(path, "~/"); found {
		path = filepath.Join(m.getenv("HOME"), rest)
	}
	tasks, p := m.export.tasks, m.options.Poller
	options := report.ExportOptions{Now: m.now, Source: m.options.Source, Result: func(seq int32) *queue.Result {
		if f, ok := p.Result(seq); ok && !f.Pending && f.Fault == nil {
			return &f.Result
		}
		return nil
	}}
	return tea.Batch(m.leaveExport(), func() tea.Msg {
		if err := report.ExportFile(path, format, tasks, options); err != nil {
			return sayMsg{views.LevelBad, "not exported: " + err.Error()}
		}
		return sayMsg{views.LevelGood, counted(len(tasks), "task") + " exported to " + path}
	})
}

// pasteExport takes in a paste into the file's name: its first line, made
// harmless.
func (m *Model) pasteExport(text string) tea.Cmd {
	return m.forward(tea.PasteMsg{Content: safe.Line(text)})
}
