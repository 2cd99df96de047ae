package model

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/insight"
	"polltop/model/table"
	"polltop/poller"
	"polltop/views"
	"polltop/views/report"
)

// screen is what takes the table's place.
type screen uint8

const (
	tableScreen screen = iota
	groupsScreen
	statsScreen
)

// overview is the state of the groups view and of the stats view.
type overview struct {
	screen screen
	kind   insight.Kind // what is grouped by
	cursor int          // the selected group
	first  int          // the first visible group
	scroll int          // of the stats view
	chosen int          // the endpoint whose histogram is shown
	group  string       // the group that the table is filtered to; "" for none

	// What is shown looks at all tasks, which at a hundred thousand takes some
	// milliseconds: so it is made anew once a second at most, and only while it
	// is seen.
	groups []insight.Group
	stats  insight.Stats
	made   time.Time
}

// overviewEvery is how often the groups and the statistics are made anew.
const overviewEvery = time.Second

// refreshOverview makes anew what the groups view or the stats view shows, if one
// is open and it is time; now says that it is.
func (m *Model) refreshOverview(now bool) {
	o := &m.overview
	if o.screen == tableScreen || !now && m.now.Sub(o.made) < overviewEvery {
		return
	}
	o.made = m.now
	if o.screen == groupsScreen {
		o.groups = m.grouper.Group(o.kind, m.tasks())
		return
	}
	o.stats = insight.Observe(m.tasks(), poller.StampOf(m.now))
}

// kindTitles are the words for what is grouped by.
var kindTitles = map[insight.Kind]string{
	insight.ByError: "error", insight.ByNextStep: "next step", insight.ByEndpoint: "endpoint", insight.ByState: "state",
}

// pressOverview takes in a key in the groups view or the stats view. It reports
// false for one that means what it means in the table.
func (m *Model) pressOverview(msg tea.KeyPressMsg) (tea.Cmd, bool) {
	k, o := m.keys, &m.overview
	switch {
	case key.Matches(msg, k.Groups):
		m.toggleGroups()
		return nil, true
	case key.Matches(msg, k.Stats):
		m.toggleStats()
		return nil, true
	case o.screen == tableScreen:
		return nil, false
	case key.Matches(msg, k.Escape):
		o.screen = tableScreen
		return nil, true
	case o.screen == groupsScreen && key.Matches(msg, k.Enter):
		return m.showGroup(), true
	case o.screen == groupsScreen && key.Matches(msg, k.Switch):
		m.switchKind()
		return nil, true
	case o.screen == statsScreen && key.Matches(msg, k.Switch, k.Enter):
		o.chosen++
		return nil, true
	}
	return nil, m.moveOverview(msg)
}

// moveOverview moves in the groups view, or scrolls the stats view.
func (m *Model) moveOverview(msg tea.KeyPressMsg) bool {
	k := m.keys
	page := max(m.layout.GroupRows(), 1)
	by := 0
	switch {
	case key.Matches(msg, k.Up):
		by = -1
	case key.Matches(msg, k.Down):
		by = 1
	case key.Matches(msg, k.PageUp, k.HalfUp):
		by = -page
	case key.Matches(msg, k.PageDown, k.HalfDown):
		by = page
	case key.Matches(msg, k.Top):
		by = -1 << 20
	case key.Matches(msg, k.Bottom):
		by = 1 << 20
	default:
		return false
	}
	m.scrollOverview(by)
	return true
}

// scrollOverview moves by lines in the groups view, or scrolls the stats view.
func (m *Model) scrollOverview(by int) {
	o := &m.overview
	if o.screen == statsScreen {
		o.scroll = max(0, min(o.scroll+by, views.StatsScrollMost(m.props())))
		return
	}
	o.cursor = max(0, min(o.cursor+by, len(o.groups)-1))
}

// toggleGroups opens the groups view, goes on to the next thing to group by, and
// behind the last closes it.
func (m *Model) toggleGroups() {
	o := &m.overview
	if o.screen != groupsScreen {
		*o = overview{screen: groupsScreen, kind: insight.ByError, group: o.group}
		m.focus = onTable
		m.refreshOverview(true)
		return
	}
	if o.kind == insight.ByNextStep {
		o.screen = tableScreen
		return
	}
	m.switchKind()
}

