package tasktable

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// newTable returns a table of n tasks on a screen of 80 by 24 cells.
func newTable(t *testing.T, n int, states ...poller.State) (*Table, *common.Env) {
	t.Helper()
	env := commontest.Env(t, 80, 24, false)
	table := New(env, false)
	table.index.SetSort(views.ColumnAdded, false) // most tests are of other things than the order
	table.SetSize(env.Layout.TableWidth, env.Layout.Rows)
	table.Update(common.LayoutChanged{})
	give(table, env, n, states...)
	env.Drain()
	return table, env
}

func give(table *Table, env *common.Env, n int, states ...poller.State) {
	table.Update(common.TasksChanged{Update: poller.Update{Tasks: commontest.Tasks(env, n, states...)}})
}

func TestKeysMoveTheCursor(t *testing.T) {
	table, env := newTable(t, 100, poller.Running)
	rows := env.Layout.Rows
	for _, c := range []struct {
		keys []string
		want int
	}{
		{[]string{"j"}, 1}, {[]string{"down", "down"}, 3}, {[]string{"k"}, 2}, {[]string{"G"}, 99}, {[]string{"home"}, 0},
		{[]string{"pgdown"}, rows}, {[]string{"pgup"}, 0}, {[]string{"ctrl+d"}, rows / 2}, {[]string{"ctrl+u"}, 0}, {[]string{"k"}, 0},
	} {
		moved, _ := commontest.Posted[common.CursorMoved](commontest.Press(env, table, c.keys...))
		if got := table.index.CursorRank(); got != c.want || int(moved.Seq) != c.want {
			t.Errorf("after %v the cursor is in row %d and told to be on %d, want %d", c.keys, got, moved.Seq, c.want)
		}
	}
}

func TestKeysPickTabs(t *testing.T) {
	table, env := newTable(t, 20, poller.Queued, poller.Running, poller.Succeeded, poller.Failed, poller.Canceled)
	for _, c := range []struct {
		key  string
		want views.Tab
		rows int
	}{
		{"2", views.TabQueued, 4}, {"3", views.TabRunning, 4}, {"4", views.TabDone, 4}, {"5", views.TabFailed, 4},
		{"6", views.TabCanceled, 4}, {"1", views.TabAll, 20}, {"f", views.TabFailed, 4}, {"f", views.TabAll, 20}, {"3", views.TabRunning, 4}, {"f", views.TabFailed, 4}, {"f", views.TabRunning, 4}, {"1", views.TabAll, 20},
		{"l", views.TabQueued, 4}, {"right", views.TabRunning, 4}, {"h", views.TabQueued, 4}, {"esc", views.TabAll, 20},
		{"left", views.TabCanceled, 4},
	} {
		commontest.Press(env, table, c.key)
		if shows := table.Status(); shows.Tab != c.want || len(table.Shown()) != c.rows {
			t.Errorf("after %s: tab %d with %d rows, want %d with %d", c.key, shows.Tab, len(table.Shown()), c.want, c.rows)
		}
	}
}

func TestTabsAreClicked(t *testing.T) {
	table, env := newTable(t, 10, poller.Queued, poller.Failed)
	table.Update(common.Click{ID: views.TabFailed.ID()})
	if table.index.Tab() != views.TabFailed || len(table.Shown()) != 5 {
		t.Errorf("tab %d with %d rows", table.index.Tab(), len(table.Shown()))
	}
	env.Drain()
	row := common.Click{ID: "area", X: 3, Y: env.Layout.RowsTop - env.Layout.AreaTop() + 2}
	table.Update(row)
	if _, ok := commontest.Posted[common.OpenTask](env.Drain()); ok || table.index.CursorRank() != 2 {
		t.Errorf("a click: cursor %d, opened %v", table.index.CursorRank(), ok)
	}
	table.Update(row)
	if open, ok := commontest.Posted[common.OpenTask](env.Drain()); !ok || open.Seq != table.Cursor().Seq {
		t.Error("a second click does not open the row")
	}
	env.Focus = views.OnFilter
	table.Update(row)
	if _, ok := commontest.Posted[common.OpenTask](env.Drain()); ok {
		t.Error("a click while the filter is typed opens the row")
	}
}

