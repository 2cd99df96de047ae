package failures

import (
	"slices"
	"strings"
	"testing"

	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/poller"
	"polltop/views"
)

// newView returns the view of six failures of two kinds and three other tasks, shown.
func newView(t *testing.T) (*View, *common.Env) {
	t.Helper()
	env := commontest.Env(t, 120, 30, false)
	tasks := commontest.Tasks(env, 9, poller.Failed, poller.Failed, poller.Running)
	for _, task := range tasks[4:] {
		if task.State == poller.Failed {
			task.Error = "blocked by the safety filter"
		}
	}
	commontest.Give(env, tasks)
	v := New(env)
	v.SetSize(env.Layout.TableWidth, env.Layout.GroupRows())
	v.Update(commontest.Command("g"))
	if take, ok := commontest.Posted[common.RequestFocus](env.Drain()); !ok || take.Focus != views.OnGroups {
		t.Fatal("it does not take the keys")
	}
	env.Focus, env.Area = views.OnGroups, views.OnGroups
	return v, env
}

func TestGroupsAreShownAndOpened(t *testing.T) {
	v, env := newView(t)
	if text := commontest.Text(v.View()); !strings.Contains(text, "out of memory") || !strings.Contains(text, "safety filter") || v.Position() != "1/2" {
		t.Fatalf("at %s:\n%s", v.Position(), text)
	}
	posted := commontest.Press(env, v, "down", "enter")
	only, ok := commontest.Posted[common.ShowOnly](posted)
	if !ok || !strings.Contains(only.Label, v.groups.Rows[1].Label) {
		t.Fatalf("only %+v", only)
	}
	for _, task := range env.Tasks.All() {
		if want := task.State == poller.Failed && task.Error == v.groups.Rows[1].Example.Error; only.Match(task) != want {
			t.Errorf("%s matches: %v", task.Error, !want)
		}
	}
	if v.Position() != "2/2" {
		t.Errorf("the position is told as %q", v.Position())
	}
}

func TestGroupsTellTheNextStepWhereThereIsRoom(t *testing.T) {
	v, env := newView(t)
	tasks := env.Tasks.All()
	for _, task := range tasks[4:] {
		task.NextStep = "change the input"
	}
	v.refresh()
	for _, c := range []struct {
		width int
		want  bool
	}{{200, true}, {120, true}, {80, true}, {40, false}} {
		env.Layout = views.NewLayout(c.width, 30, false)
		v.Update(common.LayoutChanged{})
		text := commontest.Text(v.View())
		if shows := strings.Contains(text, "change the input"); shows != c.want || !strings.Contains(text, "safety") {
			t.Errorf("%d cells: the next step is shown: %v\n%s", c.width, shows, text)
		}
	}
	commontest.Press(env, v, "tab", "tab", "tab", "tab")
	if text := commontest.Text(v.View()); strings.Contains(text, "WHAT TO DO") {
		t.Errorf("by the next step, the step is told twice:\n%s", text)
	}
}

func TestTabGoesOnToTheNextKind(t *testing.T) {
	v, env := newView(t)
	for _, want := range []string{"endpoint", "label", "state", "next step", "error"} {
		if commontest.Press(env, v, "tab"); v.groups.By != want {
			t.Errorf("grouped by %q, want %q", v.groups.By, want)
		}
	}
	if passed, ok := commontest.Posted[common.Command](commontest.Press(env, v, "x")); !ok || passed.String() != "x" {
		t.Error("a key of the table is not passed on")
	}
}

func TestTheKeyOpensItWhereItWasLeft(t *testing.T) {
	v, env := newView(t)
	commontest.Press(env, v, "down")
	kind, label := v.groups.By, v.selectedLabel
	v.Update(commontest.Command("g"))
	if release, ok := commontest.Posted[common.ReleaseFocus](env.Drain()); !ok || release.Focus != views.OnGroups {
		t.Error("the key does not close it")
	}
	env.Area = views.OnTable
	// Meanwhile another group comes before it.
	tasks := commontest.Tasks(env, 20, poller.Failed)
	for _, task := range tasks[9:] {
		task.Error = "quota used up"
	}
	commontest.Give(env, tasks[9:])
	v.Update(commontest.Command("g"))
	if v.groups.By != kind || v.selectedLabel != label || v.groups.Rows[v.groups.Cursor].Label != label || v.groups.Cursor != 2 {
		t.Errorf("it opens by %s on %q in row %d", v.groups.By, v.selectedLabel, v.groups.Cursor)
	}
}

