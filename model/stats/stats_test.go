package stats

import (
	"strings"
	"testing"

	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/poller"
	"polltop/views"
)

func newView(t *testing.T, width, height int) (*View, *common.Env) {
	t.Helper()
	env := commontest.Env(t, width, height, false)
	tasks := commontest.Tasks(env, 40, poller.Succeeded, poller.Running)
	for i, task := range tasks {
		if task.Ended = env.Now; i%4 == 0 {
			task.Request.Endpoint = "kling"
		}
	}
	commontest.Give(env, tasks)
	v := New(env)
	v.SetSize(env.Layout.Width, env.Layout.StatsRows())
	v.Update(common.TasksChanged{Update: poller.Update{Stats: poller.Stats{Polls: 18233}, Hosts: []poller.HostStatus{{Rate: 10}, {Rate: 8.5}}}})
	if len(v.lines) > 0 {
		t.Error("it looks at all tasks though nobody sees it")
	}
	v.Update(commontest.Command("t"))
	if take, ok := commontest.Posted[common.RequestFocus](env.Drain()); !ok || take.Focus != views.OnStats {
		t.Fatal("it does not take the keys")
	}
	env.Focus, env.Area = views.OnStats, views.OnStats
	return v, env
}

func TestStatisticsAreShown(t *testing.T) {
	v, env := newView(t, 160, 50)
	for _, want := range []string{"18,233", "18.5 requests/s", "wan26_i2v", "kling", "Run times of all", "Ended a minute"} {
		if text := commontest.Text(v.View()); !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	commontest.Press(env, v, "tab")
	if text := commontest.Text(v.View()); !strings.Contains(text, "Run times of wan26_i2v") {
		t.Errorf("tab shows no other endpoint:\n%s", text)
	}
	for _, c := range [][2]string{{"up", "Run times of all"}, {"j", "Run times of wan26_i2v"}} {
		v.stats.Cursor = 0
		if commontest.Press(env, v, c[0]); !strings.Contains(commontest.Text(v.View()), c[1]) {
			t.Errorf("%s does not show the %s", c[0], c[1])
		}
	}
	commontest.Press(env, v, "tab", "tab")
	if text := commontest.Text(v.View()); !strings.Contains(text, "Run times of all") {
		t.Errorf("behind the last it does not begin again:\n%s", text)
	}
}

func TestStatisticsAreMadeOnceASecond(t *testing.T) {
	v, env := newView(t, 160, 50)
	commontest.Give(env, commontest.Tasks(env, 80, poller.Failed))
	v.Update(common.TasksChanged{})
	if v.stats.Endpoints[0].Failed != 0 {
		t.Error("made anew within the second")
	}
	commontest.Pass(env, common.RefreshInterval)
	v.Update(common.SecondPassed{})
	if v.stats.Endpoints[0].Failed != 80 {
		t.Errorf("%d failed, want 80", v.stats.Endpoints[0].Failed)
	}
}

func TestStatisticsScrollAndClose(t *testing.T) {
	v, env := newView(t, 80, 20)
	top := v.View()
	commontest.Press(env, v, "end")
	end := v.View()
	commontest.Press(env, v, "pgdown")
	if end == top || v.View() != end {
		t.Error("it does not scroll, or past its end")
	}
	commontest.Press(env, v, "home")
	if v.View() != top {
		t.Error("it does not scroll back")
	}
	if passed, ok := commontest.Posted[common.Command](commontest.Press(env, v, "x")); !ok || passed.String() != "x" {
		t.Error("a key of the table is not passed on")
	}
	if release, ok := commontest.Posted[common.ReleaseFocus](commontest.Press(env, v, "esc")); !ok || release.Focus != views.OnStats {
		t.Error("esc does not close it")
	}
}

// A click on an endpoint shows it, one on the scrollbar scrolls.
func TestClicksInTheStatistics(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {160, 50}} {
		v, env := newView(t, size[0], size[1])
		for _, name := range []string{"kling", "wan26_i2v", "all"} {
			for y, line := range strings.Split(commontest.Text(v.View()), "\n") {
				if fields := strings.Fields(strings.TrimLeft(line, " ▌")); len(fields) > 3 && fields[0] == name {
					v.Update(common.Click{ID: "area", X: 10, Y: y})
					break
				}
			}
			if got := v.stats.Endpoints[v.stats.Cursor].Name; got != name {
				t.Errorf("%v: a click on %s shows %s", size, name, got)
			}
		}
		for _, y := range []int{0, 1, 4} {
			if v.Update(common.Click{ID: "area", X: 10, Y: y}); v.stats.Cursor != 0 {
				t.Errorf("%v: a click on line %d shows another", size, y)
			}
		}
		env.Drain()
	}
	v, env := newView(t, 80, 20)
	v.Update(common.Click{ID: "area", X: env.Layout.TableWidth - 1, Y: env.Layout.StatsRows()})
	if !v.scroll.AtBottom() {
		t.Errorf("a click at the end of the scrollbar scrolls to %d", v.scroll.YOffset())
	}
	v.Update(common.Click{ID: "area", X: env.Layout.TableWidth - 1, Y: 1})
	if !v.scroll.AtTop() {
		t.Errorf("a click at its top scrolls to %d", v.scroll.YOffset())
	}
}
