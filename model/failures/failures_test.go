package failures

import (
	"strings"
	"testing"

	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/poller"
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
	v.Update(common.Toggle{Focus: common.OnGroups})
	if take, ok := commontest.Posted[common.Take](env.Take()); !ok || take.Focus != common.OnGroups {
		t.Fatal("it does not take the keys")
	}
	env.Top, env.Area = common.OnGroups, common.OnGroups
	return v, env
}

func TestGroupsAreShownAndOpened(t *testing.T) {
	v, env := newView(t)
	if text := commontest.Text(v.View()); !strings.Contains(text, "out of memory") || !strings.Contains(text, "safety filter") || v.groups.Position() != "1/2" {
		t.Fatalf("at %s:\n%s", v.groups.Position(), text)
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
	if shows, _ := commontest.Posted[common.GroupsShow](posted); shows.Position != "2/2" {
		t.Errorf("the position is told as %q", shows.Position)
	}
}

func TestTheKeyGoesOnToTheNextKindAndCloses(t *testing.T) {
	v, env := newView(t)
	for _, want := range []string{"endpoint", "state", "next step"} {
		v.Update(common.Toggle{Focus: common.OnGroups})
		if v.groups.By != want {
			t.Errorf("grouped by %q, want %q", v.groups.By, want)
		}
	}
	env.Take()
	v.Update(common.Toggle{Focus: common.OnGroups})
	if release, ok := commontest.Posted[common.Release](env.Take()); !ok || release.Focus != common.OnGroups {
		t.Error("behind the last it does not close")
	}
	commontest.Press(env, v, "tab")
	if v.groups.By != "error" {
		t.Errorf("tab goes on to %q", v.groups.By)
	}
	if passed, ok := commontest.Posted[common.PassKey](commontest.Press(env, v, "x")); !ok || passed.String() != "x" {
		t.Error("a key of the table is not passed on")
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
	commontest.Pass(env, every)
	commontest.Give(env, commontest.Tasks(env, 9, poller.Running))
	v.Update(common.TasksChanged{})
	if v.groups.Cursor != 0 || !strings.Contains(commontest.Text(v.View()), "No task has failed") {
		t.Errorf("without groups on %d:\n%s", v.groups.Cursor, commontest.Text(v.View()))
	}
}
