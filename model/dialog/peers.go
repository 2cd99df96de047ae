package dialog

import (
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/views"
)

// showPeers shows who is connected.
func (d *Dialogs) showPeers(common.Command) tea.Cmd {
	if d.env.Shared == nil {
		d.env.Say(views.LevelInfo, "nobody else sees this dashboard: polltop serve shares one over ssh")
		return nil
	}
	return d.ask(common.Ask{Title: "Connected", Hint: readHint, Text: d.peers})
}

// peers returns who is connected, a line of at most width cells each.
func (d *Dialogs) peers(width int) []string {
	var items []views.MenuItem
	for _, p := range d.env.Shared.Peers() {
		from := p.From + "  for " + views.Duration(d.env.Clock.Sub(p.Since))
		if p.Self {
			from += "  (you)"
		}
		items = append(items, views.MenuItem{Key: p.Name, Label: p.Role, Value: from})
	}
	return views.MenuBody(items, -1, d.env.Theme.Cursor.Text, width)
}
