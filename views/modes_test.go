package views_test

import (
	"maps"
	"slices"
	"testing"

	"polltop/views"
	"polltop/views/viewstest"
)

// TestModes holds how every scene looks in every mode. Where its texts stand is held by
// TestScreens.
func TestModes(t *testing.T) {
	viewstest.HoldStyles(t, slices.Sorted(maps.Keys(scenes)), func(_ *testing.T, scene string, size [2]int, m viewstest.Mode) string {
		p := scenes[scene](size[0], size[1])
		p.Theme = m.Theme()
		return render(p)
	})
}

// TestPaneOfEachOutcome holds the pane and the row of a task in each state.
func TestPaneOfEachOutcome(t *testing.T) {
	outcomes := stateTasks()
	for _, task := range tasks() {
		if name := task.State.String(); outcomes[name] == nil {
			outcomes[name] = task
		}
	}
	viewstest.HoldTexts(t, slices.Sorted(maps.Keys(outcomes)), func(_ *testing.T, state string, size [2]int, _ viewstest.Mode) string {
		p := screen(size[0], size[1])
		p.Table.Rows, p.Table.Total, p.Table.Cursor = p.Table.Rows[:1], 1, 0
		p.Table.Rows[0] = outcomes[state]
		p.Detail = &views.Detail{Task: outcomes[state]}
		p.Focus = views.OnPane
		return render(p)
	})
}
