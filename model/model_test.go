package model

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/actions"
	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/model/statusbar"
	"polltop/model/tasktable/index"
	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views"
)

// fake is a poller that notes what it is told and hands out nothing by itself.
type fake struct {
	tracked []queue.Request
	asked   []int32
	paused  bool
	bodies  map[int32]string

	fetched   []int32
	results   map[int32]poller.FetchedResult
	canceled  []int32
	withdrawn []int32
	gone      []int32
	tasks     map[int32]*poller.Task // what it tracks, for Untrack
	unblocks  int
}

func (f *fake) Next(ctx context.Context) (poller.Update, bool) {
	<-ctx.Done()
	return poller.Update{}, false
}

func (f *fake) Track(requests []queue.Request) poller.Tracked {
	f.tracked = append(f.tracked, requests...)
	return poller.Tracked{Added: len(requests), First: 0}
}

func (f *fake) PollNow(seqs ...int32) { f.asked = append(f.asked, seqs...) }
func (f *fake) TogglePause()          { f.paused = !f.paused }

func (f *fake) Fetch(seq int32)                                                  { f.fetched = append(f.fetched, seq) }
func (f *fake) Cancel(seqs ...int32)                                             { f.canceled = append(f.canceled, seqs...) }
func (f *fake) DropCancels(seqs ...int32)                                        { f.withdrawn = append(f.withdrawn, seqs...) }
func (f *fake) ClaimHook(int32) bool                                             { return true }
func (f *fake) Unblock()                                                         { f.unblocks++ }
func (f *fake) FetchLogs(int32)                                                  {}
func (f *fake) Logs(int32) []queue.LogLine                                       { return nil }
func (f *fake) AddPayloads(func() (*poller.Payload, []byte, error)) (int, error) { return 0, nil }
func (f *fake) Input(int64) ([]byte, bool)                                       { return nil, false }
func (f *fake) Resubmit(...int64) int                                            { return 0 }
func (f *fake) GiveUp(...int64)                                                  {}

func (f *fake) SetViewed(int32, []int32) {}

func (f *fake) Result(seq int32) (poller.FetchedResult, bool) {
	r, ok := f.results[seq]
	return r, ok
}

func (f *fake) Untrack(seqs ...int32) []*poller.Task {
	f.gone = append(f.gone, seqs...)
	var out []*poller.Task
	for _, seq := range seqs {
		out = append(out, f.tasks[seq])
	}
	return out
}

func (f *fake) Restore(tasks []*poller.Task) []*poller.Task { return tasks }

func (f *fake) Body(seq int32) ([]byte, bool) {
	body, ok := f.bodies[seq]
	return []byte(body), ok
}

// desk is a dashboard with a fake poller and a clock of its own.
type desk struct {
	*Model
	index *index.Index
	t     *testing.T
	fake  *fake
	clock time.Time
	base  *queue.Base
	quit  bool // the dashboard has ended
}

func newDesk(t *testing.T, width, height int, changes ...func(o *Options)) *desk {
	t.Helper()
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() {
		cancel()
		// Of the bubble's clock: lets the timers of notices and ticks run out,
		// which synctest wants before the bubble ends. It takes no time.
		time.Sleep(time.Minute)
	})
	d := &desk{t: t, fake: &fake{bodies: map[int32]string{}, results: map[int32]poller.FetchedResult{}, tasks: map[int32]*poller.Task{}}, clock: time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC), base: base}
	o := Options{
		Options: actions.Options{Context: ctx, Poller: d.fake}, Bars: statusbar.Options{Host: base.Host()},
		Source: paste.Source{Bases: []*queue.Base{base}, Endpoint: "wan26_i2v"},
		Clock:  func() time.Time { return d.clock },
	}
	for _, change := range changes {
		change(&o)
	}
	d.Model = New(o)
	d.index = d.env.Tasks.(*index.Index)
	if o.DisplayStore == nil {
		d.index.SetSort(views.ColumnAdded, false) // most tests are of other things than the order
	}
	d.send(tea.WindowSizeMsg{Width: width, Height: height})
	return d
}

