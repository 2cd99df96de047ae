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

// askExport exports, or asks whether to edit the payload of the task under the cursor instead.
func (d *Dialogs) askExport(msg common.Command) tea.Cmd {
	if t := msg.Subject; t != nil && !msg.Marked && d.env.Submissions[t.Payload] != nil {
		return d.ask(common.Ask{Title: "Edit or export", Hint: "a key does it  esc close", Choices: []common.Choice{
			common.Pick("E", "edit its payload, and submit it again", common.Send(common.EditPayload{Task: t})),
			common.Pick("x", "export all shown", common.Send(exportChosen{msg})),
		}})
	}
	return d.showExport(msg)
}

// exportChosen says that tasks are to be exported.
type exportChosen struct{ common.Command }

// showExport asks for the file to export tasks to, as they are now, or for the format in which
// they are printed, where the user has no files.
func (d *Dialogs) showExport(msg common.Command) tea.Cmd {
	tasks, which := msg.Tasks, "the marked "
	if !msg.Marked {
		tasks, which = msg.Shown(), "the shown "
	}
	switch count := common.Counted(len(tasks), "task"); {
	case len(tasks) == 0:
		d.env.Say(views.LevelInfo, "nothing to export here")
		return nil
	case d.env.Shared != nil:
		ask := common.Ask{Title: "Export " + count, Hint: "a key prints them in your own terminal  esc close"}
		for _, f := range report.Formats() {
			ask.Choices = append(ask.Choices, common.Pick(string(f[:1]), string(f), common.Send(common.Export{Path: "tasks." + string(f), Tasks: tasks})))
		}
		return d.ask(ask)
	default:
		return d.showExportFile("Export "+which+count, tasks)
	}
}

// showExportFile asks for a file, whose extension says the format.
func (d *Dialogs) showExportFile(title string, tasks []*poller.Task) tea.Cmd {
	keys, brief := &common.Keys, common.Brief
	file := &prompt{
		field: newField(d.env, "file  "), title: title, hint: "enter writes  tab next format  esc close", kept: &d.exported, below: formatOf, next: withNextFormat,
		enter: func(path string) (refused string) {
			if _, ok := report.FormatOf(path); !ok {
				return fmt.Sprintf("%q: no format has this extension: end it in .ndjson, .json, .csv, .ids, .requests or .md", path)
			}
			if rest, found := strings.CutPrefix(path, "~/"); found {
				path = filepath.Join(d.env.Getenv("HOME"), rest)
			}
			d.env.Post(common.Export{Path: path, Tasks: tasks})
			return ""
		},
		keys: []key.Binding{brief(keys.Accept, "write"), brief(keys.Field, "next format"), brief(keys.Escape, "close")},
	}
	return d.take(file, file.opened(cmp.Or(d.exported, "polltop-"+cmp.Or(d.env.Polling.Persistence.Session, "tasks")+".ndjson")))
}

// formatOf says in which format a file is written, and which others there are.
func formatOf(path string) string {
	var names []string
	for _, f := range report.Formats() {
		names = append(names, string(f))
	}
	formats := strings.Join(names, " ")
	if format, ok := report.FormatOf(path); ok {
		return "format " + string(format) + " of " + formats
	}
	return "the extension says the format: " + formats
}

// withNextFormat gives a file the extension of the next format.
func withNextFormat(path string) string {
	formats := report.Formats()
	next := formats[0]
	if format, ok := report.FormatOf(path); ok {
		next = formats[(slices.Index(formats, format)+1)%len(formats)]
		path = strings.TrimSuffix(path, filepath.Ext(path))
	}
	return path + "." + string(next)
}
