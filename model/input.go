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

// ggTimeout is how long a g waits for a second one that makes it gg. Few people type a pair
// slower, and a single g opens a view, where a delay below 0.3 s is not felt.
const ggTimeout = 250 * time.Millisecond

type pendingGExpired struct{}

// handleKey passes a key to the focused component. The root itself handles ctrl+c and ctrl+z,
// turns gg into home, and, outside text fields, a letter of another alphabet into the Latin
// letter on its key.
func (m *Model) handleKey(msg tea.KeyPressMsg) tea.Cmd {
	typing := m.env.Focus == views.OnFilter || m.dialogs.Typing()
	if !typing || msg.Text == "" {
		msg = keyboard.LatinKey(msg)
	}
	isG := msg.String() == "g" && !typing
	switch {
	case msg.String() == "ctrl+c", key.Matches(msg, suspend):
		m.env.Post(common.Command{KeyPressMsg: msg})
		return nil
	case isG && m.pendingG == nil:
		m.pendingG = &msg
		return common.After(ggTimeout, pendingGExpired{})
	case isG:
		m.pendingG, msg = nil, tea.KeyPressMsg{Code: tea.KeyHome}
	}
	held := m.dispatch(pendingGExpired{})
	return tea.Batch(held, m.focused().Update(msg))
}

// handlePaste inserts pasted text into the focused text field, or adds the tasks in it.
func (m *Model) handlePaste(msg tea.PasteMsg) tea.Cmd {
	if !strings.Contains(msg.Content, "\n") {
		msg.Content = strings.ReplaceAll(msg.Content, "\r", "\n") // terminals end the lines of a paste with \r
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

// componentAt returns the component at a cell of the screen, and where in it the cell is. An
// open dialog covers all others.
func (m *Model) componentAt(x, y int) (updater, common.Click) {
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

func (m *Model) handleWheel(msg tea.MouseWheelMsg) tea.Cmd {
	if common.WheelLines(msg) == 0 {
		return nil // sideways
	}
	c, click := m.componentAt(msg.X, msg.Y)
	if m.env.Focus != views.OnDialog && (click.ID == "" || c == updater(m.status)) {
		c = m.area()
	}
	return c.Update(msg)
}

// handleClick passes a click to the component under the mouse. With shift held, the terminal
// itself handles clicks and selects text.
func (m *Model) handleClick(msg tea.MouseClickMsg) tea.Cmd {
	c, click := m.componentAt(msg.X, msg.Y)
	if msg.Button != tea.MouseLeft || click.ID == "" && c != updater(m.dialogs) {
		return nil
	}
	if c == updater(m.table) && click.ID != areaID {
		m.removeFocus(m.env.Area) // a tab shows the table
	}
	return c.Update(click)
}

// pushFocus puts a part on top of the focus stack. A view in the table's area removes all
// other parts from the stack but the table.
func (m *Model) pushFocus(f views.Focus) {
	if f == views.OnGroups || f == views.OnStats {
		m.setFocus([]views.Focus{views.OnTable, f})
		return
	}
	m.setFocus(append(without(m.focusStack, f), f))
}

func (m *Model) removeFocus(f views.Focus) {
	if f != views.OnTable && slices.Contains(m.focusStack, f) {
		m.setFocus(without(m.focusStack, f))
	}
}

func without(focus []views.Focus, f views.Focus) []views.Focus {
	return slices.DeleteFunc(focus, func(g views.Focus) bool { return g == f })
}

func (m *Model) setFocus(focus []views.Focus) {
	env, area := m.env, views.OnTable
	if m.focusStack = focus; len(focus) > 1 && (focus[1] == views.OnGroups || focus[1] == views.OnStats) {
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

// focused returns the component that keys go to, area the one in the table's area.
func (m *Model) focused() common.Component { return m.component(m.env.Focus) }
func (m *Model) area() common.Component    { return m.component(m.env.Area) }
