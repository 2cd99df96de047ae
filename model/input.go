package model

import (
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"polltop/model/common"
	"polltop/model/keyboard"
	"polltop/model/statusbar"
	"polltop/views"
)

// twiceWithin is how long after a g a second one makes gg of it. A single g waits as long
// for what it does: few type a pair slower than this, and a wait below 0.3 s is not felt
// where a view opens.
const twiceWithin = 250 * time.Millisecond

type heldOver struct{}

// press takes in a key. What has the keys decides what it means; ctrl+c and ctrl+z mean
// the same everywhere, and gg is the key for the top. A letter of another alphabet is the
// command on its key, but is itself in a text field.
func (m *Model) press(msg tea.KeyPressMsg) tea.Cmd {
	typing := m.env.Focus == views.OnFilter || m.dialogs.Typing()
	if !typing || msg.Text == "" {
		msg = keyboard.Latin(msg)
	}
	ends, first := msg.String() == "ctrl+c", msg.String() == "g" && !typing
	switch {
	case ends && m.dialogs.Asking():
		return m.leave() // it has been asked about that already
	case ends, key.Matches(msg, suspend):
		m.env.Post(common.Command{KeyPressMsg: msg})
		return nil
	case first && m.held == nil:
		m.held = &msg
		return common.After(twiceWithin, heldOver{})
	case first:
		m.held, msg = nil, tea.KeyPressMsg{Code: tea.KeyHome}
	}
	held := m.dispatch(heldOver{})
	return tea.Batch(held, m.focused().Update(msg))
}

// paste takes in pasted text: into the field that is being edited, or else as tasks to add.
func (m *Model) paste(msg tea.PasteMsg) tea.Cmd {
	if !strings.Contains(msg.Content, "\n") {
		msg.Content = strings.ReplaceAll(msg.Content, "\r", "\n") // as terminals end the lines of a paste
	}
	if m.env.Focus == views.OnFilter || m.env.Focus == views.OnDialog {
		return m.focused().Update(msg)
	}
	m.env.Post(common.Paste{Text: msg.Content, Source: m.env.Source})
	return nil
}

const (
	areaID = "area"
	paneID = "pane"
)

// hit returns the component that is under the mouse, and where in it the mouse is. An open
// dialog covers all others.
func (m *Model) hit(x, y int) (updater, common.Click) {
	l, box := m.env.Layout, m.dialogs.Box()
	layers := []*lipgloss.Layer{box}
	if box == nil {
		layers = append(m.status.Layers(), lipgloss.NewLayer(m.area().View()).ID(areaID).Y(l.AreaTop()))
	}
	if box == nil && m.paneShown() {
		layers = append(layers, lipgloss.NewLayer(m.pane.View()).ID(paneID).X(l.Detail.X).Y(l.Detail.Y))
	}
	hit := lipgloss.NewCompositor(layers...).Hit(x, y)
	click := common.Click{ID: hit.ID(), X: x - hit.Bounds().Min.X, Y: y - hit.Bounds().Min.Y}
	switch {
	case m.env.Focus == views.OnDialog:
		return m.dialogs, click
	case click.ID == paneID:
		return m.pane, click
	case click.ID == areaID:
		return m.area(), click
	case click.ID == statusbar.FooterID:
		return m.status, click
	}
	return m.table, click
}

func (m *Model) wheel(msg tea.MouseWheelMsg) tea.Cmd {
	if common.WheelLines(msg) == 0 {
		return nil // sideways
	}
	c, click := m.hit(msg.X, msg.Y)
	if m.env.Focus != views.OnDialog && (click.ID == "" || c == updater(m.status)) {
		c = m.area()
	}
	return c.Update(msg)
}

// click gives the component under the mouse a click. Selecting text with the mouse is the
// terminal's own business, while shift is held.
func (m *Model) click(msg tea.MouseClickMsg) tea.Cmd {
	c, click := m.hit(msg.X, msg.Y)
	if msg.Button != tea.MouseLeft || click.ID == "" && c != updater(m.dialogs) {
		return nil
	}
	if c == updater(m.table) && click.ID != areaID {
		m.release(m.env.Area) // a tab shows the table
	}
	return c.Update(click)
}

// take gives the keys to something. What takes the table's place leaves nothing else
// open but the pane.
func (m *Model) take(f views.Focus) {
	if f == views.OnGroups || f == views.OnStats {
		m.setFocus([]views.Focus{views.OnTable, f})
		return
	}
	m.setFocus(append(without(m.focus, f), f))
}

func (m *Model) release(f views.Focus) {
	if f != views.OnTable && slices.Contains(m.focus, f) {
		m.setFocus(without(m.focus, f))
	}
}

func without(focus []views.Focus, f views.Focus) []views.Focus {
	return slices.DeleteFunc(focus, func(g views.Focus) bool { return g == f })
}

func (m *Model) setFocus(focus []views.Focus) {
	env, area := m.env, views.OnTable
	if m.focus = focus; len(focus) > 1 && (focus[1] == views.OnGroups || focus[1] == views.OnStats) {
		area = focus[1]
	}
	env.Focus = focus[len(focus)-1]
	if env.Area != area {
		env.Area = area
		m.arrange()
	}
	env.Post(common.FocusChanged{})
}

func (m *Model) component(f views.Focus) common.Component {
	return [...]common.Component{m.table, m.failures, m.stats, m.pane, m.table, m.dialogs}[f]
}

// focused returns the component that has the keys, area the one in the table's place.
func (m *Model) focused() common.Component { return m.component(m.env.Focus) }
func (m *Model) area() common.Component    { return m.component(m.env.Area) }
