package dialog

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller/queue"
	"polltop/views"
)

// label is the dialog in which tasks are given a label.
type label struct {
	field
	requests []queue.Request
	which    string // they are, for the title
}

func newLabel(env *common.Env) *label { return &label{field: newField(env, "label  ")} }

// opened asks for the label of the marked tasks, or of those that were added last, or of
// those under the cursor.
func (b *label) opened(msg common.Command, added []queue.Request) tea.Cmd {
	b.requests, b.which = nil, ""
	switch {
	case msg.Marked:
		b.which = "the marked "
	case len(added) > 0:
		b.requests, b.which = added, "the last added "
	}
	if b.requests == nil {
		for _, t := range msg.Tasks {
			b.requests = append(b.requests, t.Request)
		}
	}
	b.which += common.Counted(len(b.requests), "task")
	return b.field.opened("")
}

func (b *label) press(msg tea.KeyPressMsg) tea.Cmd {
	switch k := &common.Keys; {
	case key.Matches(msg, k.Escape):
		b.close()
	case key.Matches(msg, k.Accept):
		b.submit()
	default:
		return b.pass(msg)
	}
	return nil
}

// submit gives the tasks the label.
func (b *label) submit() {
	text := strings.TrimSpace(b.input.Value())
	if text == "" {
		b.env.Say(views.LevelWarn, "no label yet: type one, esc closes")
		return
	}
	requests := make([]queue.Request, len(b.requests))
	for i, r := range b.requests {
		r.Label = text
		requests[i] = r
	}
	b.close()
	b.env.Post(common.ClearMarks{}, common.Track{Requests: requests})
}

func (b *label) view() (d views.Dialog, from, to int) {
	return views.Dialog{
		Title: "Label " + b.which, Hint: "enter labels  esc close",
		Body: []string{b.input.View(), "", "in a column, as the filter label:…, in groups and exports"},
	}, 0, 0
}

func (b *label) bindings() []key.Binding {
	return []key.Binding{common.Brief(common.Keys.Accept, "label"), common.Brief(common.Keys.Escape, "close")}
}