// Only a change of the filter looks at each task again: not what is told while it is typed.
func TestFilterIsAppliedOnlyWhereItChanges(t *testing.T) {
	table, env := newTable(t, 30, poller.Running)
	looks := 0
	table.index.SetMatch(func(*poller.Task) bool { looks++; return true })
	commontest.Press(env, table, "/")
	env.Focus, looks = views.OnFilter, 0
	table.Update(common.SecondPassed{})
	table.Update(common.FocusChanged{})
	if looks != 0 {
		t.Errorf("%d looks at tasks though the filter is the same", looks)
	}
	if commontest.Press(env, table, "m"); looks != 30 {
		t.Errorf("%d looks at 30 tasks for a letter", looks)
	}
}

func TestFilterNarrowsAsItIsTyped(t *testing.T) {
	table, env := newTable(t, 30, poller.Running)
	if take, ok := commontest.Posted[common.RequestFocus](commontest.Press(env, table, "/")); !ok || take.Focus != views.OnFilter {
		t.Fatal("the filter does not take the keys")
	}
	env.Focus = views.OnFilter
	const standOut = "\x1b[1;4m"
	if strings.Contains(table.View(), standOut) {
		t.Error("something stands out without a filter")
	}
	commontest.Press(env, table, "m", "m", "s", "u", "_", "1")
	if got := strings.Count(table.View(), standOut); got != 10 {
		t.Errorf("%d matches of 10 stand out:\n%q", got, table.View())
	}
	if len(table.Shown()) != 10 {
		t.Errorf("%d rows match mmsu_1, want 10", len(table.Shown()))
	}
	table.Update(tea.PasteMsg{Content: "3\x1b[31m\nmore"})
	if strings.ContainsAny(table.index.Filter(), "\x1b\n") || !strings.HasPrefix(table.index.Filter(), "mmsu_13") {
		t.Errorf("after a paste the filter is %q", table.index.Filter())
	}
	if field := commontest.Text(table.Status().FilterField); !strings.Contains(field, "/ mmsu_13") || !strings.HasSuffix(field, fmt.Sprintf(" %d of 30", table.index.Matching())) {
		t.Errorf("the filter's line is %q", field)
	}
	if release, ok := commontest.Posted[common.ReleaseFocus](commontest.Press(env, table, "esc")); !ok || release.Focus != views.OnFilter || table.index.Filter() != "" {
		t.Errorf("after esc the filter is %q", table.index.Filter())
	}
	if bar := commontest.Text(table.filter.View()); !strings.Contains(bar, "id, endpoint, status") {
		t.Errorf("the empty field is %q", bar)
	}
}

func TestEscapeTakesOneThingAfterTheOther(t *testing.T) {
	table, env := newTable(t, 10, poller.Running, poller.Failed)
	commontest.Press(env, table, "5", "space")
	table.Update(common.ShowOnly{Label: "some", Match: func(*poller.Task) bool { return true }})
	commontest.Press(env, table, "5")
	table.setFilter("mmsu")
	table.Update(common.PaneChanged{Seq: 1})
	env.Drain()
	for _, want := range []string{"marks", "pane", "group", "filter", "tab"} {
		posted := commontest.Press(env, table, "esc")
		_, closed := commontest.Posted[common.ClosePane](posted)
		left := map[string]bool{
			"marks": table.anyMarks(), "pane": !closed && want == "pane", "group": table.groupLabel != "" && want == "group",
			"filter": table.index.Filter() != "" && want == "filter", "tab": table.index.Tab() != views.TabAll && want == "tab",
		}
		if left[want] {
			t.Errorf("esc leaves the %s", want)
		}
		if closed {
			table.Update(common.PaneChanged{Seq: common.NoTask})
		}
	}
}

func TestFirstFailureIsOpenedOnce(t *testing.T) {
	env := commontest.Env(t, 80, 70, false)
	table := New(env, false)
	give(table, env, 6, poller.Running, poller.Running, poller.Running, poller.Failed)
	if open, ok := commontest.Posted[common.OpenTask](env.Drain()); !ok || open.Seq != 3 || table.Cursor().Seq != 3 {
		t.Fatalf("opened %+v, %v; want the failed task", open, ok)
	}
	give(table, env, 8, poller.Failed)
	if _, ok := commontest.Posted[common.OpenTask](env.Drain()); ok {
		t.Error("a second failure is opened too")
	}
	busy := New(env, false)
	give(busy, env, 6, poller.Running)
	env.UserActed, env.Focus = true, views.OnFilter
	give(busy, env, 6, poller.Running, poller.Running, poller.Running, poller.Failed, poller.Failed)
	posted := env.Drain()
	if _, ok := commontest.Posted[common.OpenTask](posted); ok || busy.index.CursorRank() != 0 {
		t.Error("somebody who types is disturbed")
	}
	if said, _ := commontest.Posted[common.Say](posted); said.Text != "2 failed: n shows them" {
		t.Errorf("it says %q", said.Text)
	}
	busy.Update(common.FocusChanged{})
	if _, ok := commontest.Posted[common.Say](env.Drain()); ok {
		t.Error("it says it again")
	}
}

