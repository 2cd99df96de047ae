package dialog

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
	"polltop/views"
	"polltop/views/report"
)

// export is the dialog in which the file to export to is named. Its extension says the
// format.
type export struct {
	field
	tasks []*poller.Task // what is exported, as it was when the dialog opened
	of    string         // what they are, for the title
}

func newExport(env *common.Env) *export {
	return &export{field: newField(env, "file  ")}
}

// opened asks where to export tasks of a session to.
func (e *export) opened(tasks []*poller.Task, marked bool, session string) tea.Cmd {
	e.tasks, e.of = tasks, "the shown "
	if marked {
		e.of = "the marked "
	}
	return e.field.opened(cmp.Or(e.input.Value(), "polltop-"+cmp.Or(session, "tasks")+".ndjson"))
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

func (e *export) close() {
	e.tasks = nil
	e.field.close()
}

// nextFormat gives the file the extension of the next format.
func (e *export) nextFormat() {
	path, formats := e.input.Value(), report.Formats()
	next := formats[0]
	if format, ok := report.FormatOf(path); ok {
		next = formats[(slices.Index(formats, format)+1)%len(formats)]
		path = strings.TrimSuffix(path, filepath.Ext(path))
	}
	e.input.SetValue(path + "." + string(next))
	e.input.CursorEnd()
}

// submit has the file written.
func (e *export) submit() {
	path := strings.TrimSpace(e.input.Value())
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

func (e *export) view() (d views.Dialog, from, to int) {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, string(f))
	}
	formats := strings.Join(names, " ")
	said := "the extension says the format: " + formats
	if format, ok := report.FormatOf(e.input.Value()); ok {
		said = "format " + string(format) + " of " + formats
	}
	return views.Dialog{
		Title: "Export " + e.of + common.Counted(len(e.tasks), "task"), Hint: "enter writes  tab next format  esc close",
		Body: []string{e.input.View(), "", said},
	}, 0, 0
}

func (e *export) bindings() []key.Binding {
	k, brief := &common.Keys, common.Brief
	return []key.Binding{brief(k.Accept, "write"), brief(k.Field, "next format"), brief(k.Escape, "close")}
}

// exportChosen says that tasks are to be exported.
type exportChosen struct{ common.Command }

// askExport exports, or asks whether to edit the payload of the task under the cursor instead.
func (d *Dialogs) askExport(msg common.Command) tea.Cmd {
	if t := msg.Subject; t != nil && !msg.Marked && d.env.Submissions[t.Payload] != nil {
		return d.ask(common.Ask{Title: "Edit or export", Hint: "a key does it  esc close", Choices: []common.Choice{
			{MenuItem: views.MenuItem{Key: "E", Label: "edit its payload, and submit it again"}, Do: common.Send(common.EditPayload{Task: t})},
			{MenuItem: views.MenuItem{Key: "x", Label: "export all shown"}, Do: common.Send(exportChosen{msg})},
		}})
	}
	return d.showExport(msg)
}

// askFormat asks in which format tasks are printed, where the user has no files.
func askFormat(tasks []*poller.Task) common.Ask {
	ask := common.Ask{Title: "Export " + common.Counted(len(tasks), "task"), Hint: "a key prints them in your own terminal  esc close"}
	for _, f := range report.Formats() {
		item := views.MenuItem{Key: string(f[:1]), Label: string(f)}
		ask.Choices = append(ask.Choices, common.Choice{MenuItem: item, Do: common.Send(common.Export{Path: "tasks." + string(f), Tasks: tasks})})
	}
	return ask
}
