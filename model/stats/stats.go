package stats

import (
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/insight"
	"polltop/views"
	"polltop/views/report"
)

var toggle = common.Bind("t", "statistics", "t")

var Help = []common.HelpGroup{{Title: "Find", Keys: []key.Binding{toggle}}}

type View struct {
	common.ViewCache
	env         *common.Env
	stats       views.Stats
	lines       []string
	scroll      viewport.Model
	refreshedAt time.Time
}

func New(env *common.Env) *View { return &View{env: env, scroll: viewport.New()} }

func (v *View) shown() bool { return v.env.Area == views.OnStats }

func (v *View) SetSize(width, height int) {
	v.scroll.SetWidth(width)
	v.scroll.SetHeight(height)
}

func (v *View) Update(msg tea.Msg) tea.Cmd {
	v.Invalidate()
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		v.handleKey(msg)
	case tea.MouseWheelMsg:
		v.scroll.SetYOffset(v.scroll.YOffset() + common.WheelLines(msg))
	case common.Click:
		v.handleClick(msg)
	case common.Command:
		if key.Matches(msg.KeyPressMsg, toggle) {
			v.env.ToggleArea(views.OnStats)
			v.scroll.GotoTop()
			v.refresh(true)
		}
	case common.TasksChanged:
		v.stats.Polling, v.stats.Rate = msg.Stats, 0
		for _, h := range msg.Hosts {
			v.stats.Rate += h.Rate
		}
		v.refresh(false)
	case common.SecondPassed:
		v.refresh(false)
	case common.LayoutChanged:
		if v.shown() {
			v.layout()
		}
	}
	return nil
}

func (v *View) handleKey(msg tea.KeyPressMsg) {
	k := &common.Keys
	by, moves := common.Motion(msg, v.scroll.Height())
	switch {
	case moves && (by == 1 || by == -1):
		v.stats.Cursor = max(0, min(v.stats.Cursor+by, len(v.stats.Endpoints)-1))
		v.scroll.GotoTop()
		v.layout()
	case moves:
		v.scroll.SetYOffset(v.scroll.YOffset() + by)
	case key.Matches(msg, k.Escape):
		v.env.Post(common.ReleaseFocus{Focus: views.OnStats})
	case key.Matches(msg, k.Switch, k.Enter):
		v.stats.Cursor = (v.stats.Cursor + 1) % max(len(v.stats.Endpoints), 1)
		v.layout()
	default:
		v.env.Post(common.Command{KeyPressMsg: msg})
	}
}

func (v *View) handleClick(msg common.Click) {
	line := msg.Y - 1 // below the heading
	if first, ok := views.ScrollAt(line, v.scroll.Height(), len(v.lines)); ok && msg.X == v.env.Layout.TableWidth-1 {
		v.scroll.SetYOffset(first)
	} else if at := v.stats.EndpointAt(v.env.Frame, v.scroll.YOffset()+line); line >= 0 && at >= 0 {
		v.stats.Cursor = at
		v.layout()
	}
}

// refresh computes the statistics again if they are shown and older than RefreshInterval, or if
// now is set.
func (v *View) refresh(now bool) {
	if !now && !v.shown() {
		return
	}
	if now || v.env.Time.Sub(v.refreshedAt) >= common.RefreshInterval {
		tasks := v.env.Tasks.All()
		v.refreshedAt, v.stats.TaskStats, v.stats.Cost = v.env.Time, insight.Statistics(tasks, v.env.Now), report.CostsOf(tasks).String()
		v.stats.Cursor %= len(v.stats.Endpoints)
	}
	v.layout()
}

func (v *View) layout() {
	v.lines = views.StatsLines(v.env.Frame, &v.stats)
	v.scroll.SetContentLines(v.lines)
}

func (v *View) View() string {
	return v.Draw(func() string { return views.DrawStats(v.env.Frame, v.lines, v.scroll.YOffset()) })
}

func (v *View) Bindings() []key.Binding {
	k, brief := &common.Keys, common.Brief
	return []key.Binding{brief(k.Escape, "table"), brief(common.MoveKeys, "endpoint"), brief(k.PageDown, "scroll"), v.env.Binding("?", "help"), v.env.Binding("q", "quit")}
}