// Whatever takes the cursor's task out of the list, the cursor is told to be on another.
func TestEveryMoveOfTheCursorIsTold(t *testing.T) {
	for name, act := range map[string]func(*Table, *common.Env){
		"its task ends":   func(table *Table, env *common.Env) { give(table, env, 3, poller.Succeeded, poller.Running) },
		"its task goes":   func(table *Table, env *common.Env) { table.Update(common.TasksRemoved{Seqs: []int32{0}}) },
		"a filter":        func(table *Table, env *common.Env) { table.setFilter("mmsu_01"); table.Update(nil) },
		"nothing matches": func(table *Table, env *common.Env) { table.setFilter("none"); table.Update(nil) },
		"a sort":          func(table *Table, env *common.Env) { commontest.Press(env, table, "S") },
		"a tab":           func(table *Table, env *common.Env) { commontest.Press(env, table, "4") },
	} {
		table, env := newTable(t, 3, poller.Running)
		commontest.Press(env, table, "3")
		act(table, env)
		want := common.NoTask
		if task := table.Cursor(); task != nil {
			want = task.Seq
		}
		if table.postedCursor != want || want == 0 {
			t.Errorf("%s: the cursor is told to be on %d, want %d", name, table.postedCursor, want)
		}
	}
}

func TestTabsRememberTheirCursor(t *testing.T) {
	table, env := newTable(t, 30, poller.Running, poller.Failed)
	for _, c := range []struct {
		keys []string
		want int32
	}{{[]string{"home", "j", "j", "f"}, 3}, {[]string{"j", "j"}, 7}, {[]string{"f"}, 2}, {[]string{"f"}, 7}} {
		commontest.Press(env, table, c.keys...)
		if got := table.Cursor().Seq; got != c.want {
			t.Errorf("after %v the cursor is on %d, want %d", c.keys, got, c.want)
		}
	}
}

// What is active stands at the top from the start, and the cursor with it until somebody
// touches a key.
func TestActiveTasksStandAtTheTop(t *testing.T) {
	env := commontest.Env(t, 80, 24, false)
	table := New(env, false)
	give(table, env, 4, poller.Queued, poller.Running, poller.Succeeded)
	if shown := common.SeqsWhere(table.Shown(), func(*poller.Task) bool { return true }); !slices.Equal(shown, []int32{1, 0, 3, 2}) {
		t.Errorf("the order is %v", shown)
	}
	give(table, env, 4, poller.Queued, poller.Succeeded, poller.Running)
	if table.Cursor().Seq != 2 {
		t.Errorf("before a key the cursor is on %d, want the first row", table.Cursor().Seq)
	}
	env.UserActed = true
	give(table, env, 4, poller.Running, poller.Queued, poller.Succeeded)
	if table.Cursor().Seq != 2 {
		t.Errorf("after a key the cursor is on %d, want it on its task", table.Cursor().Seq)
	}
}

func TestASortStartsAtTheTop(t *testing.T) {
	table, env := newTable(t, 500, poller.Running)
	commontest.Press(env, table, "G", "s")
	if table.index.CursorRank() != 0 {
		t.Errorf("after a sort the cursor is in row %d", table.index.CursorRank())
	}
	table.Update(common.PaneChanged{Seq: 0})
	commontest.Press(env, table, "G", "S")
	if table.Cursor().Seq != 499 {
		t.Errorf("a sort takes the cursor off the task that the pane shows, to %d", table.Cursor().Seq)
	}
}