func TestKeysActOnTheGroup(t *testing.T) {
	v, env := newView(t)
	mark, ok := commontest.Posted[common.ToggleMarks](commontest.Press(env, v, "space"))
	if !ok || len(mark.Tasks) == 0 || v.groups.Cursor != 1 {
		t.Fatalf("marked %d tasks, cursor %d", len(mark.Tasks), v.groups.Cursor)
	}
	for _, task := range append(mark.Tasks, v.Tasks()...) {
		first := task.Error == mark.Tasks[0].Error
		if task.State != poller.Failed || first == slices.Contains(v.Tasks(), task) {
			t.Errorf("task %d with %q is in the wrong group", task.Seq, task.Error)
		}
	}
}

func TestCursorStaysWithinTheGroups(t *testing.T) {
	v, env := newView(t)
	for keys, want := range map[string]int{"end": 1, "home": 0, "k": 0, "pgdown": 1} {
		commontest.Press(env, v, keys)
		if v.groups.Cursor != want {
			t.Errorf("after %s on group %d, want %d", keys, v.groups.Cursor, want)
		}
	}
	commontest.Pass(env, common.RefreshInterval)
	commontest.Give(env, commontest.Tasks(env, 9, poller.Running))
	v.Update(common.TasksChanged{})
	if v.groups.Cursor != 0 || !strings.Contains(commontest.Text(v.View()), "No task has failed") {
		t.Errorf("without groups on %d:\n%s", v.groups.Cursor, commontest.Text(v.View()))
	}
}

// A click selects a group, a second one on it shows its tasks.
func TestClicksOnGroups(t *testing.T) {
	v, env := newView(t)
	top := env.Layout.GroupsTop()
	click := func(x, y int) (only common.ShowOnly, ok bool) {
		v.Update(common.Click{ID: "area", X: x, Y: y})
		return commontest.Posted[common.ShowOnly](env.Drain())
	}
	if _, ok := click(10, top+1); ok || v.groups.Cursor != 1 {
		t.Errorf("a click opens it: %v, the cursor is on %d", ok, v.groups.Cursor)
	}
	if _, ok := click(10, top); ok || v.groups.Cursor != 0 {
		t.Errorf("a click on another opens it: %v, the cursor is on %d", ok, v.groups.Cursor)
	}
	if only, ok := click(10, top); !ok || only.Label != v.groups.Rows[0].Label {
		t.Errorf("a second click shows %+v", only)
	}
	for _, y := range []int{0, top - 1, top + 2, top + 5, env.Layout.Height} {
		if _, ok := click(2, y); ok || v.groups.Cursor != 0 {
			t.Errorf("a click on line %d does something", y)
		}
	}
}

// A click on a tab of the heading groups by it, at every width at which it is shown.
func TestClicksOnTheKindsOfGroups(t *testing.T) {
	for _, width := range []int{40, 60, 80, 120, 200} {
		v, env := newView(t)
		env.Layout = views.NewLayout(width, 30, false)
		v.SetSize(env.Layout.TableWidth, env.Layout.GroupRows())
		clicked := 0
		for _, kind := range []string{"endpoint", "state", "next step", "label", "error", "endpoint"} {
			heading, _, _ := strings.Cut(commontest.Text(v.View()), "\n")
			x := strings.Index(heading, " "+kind+" ")
			if x < 0 {
				continue // no room
			}
			v.Update(common.Click{ID: "area", X: x + 1})
			if clicked++; v.groups.By != kind {
				t.Errorf("%d cells: a click on %s groups by %s", width, kind, v.groups.By)
			}
		}
		if clicked < 2 || width >= 80 && clicked < 6 {
			t.Errorf("%d cells: %d kinds could be clicked", width, clicked)
		}
	}
}

func TestAClickOnTheScrollbarOfGroupsGoesThere(t *testing.T) {
	v, env := newView(t)
	tasks := commontest.Tasks(env, 200, poller.Failed)
	for i, task := range tasks {
		task.ErrorType = "E" + strings.Repeat("X", i)
	}
	commontest.Give(env, tasks)
	v.refresh()
	top, last := env.Layout.GroupsTop(), env.Layout.TableWidth-1
	for _, c := range []struct{ y, least, most int }{{v.height - 1, 200 - v.height, 200 - v.height}, {v.height / 2, 60, 130}, {0, 0, 0}} {
		v.Update(common.Click{ID: "area", X: last, Y: top + c.y})
		if g := v.groups; g.First < c.least || g.First > c.most || g.Cursor < g.First || g.Cursor >= g.First+v.height {
			t.Errorf("a click at %d of %d shows group %d first, with the cursor on %d", c.y, v.height, g.First, g.Cursor)
		}
	}
}
