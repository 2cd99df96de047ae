package failures

import (
	"slices"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/insight"
	"polltop/poller"
	"polltop/views"
)

// toggle opens and closes the view.
var toggle = common.Bind("g", "group failures", "g")

var Help = []common.HelpGroup{{Title: "Find", Keys: []key.Binding{toggle}}}

type View struct {
	common.ViewCache
	env           *common.Env
	grouper       *insight.Grouper
	groups        views.Groups
	selectedLabel string // of the group under the cursor
	lastClicked   string // the label of the group that was clicked last
	height        int
	refreshedAt   time.Time
}

func New(env *common.Env) *View {
	return &View{env: env, grouper: insight.NewGrouper(), groups: views.Groups{By: views.ByError}}
}

func (v *View) shown() bool { return v.env.Area == views.OnGroups }

func (v *View) SetSize(_, height int) {
	v.height = height
	v.moveBy(0)
}

func (v *View) Update(msg tea.Msg) tea.Cmd {
	v.Invalidate()
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		v.handleKey(msg)
	case tea.MouseWheelMsg:
		v.moveBy(common.WheelLines(msg))
	case common.Click:
		v.handleClick(msg)
	case common.Command:
		if key.Matches(msg.KeyPressMsg, toggle) {
			v.env.ToggleArea(views.OnGroups)
			v.refresh()
		}
	case common.FocusChanged:
		if v.shown() {
			v.refresh()
		}
	case common.TasksChanged, common.SecondPassed:
		if v.shown() && v.env.Time.Sub(v.refreshedAt) >= common.RefreshInterval {
			v.refresh()
		}
	}
	return nil
}

func (v *View) Position() string { return views.Position(v.groups.Cursor, len(v.groups.Rows)) }

func (v *View) handleKey(msg tea.KeyPressMsg) {
	k := &common.Keys
	by, moves := common.Motion(msg, v.height)
	switch {
	case moves:
		v.moveBy(by)
	case key.Matches(msg, k.Escape):
		v.env.Post(common.ReleaseFocus{Focus: views.OnGroups})
	case key.Matches(msg, k.Switch):
		v.groupBy(views.Groupings[(slices.Index(views.Groupings, v.groups.By)+1)%len(views.Groupings)])
	case key.Matches(msg, k.Mark):
		v.env.Post(common.ToggleMarks{Tasks: v.Tasks()})
		v.moveBy(1)
	case key.Matches(msg, k.Enter):
		v.showTasks()
	default:
		v.env.Post(common.Command{KeyPressMsg: msg})
	}
}

func (v *View) showTasks() {
	if group := v.selected(); group.Contains != nil {
		v.env.Post(common.ReleaseFocus{Focus: views.OnGroups}, common.ShowOnly{Label: group.Label, Match: group.Contains})
	}
}

func (v *View) groupBy(kind string) {
	v.groups, v.lastClicked = views.Groups{By: kind}, ""
	v.refresh()
}

func (v *View) handleClick(msg common.Click) {
	g, row := &v.groups, msg.Y-v.env.Layout.GroupsTop()
	if to, ok := views.ScrollAt(row, v.height, len(g.Rows)); ok && msg.X == v.env.Layout.TableWidth-1 {
		g.First = to
		v.moveBy(max(to-g.Cursor, min(0, to+v.height-1-g.Cursor)))
		return
	}
	if kind := g.GroupingAt(v.env.Frame, msg.X, msg.Y); kind != "" {
		v.groupBy(kind)
		return
	}
	if index := g.First + row; row >= 0 && row < v.height && index < len(g.Rows) {
		repeated := v.lastClicked != "" && v.lastClicked == g.Rows[index].Label
		v.moveBy(index - g.Cursor)
		if v.lastClicked = v.selectedLabel; repeated {
			v.showTasks()
		}
	}
}

// refresh groups the tasks again. The cursor stays on its group.
func (v *View) refresh() {
	v.refreshedAt, v.groups.Rows = v.env.Time, v.grouper.Group(v.groups.By, v.env.Tasks.All())
	if at := slices.IndexFunc(v.groups.Rows, func(g views.Group) bool { return g.Label == v.selectedLabel }); at >= 0 {
		v.groups.Cursor = at
	}
	v.moveBy(0)
}

// Tasks returns the tasks of the group under the cursor.
func (v *View) Tasks() []*poller.Task {
	group := v.selected()
	return slices.DeleteFunc(v.env.Tasks.All(), func(t *poller.Task) bool { return group.Contains == nil || !group.Contains(t) })
}

func (v *View) selected() views.Group {
	if v.groups.Cursor < len(v.groups.Rows) {
		return v.groups.Rows[v.groups.Cursor]
	}
	return views.Group{}
}

func (v *View) moveBy(lines int) {
	g := &v.groups
	g.Cursor = max(0, min(g.Cursor+lines, len(g.Rows)-1))
	g.First = max(0, min(max(g.First, g.Cursor-max(v.height, 1)+1), g.Cursor))
	v.selectedLabel = v.selected().Label
}

func (v *View) View() string {
	return v.Draw(func() string { return views.DrawGroups(v.env.Frame, &v.groups) })
}

func (v *View) Bindings() []key.Binding {
	k, brief, binding := &common.Keys, common.Brief, v.env.Binding
	return []key.Binding{
		brief(k.Escape, "table"), brief(k.Enter, "its tasks"), brief(k.Mark, "mark them"), binding("R", "submit again"), binding("y", "copy ids"),
		binding("E", "export"), brief(k.Switch, "group by"), binding("?", "help"), binding("q", "quit"),
	}
}