// The footer offers what can be done with the task under the cursor.
func TestTheFooterFollowsTheCursor(t *testing.T) {
	for state, want := range map[poller.State]string{
		poller.Running: "x", poller.Queued: "x", poller.Succeeded: "o d y", poller.Failed: "g R y", poller.NotFound: "g R y",
	} {
		table, env := newTable(t, 1, state)
		env.Help = nil
		for _, k := range []string{"x", "o", "d", "y", "g", "R"} {
			env.Help = append(env.Help, common.HelpGroup{Keys: []key.Binding{common.Bind(k, k, k)}})
		}
		offered := func() string {
			var own []string
			for _, b := range table.Bindings() {
				switch {
				case key.Matches(commontest.KeyPress("/"), b): // what any task offers follows
					return strings.Join(own, " ")
				case b.Enabled() && strings.Contains("xodygR", b.Help().Key):
					own = append(own, b.Help().Key)
				}
			}
			return ""
		}
		if got := offered(); got != want {
			t.Errorf("%s: the keys are %q, want %q", state, got, want)
		}
		// The open pane has y in its title.
		table.Update(common.PaneChanged{Seq: 0})
		if got := offered(); got != strings.TrimSuffix(want, " y") {
			t.Errorf("%s with the pane: the keys are %q", state, got)
		}
	}
}

func TestAClickOnATitleSorts(t *testing.T) {
	table, env := newTable(t, 10, poller.Queued, poller.Failed)
	titles, _, _ := strings.Cut(commontest.Text(table.View()), "\n")
	for _, c := range []struct {
		title      string
		want       views.Column
		descending bool
	}{{"ENDPOINT", views.ColumnEndpoint, false}, {"ENDPOINT", views.ColumnEndpoint, true}, {"RUN", views.ColumnRun, true}, {"STATUS", views.ColumnStatus, false}} {
		table.Update(common.Click{ID: "area", X: strings.Index(titles, c.title) + 1})
		if table.index.Sort() != c.want || table.index.Descending() != c.descending {
			t.Errorf("a click on %s sorts by %s, descending %v", c.title, views.ColumnTitle(table.index.Sort()), table.index.Descending())
		}
	}
	table.Update(common.Click{ID: "area", X: 500})
	if env.Drain(); table.index.Sort() != views.ColumnStatus {
		t.Error("a click beside all titles sorts")
	}
}

func TestAClickOnTheScrollbarGoesThere(t *testing.T) {
	table, env := newTable(t, 500, poller.Running)
	top, last := env.Layout.RowsTop-env.Layout.AreaTop(), env.Layout.TableWidth-1
	for _, c := range []struct{ y, least, most int }{{table.height - 1, 500 - table.height, 500 - table.height}, {table.height / 2, 200, 300}, {0, 0, 0}} {
		table.Update(common.Click{ID: "area", X: last, Y: top + c.y})
		if _, first := table.index.Window(table.height); first < c.least || first > c.most {
			t.Errorf("a click at %d of %d shows row %d first", c.y, table.height, first)
		}
	}
	if _, ok := commontest.Posted[common.OpenTask](env.Drain()); ok {
		t.Error("a click on the scrollbar opens a task")
	}
	table, _ = newTable(t, 3, poller.Running) // no scrollbar
	table.Update(common.Click{ID: "area", X: last, Y: top + 2})
	if rank := table.index.CursorRank(); rank != 2 {
		t.Errorf("where there is none, the row %d is picked", rank)
	}
}

func TestADoneTaskTellsWhatItMade(t *testing.T) {
	table, env := newTable(t, 2, poller.Succeeded)
	for i, task := range env.Tasks.All() {
		next := *task
		if i == 0 {
			next.OutputSummary, next.Cost, next.CostUnit = "1 video", 2.5, "credits"
		} else {
			next.Cost, next.CostUnit = 1.5, "credits"
		}
		commontest.Give(env, []*poller.Task{&next})
	}
	table.Update(common.LayoutChanged{})
	text := commontest.Text(table.View())
	if !strings.Contains(text, "1 video  2.5 credits") || !strings.Contains(text, " 1.5 credits") {
		t.Errorf("the table is\n%s", text)
	}
}