// send gives the dashboard a message and then, as Bubble Tea would, what its
// commands bring, as far as they come at once: timers and waits do not.
func (d *desk) send(msg tea.Msg) {
	d.t.Helper()
	_, cmd := d.Update(msg)
	d.run(cmd)
}

func (d *desk) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	result := make(chan tea.Msg, 1)
	go func() { result <- cmd() }()
	synctest.Wait()
	select {
	case msg := <-result:
		switch msg := msg.(type) {
		case nil, tea.SuspendMsg:
		case tea.QuitMsg:
			d.quit = true
		case tea.BatchMsg:
			for _, c := range msg {
				d.run(c)
			}
		default:
			d.send(msg)
		}
	default:
		// A timer or the wait for the poller: its message is a test's to send.
	}
}

// press types keys by their names.
func (d *desk) press(keys ...string) {
	d.t.Helper()
	for _, key := range keys {
		d.send(commontest.KeyPress(key))
		if key == "g" {
			d.send(pendingGExpired{}) // "gg" is for two at once
		}
	}
}

// give gives the dashboard n tasks in the states that cycle through states.
func (d *desk) give(n int, states ...poller.State) {
	d.t.Helper()
	tasks := commontest.Tasks(&common.Env{Frame: views.Frame{Now: poller.StampOf(d.clock)}, Source: d.env.Source}, n, states...)
	for _, task := range tasks {
		d.fake.tasks[task.Seq] = task
	}
	d.send(common.TasksChanged{Update: poller.Update{Tasks: tasks}})
}

// opened returns the task in the pane, common.None when it is closed.
func (d *desk) opened() int32 {
	if t := d.pane.Task(); t != nil {
		return t.Seq
	}
	return common.NoTask
}

func (d *desk) screen() string { return ansi.Strip(d.View().Content) }

func (d *desk) wantScreen(texts ...string) {
	d.t.Helper()
	screen := d.screen()
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			d.t.Errorf("%q is not on the screen:\n%s", text, screen)
		}
	}
}

func TestKeysMoveTheCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24)
		d.give(100, poller.Running)
		rows := d.env.Layout.Rows
		for _, c := range []struct {
			keys []string
			want int
		}{
			{nil, 0}, {[]string{"j"}, 1}, {[]string{"down", "down"}, 3}, {[]string{"k"}, 2}, {[]string{"up"}, 1},
			{[]string{"G"}, 99}, {[]string{"home"}, 0}, {[]string{"end"}, 99}, {[]string{"home"}, 0},
			{[]string{"pgdown"}, rows}, {[]string{"pgup"}, 0}, {[]string{"ctrl+d"}, rows / 2}, {[]string{"ctrl+u"}, 0}, {[]string{"k"}, 0},
		} {
			d.press(c.keys...)
			if got := d.index.CursorRank(); got != c.want {
				t.Errorf("after %v the cursor is in row %d, want %d", c.keys, got, c.want)
			}
		}
	})
}

func TestKeysPickTabs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24)
		d.give(20, poller.Queued, poller.Running, poller.Succeeded, poller.Failed, poller.Canceled)
		d.send(common.ClosePane{})
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
			d.press(c.key)
			if d.index.Tab() != c.want || d.index.Matching() != c.rows {
				t.Errorf("after %s: tab %d with %d rows, want %d with %d", c.key, d.index.Tab(), d.index.Matching(), c.want, c.rows)
			}
		}
	})
}

func TestNextFailureGoesRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24)
		d.give(9, poller.Running, poller.Running, poller.Failed)
		d.press("home")
		for _, want := range []int{2, 5, 8, 2} {
			d.press("n")
			if got := d.index.CursorRank(); got != want {
				t.Fatalf("n went to row %d, want %d", got, want)
			}
		}
		d.wantScreen("other end")
		d.press("N")
		if got := d.index.CursorRank(); got != 8 {
			t.Errorf("N went to row %d, want 8", got)
		}
	})
}

