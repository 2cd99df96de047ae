package model

import (
	"slices"

	"polltop/model/common"
)

// take gives the keys to something. What takes the table's place leaves nothing else
// open but the pane.
func (m *Model) take(f common.Focus) {
	switch f {
	case common.OnGroups, common.OnStats:
		m.focus = []common.Focus{common.OnTable, f}
	default:
		m.focus = append(slices.DeleteFunc(m.focus, func(g common.Focus) bool { return g == f }), f)
	}
	m.focusChanged()
}

// release takes the keys away from something, to what had them before. The table is what
// has them when nothing else does.
func (m *Model) release(f common.Focus) {
	if f != common.OnTable && slices.Contains(m.focus, f) {
		m.focus = slices.DeleteFunc(m.focus, func(g common.Focus) bool { return g == f })
		m.focusChanged()
	}
}

// focusChanged tells the components what has the keys now.
func (m *Model) focusChanged() {
	env, area := m.env, common.OnTable
	for _, f := range m.focus {
		if f == common.OnGroups || f == common.OnStats {
			area = f
		}
	}
	env.Top = m.focus[len(m.focus)-1]
	env.Focus, env.Covered = env.Top.Drawn(), env.Top == common.OnDialog
	changed := env.Area != area
	if env.Area = area; changed {
		m.rearrange()
	}
	env.Post(common.FocusChanged{})
}

// component returns the component that a focus is on.
func (m *Model) component(f common.Focus) common.Component {
	return [...]common.Component{m.table, m.failures, m.stats, m.pane, m.table, m.dialogs}[f]
}

// focused returns the component that has the keys, area the one in the table's place.
func (m *Model) focused() common.Component { return m.component(m.env.Top) }
func (m *Model) area() common.Component    { return m.component(m.env.Area) }

// paneShows makes room for the pane, or takes it away.
func (m *Model) paneShows(msg common.PaneShows) {
	if msg.Seq == common.None {
		m.release(common.OnPane)
	}
	m.rearrange()
}