func TestWhatIsBroughtBackIsInSight(t *testing.T) {
	table, env := newTable(t, 500, poller.Running)
	back := env.Tasks.All()[400:403]
	table.Update(common.TasksRemoved{Seqs: common.SeqsWhere(back, func(*poller.Task) bool { return true })})
	commontest.Press(env, table, "home")
	if rows, _ := table.index.Window(table.height); slices.Contains(rows, back[0]) || table.index.Total() != 497 {
		t.Fatalf("of %d tasks those that are gone are shown", table.index.Total())
	}
	table.Update(common.TasksRestored{Tasks: back})
	if rows, _ := table.index.Window(table.height); table.Cursor() != back[0] || !slices.Contains(rows, back[0]) {
		t.Errorf("the cursor is on %v, and the task on the screen: %v", table.Cursor(), slices.Contains(rows, back[0]))
	}
}

// Another process may have given the number of a task that is gone to another one.
func TestAnotherTaskWithTheNumberOfADroppedOneIsShown(t *testing.T) {
	for _, owner := range []string{"", "pid 7"} {
		table, env := newTable(t, 2, poller.Running)
		other := *env.Tasks.Get(0)
		other.Request.ID = "mmsu_other"
		table.Update(common.TasksChanged{Update: poller.Update{
			Tasks: []*poller.Task{&other}, Dropped: []int32{0, 1}, Persistence: poller.Persistence{Session: "s", PolledBy: owner},
		}})
		for _, posted := range env.Drain() {
			table.Update(posted)
		}
		if got := env.Tasks.All(); len(got) != 1 || got[0].Request.ID != "mmsu_other" {
			t.Errorf("polled by %q: the table has %d tasks", owner, len(got))
		}
	}
}

func TestMarksOfAGroup(t *testing.T) {
	table, env := newTable(t, 4, poller.Failed)
	group := []*poller.Task{env.Tasks.Get(1), env.Tasks.Get(2)}
	table.Update(common.ToggleMarks{Tasks: group})
	if got := table.Marked(); !slices.Equal(got, group) {
		t.Errorf("%d tasks are marked, want the group's", len(got))
	}
	table.Update(common.ToggleMarks{Tasks: group})
	if table.anyMarks() {
		t.Error("a second time does not take the marks away")
	}
}

func TestFreshRowsFade(t *testing.T) {
	table, env := newTable(t, 2, poller.Running)
	give(table, env, 2, poller.Running, poller.Succeeded)
	rows, _ := table.index.Window(2)
	if notes := table.rowInfos(rows); notes[0].Fresh || !notes[1].Fresh {
		t.Errorf("notes %+v, want the second fresh", notes)
	}
	commontest.Pass(env, highlightTime)
	table.Update(highlightExpired{})
	if notes := table.rowInfos(rows); notes[1].Fresh {
		t.Error("it does not fade")
	}
	table.reducedMotion = true
	give(table, env, 2, poller.Succeeded)
	if len(table.highlightUntil) != 0 {
		t.Error("motion, though reduced")
	}
}

func TestSlowTasksAreFlaggedAsTimePasses(t *testing.T) {
	env := commontest.Env(t, 140, 30, false)
	env.SlowAfter = time.Minute
	table := New(env, false)
	give(table, env, 3, poller.Running)
	table.Update(common.SecondPassed{})
	if env.Tasks.Slow(0) {
		t.Fatal("a task is slow from the start")
	}
	// A change of one task looks at no other.
	commontest.Pass(env, 2*time.Minute)
	next := *env.Tasks.Get(2)
	next.Polls++
	table.Update(common.TasksChanged{Update: poller.Update{Tasks: []*poller.Task{&next}}})
	if env.Tasks.Slow(0) || !env.Tasks.Slow(2) {
		t.Errorf("slow: %v and %v; want the changed task alone looked at", env.Tasks.Slow(0), env.Tasks.Slow(2))
	}
	table.Update(common.SecondPassed{})
	if !env.Tasks.Slow(0) {
		t.Error("a task is not slow after its time")
	}
	table.setFilter("slow")
	if len(table.Shown()) != 3 {
		t.Errorf("%d rows match slow, want 3", len(table.Shown()))
	}
}