// switchKind groups by the next thing.
func (m *Model) switchKind() {
	o := &m.overview
	o.cursor, o.first = 0, 0
	switch o.kind {
	case insight.ByError:
		o.kind = insight.ByEndpoint
	case insight.ByEndpoint:
		o.kind = insight.ByState
	case insight.ByState:
		o.kind = insight.ByNextStep
	default:
		o.kind = insight.ByError
	}
	m.refreshOverview(true)
}

func (m *Model) toggleStats() {
	if m.overview.screen == statsScreen {
		m.overview.screen = tableScreen
		return
	}
	m.overview.screen, m.overview.scroll = statsScreen, 0
	m.focus = onTable
	m.refreshOverview(true)
}

// showGroup filters the table to the selected group.
func (m *Model) showGroup() tea.Cmd {
	if m.overview.cursor >= len(m.overview.groups) {
		return nil
	}
	group := m.overview.groups[m.overview.cursor]
	m.index.SetTab(table.TabAll)
	m.index.SetMatch(group.Match)
	m.index.First()
	m.overview.group, m.overview.screen = group.Label, tableScreen
	m.moved = true
	return tea.Batch(m.follow(), m.say(views.LevelInfo, "only "+group.Label+": esc shows all again"))
}

// leaveGroup shows all tasks again, after a group alone.
func (m *Model) leaveGroup() {
	m.overview.group = ""
	m.index.SetMatch(nil)
}

// groupsProps returns the groups view as it is drawn, nil when it is closed.
func (m *Model) groupsProps() *views.Groups {
	o := &m.overview
	if o.screen != groupsScreen {
		return nil
	}
	height := max(m.layout.GroupRows(), 1)
	o.cursor = max(0, min(o.cursor, len(o.groups)-1))
	o.first = max(0, min(max(o.first, o.cursor-height+1), o.cursor))
	g := &views.Groups{By: kindTitles[o.kind], First: o.first, Cursor: o.cursor}
	for _, group := range o.groups {
		row := views.Group{
			Label: group.Label, Count: group.Count, State: group.State,
			Share: group.Share, First: group.First, Last: group.Last,
		}
		if group.Example != nil {
			row.Example, row.Message = group.Example.Request.ID, group.Example.Error
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

// statsProps returns the stats view as it is drawn.
func (m *Model) statsProps() *views.Stats {
	o := &m.overview
	s := &views.Stats{
		Endpoints: []views.Endpoint{endpointProps(o.stats.All)},
		Ended:     o.stats.Ended, Failed: o.stats.Failed,
		Polls: m.stats.Polls, Answers: m.stats.Answers, RateLimited: m.stats.RateLimited, Faults: m.stats.Faults,
		Scroll: o.scroll, Cost: report.Costs(o.stats.All.Cost).String(),
	}
	for _, e := range o.stats.Endpoints {
		s.Endpoints = append(s.Endpoints, endpointProps(e))
	}
	o.chosen %= len(s.Endpoints)
	s.Cursor = o.chosen
	for _, h := range m.hosts {
		s.Rate += h.Rate
	}
	return s
}

func endpointProps(e insight.Endpoint) views.Endpoint {
	p := views.Endpoint{
		Name: e.Name, Live: e.Live, Succeeded: e.Succeeded, Failed: e.Failed, Canceled: e.Canceled, Unknown: e.Unknown, Polls: e.Polls,
		QueueP50: e.Queue.P50, QueueP95: e.Queue.P95, QueueMax: e.Queue.Max,
		RunP50: e.Run.P50, RunP95: e.Run.P95, RunMax: e.Run.Max,
		InferenceP50: e.Inference.P50, InferenceP95: e.Inference.P95,
	}
	for _, b := range e.Histogram {
		p.Histogram = append(p.Histogram, views.Bin{From: b.From, To: b.To, Count: b.Count})
	}
	return p
}

// observeInsight counts the tasks that changed, and flags those that are slow:
// in place, so that the index takes them with the flag.
func (m *Model) observeInsight(tasks []*poller.Task) {
	now := poller.StampOf(m.now)
	for i, t := range tasks {
		if m.index.Removed(t.Seq) {
			continue // under way when it was removed
		}
		m.pace.Observe(m.index.Get(t.Seq), t)
		if t.State.Terminal() {
			continue
		}
		if slow, _ := m.pace.Slow(t, now, m.options.SlowAfter); slow {
			copied := *t
			copied.Slow = true
			tasks[i] = &copied
		}
	}
	m.refreshOverview(false)
}
