package dialog

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
	"polltop/views"
	"polltop/views/report"
	"polltop/views/safe"
)

// export is the dialog in which the file to export to is named. Its extension says the
// format.
type export struct {
	env   *common.Env
	path  textinput.Model
	tasks []*poller.Task // what is exported, as it was when the dialog opened
	of    string         // what they are, for the title
}

func newExport(env *common.Env) *export {
	return &export{env: env, path: common.NewField("file  ", "")}
}

// opened asks where to export tasks of a session to.
func (e *export) opened(tasks []*poller.Task, marked bool, session string) tea.Cmd {
	e.tasks, e.of = tasks, "the shown "
	if marked {
		e.of = "the marked "
	}
	if e.path.Value() == "" {
		if session == "" {
			session = "tasks"
		}
		e.path.SetValue("polltop-" + session + ".ndjson")
	}
	e.path.CursorEnd()
	return e.path.Focus()
}

func (e *export) resize(l views.Layout) {
	e.path.SetWidth(max(min(l.Width, views.DialogWidth)-6-len(e.path.Prompt)-1, 1))
	common.StyleField(&e.path, e.env.Theme)
}

func (e *export) press(msg tea.KeyPressMsg) tea.Cmd {
	switch k := &common.Keys; {
	case key.Matches(msg, k.Escape):
		e.close()
	case key.Matches(msg, k.Field):
		e.nextFormat()
	case key.Matches(msg, k.Accept):
		e.submit()
	default:
		return e.pass(msg)
	}
	return nil
}

func (e *export) pass(msg tea.Msg) (cmd tea.Cmd) {
	if paste, ok := msg.(tea.PasteMsg); ok {
		msg = tea.PasteMsg{Content: safe.Line(paste.Content)}
	}
	e.path, cmd = e.path.Update(msg)
	return cmd
}

func (e *export) close() {
	e.path.Blur()
	e.tasks = nil
	e.env.Post(common.Release{Focus: common.OnDialog})
}

// nextFormat gives the file the extension of the next format.
func (e *export) nextFormat() {
	path, formats := e.path.Value(), report.Formats()
	next := formats[0]
	if format, ok := report.FormatOf(path); ok {
		next = formats[(slices.Index(formats, format)+1)%len(formats)]
		path = strings.TrimSuffix(path, filepath.Ext(path))
	}
	e.path.SetValue(path + "." + string(next))
	e.path.CursorEnd()
}

// submit has the file written.
func (e *export) submit() {
	path := strings.TrimSpace(e.path.Value())
	if _, ok := report.FormatOf(path); !ok {
		e.env.Say(views.LevelWarn, fmt.Sprintf("%q: no format has this extension: end it in .ndjson, .json, .csv, .ids, .requests or .md", path))
		return
	}
	if rest, found := strings.CutPrefix(path, "~/"); found {
		path = filepath.Join(e.env.Getenv("HOME"), rest)
	}
	tasks := e.tasks
	e.close()
	e.env.Post(common.Export{Path: path, Tasks: tasks})
}

func (e *export) click(int) tea.Cmd { return nil }
func (e *export) wheel(int)         {}
func (e *export) typing() bool      { return true }

func (e *export) view() (d views.Dialog, from, to int) {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, string(f))
	}
	formats := strings.Join(names, " ")
	said := "the extension says the format: " + formats
	if format, ok := report.FormatOf(e.path.Value()); ok {
		said = "format " + string(format) + " of " + formats
	}
	return views.Dialog{
		Title: "Export " + e.of + common.Counted(len(e.tasks), "task"), Hint: "enter writes  tab next format  esc close",
		Body: []string{e.path.View(), "", said},
	}, 0, 0
}

func (e *export) bindings() []key.Binding {
	k, brief := &common.Keys, common.Brief
	return []key.Binding{brief(k.Accept, "write"), brief(k.Field, "next format"), brief(k.Escape, "close")}
}
