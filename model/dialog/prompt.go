package dialog

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/report"
	"polltop/views/safe"
)

// field is a text field of one line, the base of dialogs that have one.
type field struct {
	env   *common.Env
	input textinput.Model
}

func newField(env *common.Env, prompt string) field {
	return field{env: env, input: common.NewField(prompt, "")}
}

func (f *field) edit(text string) tea.Cmd {
	f.input.SetValue(text)
	f.input.CursorEnd()
	return f.input.Focus()
}

// draw returns the field, as wide as the dialog allows.
func (f *field) draw() string {
	f.input.SetWidth(max(views.DialogTextWidth(f.env.Layout.Width)-2-len(f.input.Prompt)-1, 1))
	common.StyleField(&f.input, f.env.Theme)
	return f.input.View()
}

func (f *field) handleMsg(msg tea.Msg) (cmd tea.Cmd) {
	if paste, ok := msg.(tea.PasteMsg); ok {
		msg = tea.PasteMsg{Content: safe.Line(paste.Content)}
	}
	f.input, cmd = f.input.Update(msg)
	return cmd
}

func (f *field) close() {
	f.input.Blur()
	f.env.Post(common.ReleaseFocus{Focus: views.OnDialog})
}

func (f *field) handleClick(int, int) tea.Cmd { return nil }
func (f *field) scrollBy(int)                 {}
func (f *field) typing() bool                 { return true }

type prompt struct {
	field
	title, hint string
	verb        string                             // what enter does, for the footer
	note        func(text string) string           // the line below the field
	nextText    func(text string) string           // what tab makes of the text; may be nil
	submit      func(text string) (refused string) // returns why it refuses the text; "" closes the prompt
	savedText   *string                            // is set to the text when the prompt is closed; may be nil
}

func (p *prompt) handleKey(msg tea.KeyPressMsg) tea.Cmd {
	switch k := &common.Keys; {
	case key.Matches(msg, k.Escape):
		p.close()
	case p.nextText != nil && key.Matches(msg, k.Field):
		return p.edit(p.nextText(p.input.Value()))
	case key.Matches(msg, k.Accept):
		if refused := p.submit(strings.TrimSpace(p.input.Value())); refused != "" {
			p.env.Say(views.LevelWarn, refused)
			return nil
		}
		p.close()
	default:
		return p.handleMsg(msg)
	}
	return nil
}

func (p *prompt) close() {
	if p.savedText != nil {
		*p.savedText = p.input.Value()
	}
	p.field.close()
}

func (p *prompt) view() (d views.Dialog, from, to int) {
	return views.Dialog{Title: p.title, Hint: p.hint, Body: []string{p.draw(), "", p.note(p.input.Value())}}, 0, 0
}

func (p *prompt) bindings() []key.Binding {
	next := common.Brief(common.Keys.Field, "next format")
	next.SetEnabled(p.nextText != nil)
	return []key.Binding{common.Brief(common.Keys.Accept, p.verb), next, common.Brief(common.Keys.Escape, "close")}
}

// showLabel asks for the label of the marked tasks, else of those that were added last, else of
// those under the cursor.
func (d *Dialogs) showLabel(msg common.Command) tea.Cmd {
	requests, adjective := d.lastAdded(), "the last added "
	if msg.Marked || len(requests) == 0 {
		requests, adjective = nil, ""
		for _, t := range msg.Tasks {
			if !t.Unsent() {
				requests = append(requests, t.Request)
			}
		}
	}
	switch {
	case len(requests) == 0:
		d.env.Say(views.LevelInfo, "nothing to label here")
		return nil
	case msg.Marked:
		adjective = "the marked "
	}
	label := &prompt{
		verb: "label", field: newField(d.env, "label  "), title: "Label " + adjective + views.Plural(len(requests), "task"), hint: "enter labels  esc close",
		note: func(string) string { return "in a column, as the filter label:…, in groups and exports" },
		submit: func(text string) (refused string) {
			if text == "" {
				return "no label yet: type one, esc closes"
			}
			for i := range requests {
				requests[i].Label = text
			}
			d.env.Post(common.ClearMarks{}, common.Track{Requests: requests})
			return ""
		},
	}
	return d.show(label, label.edit(""))
}

// lastAdded returns the requests of addedUnlabeled, as they are tracked now.
func (d *Dialogs) lastAdded() (requests []queue.Request) {
	for _, t := range d.env.Tasks.All() {
		if d.addedUnlabeled[t.Request.Key()] {
			requests = append(requests, t.Request)
		}
	}
	return requests
}

func (d *Dialogs) askExport(msg common.Command) tea.Cmd {
	if t := msg.Subject; t != nil && !msg.Marked && d.env.Submissions[t.Payload] != nil {
		return d.openList(common.Ask{Title: "Edit or export", Hint: "a key does it  esc close", Choices: []common.Choice{
			common.NewChoice("E", "edit its payload, and submit it again", common.Send(common.EditPayload{Task: t})),
			common.NewChoice("x", "export all shown", common.InUpdate(func() tea.Cmd { return d.showExport(msg) })),
		}})
	}
	return d.showExport(msg)
}

// showExport asks for the file to export tasks to. In a shared dashboard, where the user has no
// files, it asks for the format in which they are printed.
func (d *Dialogs) showExport(msg common.Command) tea.Cmd {
	tasks, adjective := msg.Tasks, "the marked "
	if !msg.Marked {
		tasks, adjective = msg.Shown(), "the shown "
	}
	switch count := views.Plural(len(tasks), "task"); {
	case len(tasks) == 0:
		d.env.Say(views.LevelInfo, "nothing to export here")
		return nil
	case d.env.Shared != nil:
		ask := common.Ask{Title: "Export " + count, Hint: "a key prints them in your own terminal  esc close"}
		for _, f := range report.Formats() {
			ask.Choices = append(ask.Choices, common.NewChoice(string(f[:1]), string(f), common.Send(common.Export{Path: "tasks." + string(f), Tasks: tasks})))
		}
		return d.openList(ask)
	default:
		return d.showExportFile("Export "+adjective+count, tasks)
	}
}

func (d *Dialogs) showExportFile(title string, tasks []*poller.Task) tea.Cmd {
	file := &prompt{
		verb: "write", field: newField(d.env, "file  "), title: title, hint: "enter writes  tab next format  esc close", savedText: &d.exportPath, note: formatOf, nextText: withNextFormat,
		submit: func(path string) (refused string) {
			if _, ok := report.FormatOf(path); !ok {
				return fmt.Sprintf("%q: no format has this extension: end it in .ndjson, .json, .csv, .ids, .requests or .md", path)
			}
			if rest, found := strings.CutPrefix(path, "~/"); found {
				path = filepath.Join(d.env.Getenv("HOME"), rest)
			}
			d.env.Post(common.Export{Path: path, Tasks: tasks})
			return ""
		},
	}
	return d.show(file, file.edit(cmp.Or(d.exportPath, "polltop-"+cmp.Or(d.env.Polling.Persistence.Session, "tasks")+".ndjson")))
}

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

func withNextFormat(path string) string {
	formats := report.Formats()
	next := formats[0]
	if format, ok := report.FormatOf(path); ok {
		next = formats[(slices.Index(formats, format)+1)%len(formats)]
		path = strings.TrimSuffix(path, filepath.Ext(path))
	}
	return path + "." + string(next)
}