func TestFilterNarrowsAsItIsTyped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24)
		d.give(30, poller.Running)
		d.press("/", "m", "m", "s", "u", "_", "1")
		if d.index.Matching() != 10 {
			t.Errorf("%d rows match mmsu_1, want 10", d.index.Matching())
		}
		// Keys that would act elsewhere are text here; the arrows still move.
		d.press("down", "q")
		if d.index.Filter() != "mmsu_1q" || d.index.Matching() != 0 {
			t.Errorf("filter %q with %d rows", d.index.Filter(), d.index.Matching())
		}
		d.press("esc")
		if d.index.Filter() != "" || d.env.Focus != views.OnTable {
			t.Errorf("after esc: filter %q, focus %d", d.index.Filter(), d.env.Focus)
		}
		d.press("/", "2", "9", "enter", "j")
		if d.index.Filter() != "29" || d.env.Focus != views.OnTable {
			t.Errorf("after enter: filter %q, focus %d", d.index.Filter(), d.env.Focus)
		}
	})
}

func TestFirstFailureOpensThePaneOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 70)
		d.fake.bodies[3] = `{"status":"COMPLETED"}`
		d.give(6, poller.Running, poller.Running, poller.Running, poller.Failed)
		if d.opened() != 3 || d.env.Focus != views.OnTable {
			t.Fatalf("pane on %d, focus %d; want the failed task, and the keys still in the table", d.opened(), d.env.Focus)
		}
		d.wantScreen("out of memory", "Model execution failed", `"COMPLETED"`)
		d.press("esc")
		d.give(8, poller.Running, poller.Failed)
		if d.pane.Open() {
			t.Error("the pane opened by itself a second time")
		}
	})
}

func TestFirstFailureDoesNotDisturbSomebodyWhoTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 40)
		d.give(6, poller.Running)
		d.press("j", "j", "/", "m")
		d.give(6, poller.Running, poller.Failed)
		if d.pane.Open() || d.env.Focus != views.OnFilter || d.index.CursorRank() != 2 {
			t.Errorf("pane open %v, focus %d, cursor %d; want nothing moved", d.pane.Open(), d.env.Focus, d.index.CursorRank())
		}
	})
}

func TestPaneFollowsTheCursorAndScrolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 30)
		d.give(6, poller.Running)
		d.press("enter")
		if d.opened() != 0 {
			t.Fatalf("enter opened %d", d.opened())
		}
		d.press("j")
		if d.opened() != 1 {
			t.Errorf("the pane is on %d after the cursor went to 1", d.opened())
		}
		d.press("tab", "j", "j")
		if d.env.Focus != views.OnPane || d.index.CursorRank() != 1 {
			t.Errorf("focus %d, cursor %d; want the pane scrolled", d.env.Focus, d.index.CursorRank())
		}
		d.press("esc")
		if d.pane.Open() || d.env.Focus != views.OnTable {
			t.Error("esc did not close the pane")
		}
	})
}

func TestPasteAddsTasksAndSaysWhatCameOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 100, 24)
		d.send(tea.PasteMsg{Content: "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6\nrequest_id: no id on this line\nabc-1234-xyz\n"})
		if len(d.fake.tracked) != 1 || d.fake.tracked[0].ID != "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6" {
			t.Fatalf("tracked %+v", d.fake.tracked)
		}
		d.wantScreen("1 added, 1 of 2 unsure: e to look, 1 line refused (e shows it)")
		d.press("e")
		d.wantScreen("abc-1234-xyz: wan26_i2v?", "of no form that is known", "no id on this line", "line 2")
		d.press("esc", "/")
		d.send(tea.PasteMsg{Content: "mmsu_01hxyz8k3vq3\x1b[31m\nmore"})
		if len(d.fake.tracked) != 1 || !strings.HasPrefix(d.index.Filter(), "mmsu_01hxyz8k3vq3") || strings.ContainsAny(d.index.Filter(), "\x1b\n") {
			t.Errorf("a paste into the filter: tracked %d, filter %q", len(d.fake.tracked), d.index.Filter())
		}
	})
}

