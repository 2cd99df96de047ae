package dialog

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller/queue"
	"polltop/views"
)

// showLabel asks for the label of the marked tasks, or of those that were added last, or of
// those under the cursor.
func (d *Dialogs) showLabel(msg common.Command) tea.Cmd {
	requests, which := d.lastAdded(), "the last added "
	if msg.Marked || len(requests) == 0 {
		requests, which = nil, ""
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
		which = "the marked "
	}
	label := &prompt{
		field: newField(d.env, "label  "), title: "Label " + which + common.Counted(len(requests), "task"), hint: "enter labels  esc close",
		below: func(string) string { return "in a column, as the filter label:…, in groups and exports" },
		enter: func(text string) (refused string) {
			if text == "" {
				return "no label yet: type one, esc closes"
			}
			for i := range requests {
				requests[i].Label = text
			}
			d.env.Post(common.ClearMarks{}, common.Track{Requests: requests})
			return ""
		},
		keys: []key.Binding{common.Brief(common.Keys.Accept, "label"), common.Brief(common.Keys.Escape, "close")},
	}
	return d.take(label, label.opened(""))
}

// lastAdded returns the requests of d.added, as they are tracked now.
func (d *Dialogs) lastAdded() (requests []queue.Request) {
	added := map[queue.Key]bool{}
	for _, key := range d.added {
		added[key] = true
	}
	for _, t := range d.env.Tasks.All() {
		if added[t.Request.Key()] {
			requests = append(requests, t.Request)
		}
	}
	return requests
}