func TestTroubleIsToldInTheRows(t *testing.T) {
	table, env := newTable(t, 2, poller.Running, poller.Succeeded)
	fault := &queue.Fault{Kind: queue.TimedOut, Message: "no answer within 15s"}
	for want, host := range map[string]poller.HostStatus{
		"no answer":          {Troubles: []poller.EndpointTrouble{{Endpoint: "wan26_i2v", Fault: fault, NextProbe: env.Now + 8000}}},
		"waits for the host": {Outage: fault},
		"waits for a key":    {Stopped: fault},
	} {
		host.Base, host.Live = env.Source.Bases[0], 1
		env.Polling.Hosts = []poller.HostStatus{host}
		// A task that is due says nothing of when it would be asked.
		due := *env.Tasks.Get(0)
		due.Trouble, due.Failures, due.Next = fault, 3, env.Now
		table.Update(common.TasksChanged{Update: poller.Update{Tasks: []*poller.Task{&due}}})
		if text := commontest.Text(table.View()); strings.Count(text, want) != 1 || strings.Contains(text, "now") {
			t.Errorf("%q is not told in the live row alone:\n%s", want, text)
		}
	}
}

// When a queued task starts is told in its row only while polls of it bring answers, and one is
// slow only as of the last.
func TestNothingIsExpectedWhereNoAnswerComes(t *testing.T) {
	env := commontest.Env(t, 140, 30, false)
	tasks := commontest.Paced(env)
	for _, task := range tasks {
		task.Queued, task.Started = env.Now-8000, 0
	}
	tasks[0].Started = env.Now - 8000
	table := New(env, false)
	table.SetSize(env.Layout.TableWidth, env.Layout.Rows)
	show := func(u poller.Update, age time.Duration) string {
		env.Apply(u)
		u.Tasks = tasks
		table.Update(common.TasksChanged{Update: u})
		commontest.Pass(env, age)
		table.slowCheckedAt = time.Time{} // the last check was at a later time
		table.Update(common.SecondPassed{})
		defer commontest.Pass(env, -age)
		return commontest.Text(table.View())
	}
	if text := show(commontest.Responsive(env), 0); !strings.Contains(text, "starts in ~") {
		t.Errorf("it is not told when a task starts:\n%s", text)
	}
	for name, u := range commontest.Unresponsive(env) {
		if text := show(u, 0); strings.Contains(text, "starts") {
			t.Errorf("%s: it is told when a task starts:\n%s", name, text)
		}
		if show(u, time.Hour); env.Tasks.Slow(0) {
			t.Errorf("%s: a task is slow of which nothing is known for an hour", name)
		}
	}
	if show(commontest.Responsive(env), time.Hour); !env.Tasks.Slow(0) {
		t.Error("a task that ran for an hour is not slow")
	}
}

func TestLiveTasksOnTheScreenArePostedOnce(t *testing.T) {
	table, env := newTable(t, 3, poller.Running, poller.Succeeded, poller.Queued)
	viewed := func() (common.TasksViewed, bool) {
		table.Update(common.SecondPassed{})
		return commontest.Posted[common.TasksViewed](env.Drain())
	}
	if v, ok := viewed(); !ok || v.Opened != common.NoTask || len(v.Visible) != 2 {
		t.Fatalf("posted %v, want the two live tasks", v)
	}
	if v, ok := viewed(); ok {
		t.Errorf("posted %v again, which has not changed", v)
	}
	table.Update(common.PaneChanged{Seq: 0})
	if v, ok := viewed(); !ok || v.Opened != 0 {
		t.Errorf("posted %v, want task 0 in the pane", v)
	}
}

func TestOtherKeysArePassedOn(t *testing.T) {
	table, env := newTable(t, 3, poller.Running)
	for _, key := range []string{"x", "a", "g", "q"} {
		posted := commontest.Press(env, table, key)
		if command, ok := commontest.Posted[common.Command](posted); !ok || command.String() != key || len(posted) != 1 {
			t.Errorf("%s posted %v", key, posted)
		}
	}
}

func TestTabAndOrderAreRestored(t *testing.T) {
	for tab := range views.TabCount {
		for column := range views.ColumnCount {
			for _, descending := range []bool{false, true} {
				table, _ := newTable(t, 0)
				table.index.SetTab(tab)
				table.index.SetSort(column, descending)
				next, _ := newTable(t, 0)
				next.Restore(table.Display())
				if x := next.index; x.Tab() != tab || x.Sort() != column || x.Descending() != descending {
					t.Errorf("%q is read as %q", table.Display(), next.Display())
				}
			}
		}
	}
	table, _ := newTable(t, 0)
	before := table.Display()
	for _, text := range []string{"", "x", ", ", "failing, by luck", "17", ", , downwards"} {
		if table.Restore(text); table.Display() != before {
			t.Errorf("after %q it is %q", text, table.Display())
		}
	}
}