func TestQuestionsAreAnsweredInTheDialog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 100, 24)
		// Terminals end the lines of a paste with \r.
		d.send(tea.PasteMsg{Content: "\rshot_01 mmsu_01kdj46abw60h2nbpka9tgx22v\rabc-1234-xyz\rdef-1234-xyz\r"})
		d.wantScreen("3 of 3 unsure: e to look")
		if len(d.fake.tracked) != 0 {
			t.Fatalf("tracked before the answer: %+v", d.fake.tracked)
		}
		d.press("e")
		d.wantScreen("unsure, line 2: mmsu_01kdj46abw60h2nbpka9tgx22v: shot_01?", "is shot_01 its endpoint?", "line 3", "line 4")
		d.press("e")
		for range "shot_01" {
			d.press("backspace")
		}
		d.press("v", "e", "o", "3", "enter", "space")
		if len(d.fake.tracked) != 1 || d.fake.tracked[0].Endpoint != "veo3" {
			t.Fatalf("tracked %+v, want one at veo3", d.fake.tracked)
		}
		d.press("delete", "enter")
		if len(d.fake.tracked) != 2 || d.fake.tracked[1].ID != "def-1234-xyz" || d.env.Focus != views.OnTable {
			t.Errorf("tracked %+v, focus %d", d.fake.tracked, d.env.Focus)
		}
	})
}

// While the endpoint of an unsure id is typed, letters are text: gg goes to no top.
func TestEndpointOfAQuestionIsTyped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 100, 24)
		d.send(tea.PasteMsg{Content: "shot_01 mmsu_01kdj46abw60h2nbpka9tgx22v\n"})
		d.press("e", "e")
		for _, name := range []string{"e", "g", "g", "s", "ф"} {
			d.send(commontest.KeyPress(name))
		}
		d.wantScreen("shot_01eggsф")
	})
}

func TestAddDialog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 100, 24)
		d.press(append(append([]string{"a"}, strings.Split("mmsu_01hxyz8k3vq2m4n6p8r0s2t4w9", "")...), "esc")...)
		if len(d.fake.tracked) != 0 || d.env.Focus != views.OnTable {
			t.Fatal("esc added something, or left the dialog open")
		}
		d.press("a")
		d.wantScreen("mmsu_01hxyz8k3vq2m4n6p8r0s2t4w9", "wan26_i2v")
		d.press("ctrl+s")
		if len(d.fake.tracked) != 1 || d.fake.tracked[0].ID != "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w9" || d.env.Focus != views.OnTable {
			t.Errorf("tracked %+v, focus %d", d.fake.tracked, d.env.Focus)
		}
		d.press("a", "ctrl+s")
		d.wantScreen("nothing to add yet")
		if d.env.Focus != views.OnDialog {
			t.Error("the empty dialog closed")
		}
	})
}

func TestPollNowAndPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 100, 24)
		d.give(4, poller.Running, poller.Succeeded)
		d.press("r", "j", "r", "p")
		if len(d.fake.asked) != 1 || d.fake.asked[0] != 0 || !d.fake.paused {
			t.Errorf("asked for %v, paused %v; want the live task alone, and paused", d.fake.asked, d.fake.paused)
		}
		d.send(common.TasksChanged{Update: poller.Update{Paused: true}})
		d.wantScreen("‖ paused", "p lets it go on")
		d.press("p")
		d.send(common.TasksChanged{Update: poller.Update{Paused: false}})
		if d.fake.paused {
			t.Error("still paused")
		}
		d.wantScreen("polling goes on")
	})
}

func TestMouse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24)
		d.give(100, poller.Running)
		click := func(x, y int) { d.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}) }
		click(5, d.env.Layout.RowsTop+4)
		if d.index.CursorRank() != 4 || d.pane.Open() {
			t.Errorf("a click: cursor %d, pane open %v; want row 4 selected", d.index.CursorRank(), d.pane.Open())
		}
		click(5, d.env.Layout.RowsTop+4)
		if d.opened() != 4 {
			t.Errorf("a second click opened %d, want 4", d.opened())
		}
		d.press("esc")
		d.send(tea.MouseWheelMsg{X: 5, Y: d.env.Layout.RowsTop, Button: tea.MouseWheelDown})
		if _, first := d.index.Window(d.env.Layout.Rows); first != 3 {
			t.Errorf("the wheel scrolled to %d, want 3", first)
		}
	})
}

