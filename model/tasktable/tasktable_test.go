package tasktable

import (
	"strings"
	"testing"
	"time"

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
	table.SetSize(env.Layout.TableWidth, env.Layout.Rows)
	table.Update(common.SizeChanged{})
	give(table, env, n, states...)
	env.Take()
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
		{"6", views.TabCanceled, 4}, {"1", views.TabAll, 20}, {"f", views.TabFailed, 4}, {"f", views.TabAll, 20},
		{"l", views.TabQueued, 4}, {"right", views.TabRunning, 4}, {"h", views.TabQueued, 4}, {"esc", views.TabAll, 20},
		{"left", views.TabCanceled, 4},
	} {
		shows, _ := commontest.Posted[common.TableShows](commontest.Press(env, table, c.key))
		if shows.Tab != c.want || len(table.Shown()) != c.rows {
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
	env.Take()
	row := common.Click{ID: "area", X: 3, Y: env.Layout.RowsTop - env.Layout.AreaTop() + 2}
	table.Update(row)
	if _, ok := commontest.Posted[common.OpenTask](env.Take()); ok || table.index.CursorRank() != 2 {
		t.Errorf("a click: cursor %d, opened %v", table.index.CursorRank(), ok)
	}
	table.Update(row)
	if open, ok := commontest.Posted[common.OpenTask](env.Take()); !ok || open.Seq != table.Cursor().Seq {
		t.Error("a second click does not open the row")
	}
	env.Top = common.OnFilter
	table.Update(row)
	if _, ok := commontest.Posted[common.OpenTask](env.Take()); ok {
		t.Error("a click while the filter is typed opens the row")
	}
}

func TestFilterNarrowsAsItIsTyped(t *testing.T) {
	table, env := newTable(t, 30, poller.Running)
	if take, ok := commontest.Posted[common.Take](commontest.Press(env, table, "/")); !ok || take.Focus != common.OnFilter {
		t.Fatal("the filter does not take the keys")
	}
	env.Top = common.OnFilter
	commontest.Press(env, table, "m", "m", "s", "u", "_", "1")
	if len(table.Shown()) != 10 {
		t.Errorf("%d rows match mmsu_1, want 10", len(table.Shown()))
	}
	table.Update(tea.PasteMsg{Content: "3\x1b[31m\nmore"})
	if strings.ContainsAny(table.index.Filter(), "\x1b\n") || !strings.HasPrefix(table.index.Filter(), "mmsu_13") {
		t.Errorf("after a paste the filter is %q", table.index.Filter())
	}
	if release, ok := commontest.Posted[common.Release](commontest.Press(env, table, "esc")); !ok || release.Focus != common.OnFilter || table.index.Filter() != "" {
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
	table.Update(common.PaneShows{Seq: 1})
	env.Take()
	for _, want := range []string{"marks", "pane", "group", "filter", "tab"} {
		posted := commontest.Press(env, table, "esc")
		_, closed := commontest.Posted[common.ClosePane](posted)
		left := map[string]bool{
			"marks": table.marks.any(), "pane": !closed && want == "pane", "group": table.group != "" && want == "group",
			"filter": table.index.Filter() != "" && want == "filter", "tab": table.index.Tab() != views.TabAll && want == "tab",
		}
		if left[want] {
			t.Errorf("esc leaves the %s", want)
		}
		if closed {
			table.Update(common.PaneShows{Seq: common.None})
		}
	}
}

func TestFirstFailureIsOpenedOnce(t *testing.T) {
	env := commontest.Env(t, 80, 70, false)
	table := New(env, false)
	give(table, env, 6, poller.Running, poller.Running, poller.Running, poller.Failed)
	if open, ok := commontest.Posted[common.OpenTask](env.Take()); !ok || open.Seq != 3 || table.Cursor().Seq != 3 {
		t.Fatalf("opened %+v, %v; want the failed task", open, ok)
	}
	give(table, env, 8, poller.Failed)
	if _, ok := commontest.Posted[common.OpenTask](env.Take()); ok {
		t.Error("a second failure is opened too")
	}
	busy := New(env, false)
	give(busy, env, 6, poller.Running)
	commontest.Press(env, busy, "j")
	env.Top = common.OnFilter
	give(busy, env, 6, poller.Running, poller.Failed)
	if _, ok := commontest.Posted[common.OpenTask](env.Take()); ok || busy.index.CursorRank() != 1 {
		t.Error("somebody who types is disturbed")
	}
	env.Top = common.OnTable
	busy.Update(common.FocusChanged{})
	if _, ok := commontest.Posted[common.OpenTask](env.Take()); !ok || busy.index.CursorRank() != 1 {
		t.Error("it is not opened afterwards, or the cursor moved")
	}
}

func TestFreshRowsFade(t *testing.T) {
	table, env := newTable(t, 2, poller.Running)
	give(table, env, 2, poller.Running, poller.Succeeded)
	rows, _ := table.index.Window(2)
	if notes := table.notes(rows); notes[0].Fresh || !notes[1].Fresh {
		t.Errorf("notes %+v, want the second fresh", notes)
	}
	commontest.Pass(env, freshTime)
	table.Update(freshOver{})
	if notes := table.notes(rows); notes[1].Fresh {
		t.Error("it does not fade")
	}
	table.reducedMotion = true
	give(table, env, 2, poller.Succeeded)
	if len(table.signs.fresh) != 0 {
		t.Error("motion, though reduced")
	}
}

func TestSlowTasksAreFlaggedByATimer(t *testing.T) {
	env := commontest.Env(t, 140, 30, false)
	env.SlowAfter = time.Minute
	table := New(env, false)
	give(table, env, 3, poller.Running)
	if !table.signs.watching || env.Tasks.Get(0).Slow {
		t.Fatal("nothing watches for slow tasks, or one is slow from the start")
	}
	// While the timer runs, a change of one task looks at no other.
	commontest.Pass(env, 2*time.Minute)
	next := *env.Tasks.Get(2)
	next.Polls++
	table.Update(common.TasksChanged{Update: poller.Update{Tasks: []*poller.Task{&next}}})
	if env.Tasks.Get(0).Slow || !env.Tasks.Get(2).Slow {
		t.Errorf("slow: %v and %v; want the changed task alone looked at", env.Tasks.Get(0).Slow, env.Tasks.Get(2).Slow)
	}
	table.Update(slowDue{})
	if !env.Tasks.Get(0).Slow || !table.signs.watching {
		t.Error("the timer's look finds nothing, or is the last")
	}
	table.setFilter("slow")
	if len(table.Shown()) != 3 {
		t.Errorf("%d rows match slow, want 3", len(table.Shown()))
	}
	give(table, env, 3, poller.Succeeded)
	table.Update(slowDue{})
	if table.signs.watching {
		t.Error("it goes on with nothing live")
	}
}

func TestTroubleIsToldInTheRows(t *testing.T) {
	table, env := newTable(t, 2, poller.Running, poller.Succeeded)
	fault := &queue.Fault{Kind: queue.TimedOut, Message: "no answer within 15s"}
	table.Update(common.TasksChanged{Update: poller.Update{Hosts: []poller.HostStatus{{
		Base: env.Source.Bases[0], Live: 1, Troubles: []poller.EndpointTrouble{{Endpoint: "wan26_i2v", Fault: fault, Probe: env.Now + 8000}},
	}}}})
	if text := commontest.Text(table.View()); strings.Count(text, "no answer") != 1 {
		t.Errorf("the trouble is not told in the live row alone:\n%s", text)
	}
}

func TestWhatIsLookedAtIsPostedWhenItChanges(t *testing.T) {
	table, env := newTable(t, 3, poller.Running, poller.Succeeded, poller.Queued)
	table.Update(common.Second{})
	if watch, ok := commontest.Posted[common.Watch](env.Take()); !ok || watch.Opened != common.None || len(watch.Visible) != 2 {
		t.Fatalf("posted %+v, want the two live tasks", watch)
	}
	table.Update(common.Second{})
	if _, ok := commontest.Posted[common.Watch](env.Take()); ok {
		t.Error("posted again what has not changed")
	}
	table.Update(common.PaneShows{Seq: 0})
	table.Update(common.Second{})
	if watch, _ := commontest.Posted[common.Watch](env.Take()); watch.Opened != 0 {
		t.Errorf("opened is %d, want 0", watch.Opened)
	}
}

func TestCommandsAreWishes(t *testing.T) {
	table, env := newTable(t, 3, poller.Running)
	for key, want := range map[string]tea.Msg{
		"x": common.Act{Verb: common.Cancel}, "a": common.Open{Dialog: "add"}, "g": common.Toggle{Focus: common.OnGroups}, "q": common.Act{Verb: common.Quit},
	} {
		posted := commontest.Press(env, table, key)
		if len(posted) != 1 {
			t.Errorf("%s posted %v", key, posted)
			continue
		}
		switch got := posted[0].(type) {
		case common.Act:
			if got.Verb != want.(common.Act).Verb {
				t.Errorf("%s wishes %v", key, got)
			}
		case common.Toggle:
			if got != want {
				t.Errorf("%s wishes %v", key, got)
			}
		case common.Open:
			if got.Dialog != want.(common.Open).Dialog {
				t.Errorf("%s wishes %v", key, got)
			}
		default:
			t.Errorf("%s wishes %v", key, got)
		}
	}
}