// On a low screen the pane takes the place of the table and of the groups: keys never go to
// what can't be seen.
func TestKeysGoToWhatIsSeenOnALowScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 12)
		d.give(6, poller.Running, poller.Succeeded)
		for _, open := range [][]string{{"enter"}, {"g", "esc"}} {
			d.press(open...)
			if d.env.Focus != views.OnPane || !strings.Contains(d.screen(), "── ") {
				t.Errorf("after %v keys go to %d:\n%s", open, d.env.Focus, d.screen())
			}
		}
		d.press("g")
		d.wantScreen("GROUPED BY")
	})
}

// A click goes to what is drawn where it is, whatever has the keys.
func TestClicksOnTheScreensParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 100, 30)
		d.give(20, poller.Running, poller.Succeeded)
		click := func(text string) {
			t.Helper()
			for y, line := range strings.Split(d.screen(), "\n") {
				if before, _, found := strings.Cut(line, text); found {
					d.send(tea.MouseClickMsg{X: ansi.StringWidth(before) + 1, Y: y, Button: tea.MouseLeft})
					return
				}
			}
			t.Fatalf("%q is not on the screen:\n%s", text, d.screen())
		}
		click("running 10")
		if d.index.Tab() != views.TabRunning || d.env.Focus != views.OnTable {
			t.Errorf("tab %d, keys go to %d", d.index.Tab(), d.env.Focus)
		}
		d.press("g")
		click("all 20")
		if d.index.Tab() != views.TabAll || d.env.Area != views.OnTable {
			t.Errorf("from the groups: tab %d, shown is %d", d.index.Tab(), d.env.Area)
		}
		d.press("enter")
		click("Timeline")
		if d.env.Focus != views.OnPane {
			t.Errorf("a click into the pane leaves the keys to %d", d.env.Focus)
		}
		click("mmsu_03")
		if d.env.Focus != views.OnTable || d.opened() != 3 {
			t.Errorf("a click on a row: keys go to %d, the pane shows %d", d.env.Focus, d.opened())
		}
		click(" %") // the progress, where nothing can be hit
		if d.env.Focus != views.OnTable || d.opened() != 3 {
			t.Error("a click beside all parts did something")
		}
		click("? help")
		d.wantScreen("previous failure")
		d.press("esc")
		d.press("k", "x")
		d.clock = d.clock.Add(time.Second)
		d.send(common.SecondPassed{}) // the buttons come when they can be read
		click("y  Cancel it")
		if d.env.Focus != views.OnTable || len(d.fake.canceled) != 1 || d.fake.canceled[0] != 2 {
			t.Errorf("keys go to %d, canceled %v; want the task of the cursor", d.env.Focus, d.fake.canceled)
		}
	})
}

func TestHostsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 140, 24)
		d.give(4, poller.Running)
		fault := &queue.Fault{Kind: queue.Unreachable, Message: "connection refused"}
		in := func(after time.Duration) poller.Stamp { return poller.StampOf(d.clock.Add(after)) }
		for _, c := range []struct {
			host poller.HostStatus
			want string
		}{
			{poller.HostStatus{}, "live"},
			{poller.HostStatus{Outage: fault, NextProbe: in(5 * time.Second)}, "connection refused"},
			{
				poller.HostStatus{Outage: &queue.Fault{Kind: queue.Gateway, HTTP: 404, Message: "HTTP 404 (no JSON)"}, NextProbe: in(8 * time.Second)},
				"answers only 404 pages, next try in 8s (base URL right?)",
			},
			{poller.HostStatus{HoldUntil: in(12 * time.Second)}, "waits 12s (the service asked)"},
			{
				poller.HostStatus{Troubles: []poller.EndpointTrouble{{Endpoint: "wan26_i2v", Fault: &queue.Fault{Kind: queue.TimedOut, Message: "no answer within 15s"}, NextProbe: in(8 * time.Second)}}},
				"wan26_i2v: no answer, next try in 8s",
			},
			{poller.HostStatus{Stopped: &queue.Fault{Kind: queue.Unauthorized, HTTP: 401, Message: "invalid key"}}, "invalid key"},
			{poller.HostStatus{Stopped: &queue.Fault{Kind: queue.Unauthorized, HTTP: 401, Message: "invalid key"}}, "waits for a key"},
			{poller.HostStatus{Forbidden: []poller.Forbidden{{Endpoint: "veo9", Fault: &queue.Fault{HTTP: 403, Message: "not allowed"}}}}, "veo9"},
		} {
			c.host.Base, c.host.Live = d.base, 4
			d.send(common.TasksChanged{Update: poller.Update{Hosts: []poller.HostStatus{c.host}}})
			d.wantScreen(c.want)
		}
	})
}

func TestNoTickWhenAllHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 80, 24)
		d.give(4, poller.Succeeded)
		if d.secondTimer.running {
			t.Error("it ticks with nothing live")
		}
		d.give(4, poller.Succeeded, poller.Running)
		if !d.secondTimer.running {
			t.Error("it does not tick while a task is live")
		}
	})
}

// A click on a key of the footer does what the key does, in the table, in a view and in a dialog.
func TestKeysOfTheFooterAreClicked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 160, 30)
		d.give(4, poller.Running)
		for _, c := range []struct{ text, want string }{
			{"space mark", "1 marked"}, {"esc no marks", "enter inspect"}, {"enter inspect", "╭"}, {"esc close", "/ filter"}, {"/ filter", "enter keep"}, {"esc clear", "enter inspect"},
			{"t stats", "esc table"}, {"esc table", "enter inspect"}, {"x cancel", "Cancel 1 task"},
		} {
			d.clock = d.clock.Add(time.Minute)
			line := strings.Split(d.screen(), "\n")[d.env.Layout.FooterY]
			before, _, found := strings.Cut(line, c.text)
			if !found {
				t.Fatalf("%q is not in the footer %q", c.text, line)
			}
			d.send(tea.MouseClickMsg{X: ansi.StringWidth(before), Y: d.env.Layout.FooterY, Button: tea.MouseLeft})
			d.send(pendingGExpired{})
			d.wantScreen(c.want)
		}
	})
}

// Footers name keys of other components by what the help calls them.
func TestFootersNameKeysThatThereAre(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 120, 30)
		d.give(4, poller.Running, poller.Failed)
		d.table.Update(common.QuestionsChanged{Count: 1})
		d.press("enter")
		for _, keys := range [][]string{nil, {"space"}, {"tab"}, {"g"}, {"t"}} {
			d.press(keys...)
			for i, b := range d.focused().Bindings() {
				if !b.Enabled() {
					t.Errorf("after %v: key %d of the footer is none", keys, i)
				}
			}
		}
	})
}

// kept keeps a text, and counts how often it was written.
type kept struct {
	text   string
	writes int
}

func (k *kept) Display() string              { return k.text }
func (k *kept) SetDisplay(text string) error { k.text, k.writes = text, k.writes+1; return nil }

func TestTabAndOrderAreKeptForTheNextDashboard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &kept{}
		with := func(o *Options) { o.DisplayStore = k }
		first := newDesk(t, 80, 24, with)
		first.press("f", "s", "s") // the first is the order of addition
		tab, column := first.index.Tab(), first.index.Sort()
		first.storeDisplay()
		second := newDesk(t, 80, 24, with)
		if second.index.Tab() != tab || tab != views.TabFailed || second.index.Sort() != column || second.index.Sort() == views.ColumnAdded {
			t.Errorf("the next shows %q, kept is %q", second.table.Display(), k.text)
		}
		if second.storeDisplay(); k.writes != 1 {
			t.Errorf("written %d times, though nothing has changed", k.writes)
		}
	})
}
