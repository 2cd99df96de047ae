package statusbar

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"polltop/model/common"
	"polltop/model/common/commontest"
	"polltop/model/notify"
	"polltop/model/tasktable/index"
	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
	"polltop/views"
)

func newBar(t *testing.T, o Options) (*Bar, *common.Env) {
	t.Helper()
	env := commontest.Env(t, 140, 24, false)
	return New(env, o), env
}

// give gives the bars and then the table tasks, as the root does.
func give(b *Bar, env *common.Env, u poller.Update) {
	env.Apply(u)
	b.Update(common.TasksChanged{Update: u})
	commontest.Give(env, u.Tasks)
	for _, msg := range env.Drain() {
		b.Update(msg)
	}
}

func text(b *Bar) string { return commontest.Text(b.View()) }

// Collected failures are told with the first message after their time, also where tasks are restored then.
func TestCollectedFailuresAreToldAsTimePasses(t *testing.T) {
	for _, msg := range []tea.Msg{common.SecondPassed{}, common.TasksRestored{}, common.TasksRemoved{}, common.TasksChanged{}} {
		testCollectedFailures(t, msg)
	}
}

func testCollectedFailures(t *testing.T, later tea.Msg) {
	b, env := newBar(t, Options{Notify: notify.EachFailure})
	tasks := commontest.Tasks(env, 2, poller.Running)
	give(b, env, poller.Update{Tasks: tasks})
	failed := *tasks[0]
	failed.State, failed.ErrorType = poller.Failed, "BROKEN"
	give(b, env, poller.Update{Tasks: []*poller.Task{&failed}})
	commontest.Pass(env, time.Second)
	if b.Update(common.SecondPassed{}) != nil {
		t.Error("told before more failures could come")
	}
	commontest.Pass(env, 10*time.Second)
	cmd := b.Update(later)
	if cmd == nil {
		t.Fatalf("nothing is told at %T", later)
	}
	if raw := fmt.Sprint(cmd()); !strings.HasPrefix(raw, "{\a") {
		t.Errorf("the terminal got %q", raw)
	}
}

func TestNoticesWaitBehindABadOne(t *testing.T) {
	b, env := newBar(t, Options{})
	b.Update(common.Say{Level: views.LevelBad, Text: "it is bad"})
	b.Update(common.Say{Text: "by itself", Background: true})
	if !strings.Contains(text(b), "it is bad") {
		t.Fatal("a bad notice goes at once for one that came by itself")
	}
	b.Update(noticeExpired{b.notice.number})
	if !strings.Contains(text(b), "by itself") {
		t.Error("what waited is not shown")
	}
	turn := b.notice.number
	b.Update(common.Say{Text: "answer"})
	b.Update(noticeExpired{turn})
	if !strings.Contains(text(b), "answer") {
		t.Error("the end of an older notice ends a newer")
	}
	commontest.Pass(env, time.Second)
	b.Update(noticeExpired{b.notice.number})
	if strings.Contains(text(b), "answer") {
		t.Error("a notice stays")
	}
}

func TestPersistenceIsTold(t *testing.T) {
	b, env := newBar(t, Options{Exec: true})
	viewing := poller.Persistence{Session: "night", PolledBy: "pid 7"}
	silent := viewing
	silent.OwnerSilent = true
	for _, c := range []struct {
		update poller.Update
		want   string
	}{
		{poller.Update{Persistence: viewing}, "polltop with pid 7 polls this session: here it is shown, and what you add or cancel is done there; --exec"},
		{poller.Update{Persistence: silent}, "does not answer"},
		{poller.Update{Persistence: poller.Persistence{Session: "night"}}, "has ended: polling goes on here"},
		{poller.Update{StoreErr: &queue.Fault{Message: "disk full"}}, "not on disk: "},
		{poller.Update{}, "all is on disk again"},
	} {
		commontest.Pass(env, time.Minute) // so that none waits behind a bad one
		give(b, env, c.update)
		if !strings.Contains(text(b), c.want) {
			t.Errorf("%q is not told:\n%s", c.want, text(b))
		}
	}
}

func TestResumedSessionIsTold(t *testing.T) {
	b, env := newBar(t, Options{})
	old := commontest.Tasks(env, 3, poller.Running, poller.Succeeded)
	for _, task := range old {
		task.Added -= 60_000
	}
	give(b, env, poller.Update{Tasks: old, Persistence: poller.Persistence{Session: "night"}})
	if !strings.Contains(text(b), "session night: 3 tasks, 2 live ones asked again") {
		t.Errorf("the bars are\n%s", text(b))
	}
}

func TestHostsAreTold(t *testing.T) {
	for want, c := range map[string]struct {
		host poller.HostStatus
		link views.Link
	}{
		"live":                         {poller.HostStatus{}, views.LinkLive},
		"connection refused":           {poller.HostStatus{Outage: &queue.Fault{Kind: queue.Unreachable, Message: "connection refused"}}, views.LinkOffline},
		"answers only 404 pages":       {poller.HostStatus{Outage: &queue.Fault{Kind: queue.Gateway, HTTP: 404}}, views.LinkFailing},
		"(the service asked)":          {poller.HostStatus{HoldUntil: 1 << 50}, views.LinkWaiting},
		"no answer for 6s":             {poller.HostStatus{SilentSince: 1793527194000}, views.LinkSilent},
		"check BASE_URL and ENDPOINT":  {poller.HostStatus{NotFoundQueues: []string{"https://api.test/model/v1/queue/wan25_i2v"}}, views.LinkFailing},
		"K reads it again":             {poller.HostStatus{Stopped: &queue.Fault{Kind: queue.Unauthorized, HTTP: 401}}, views.LinkUnauthorized},
		"wan26_i2v: no answer":         {poller.HostStatus{Troubles: []poller.EndpointTrouble{{Endpoint: "wan26_i2v", Fault: &queue.Fault{Kind: queue.TimedOut}}}}, views.LinkDegraded},
		"key refused, polling stopped": {poller.HostStatus{Stopped: &queue.Fault{Kind: queue.Unauthorized, HTTP: 401, Message: "invalid key"}}, views.LinkUnauthorized},
		"veo9 is not asked any more":   {poller.HostStatus{Forbidden: []poller.Forbidden{{Endpoint: "veo9", Fault: &queue.Fault{HTTP: 403}}}}, views.LinkLive},
	} {
		b, env := newBar(t, Options{})
		c.host.Base, c.host.Live = env.Source.Bases[0], 2
		give(b, env, poller.Update{Tasks: commontest.Tasks(env, 2, poller.Running), Hosts: []poller.HostStatus{c.host}})
		if link, _ := b.link(); link != c.link || !strings.Contains(text(b), want) {
			t.Errorf("link %d, want %d with %q:\n%s", link, c.link, want, text(b))
		}
	}
}

func TestRefusalsAreToldOnceUntilTheyAreTriedAgain(t *testing.T) {
	b, env := newBar(t, Options{})
	refused := poller.Update{Hosts: []poller.HostStatus{{Base: env.Source.Bases[0], Stopped: &queue.Fault{Kind: queue.Unauthorized, HTTP: 401}}}}
	told := func() bool {
		env.Apply(refused)
		b.Update(common.TasksChanged{Update: refused})
		said, ok := commontest.Posted[common.Say](env.Drain())
		return ok && strings.Contains(said.Text, "key refused")
	}
	if !told() || told() {
		t.Error("it is not told once")
	}
	b.Update(common.Retrying{})
	if !told() {
		t.Error("it is not told again when it was tried again")
	}
}

func TestPauseIsTold(t *testing.T) {
	b, env := newBar(t, Options{})
	give(b, env, poller.Update{Tasks: commontest.Tasks(env, 1, poller.Running), Paused: true})
	if !strings.Contains(text(b), "‖ paused") || !strings.Contains(text(b), "p lets it go on") {
		t.Errorf("the bars are\n%s", text(b))
	}
	give(b, env, poller.Update{})
	if !strings.Contains(text(b), "polling goes on") {
		t.Errorf("the bars are\n%s", text(b))
	}
}

func TestThroughputAndETA(t *testing.T) {
	b, env := newBar(t, Options{})
	give(b, env, poller.Update{Tasks: commontest.Tasks(env, 40, poller.Running)})
	for ended := 1; ended <= 10; ended++ {
		commontest.Pass(env, 6*time.Second)
		tasks := commontest.Tasks(env, 40, poller.Running)
		for _, task := range tasks[:ended] {
			task.State, task.Ended = poller.Succeeded, env.Now
		}
		give(b, env, poller.Update{Tasks: tasks})
	}
	// One ended each 6 s: ten a minute, and thirty are left.
	if rate := b.progress.perMinute(env.Time); rate < 9 || rate > 12 {
		t.Errorf("%.1f a minute, want 10", rate)
	}
	if eta := b.eta(); eta.Median < 150*time.Second || eta.Median > 200*time.Second {
		t.Errorf("ETA %s; want about 3 minutes", eta.Median)
	}

	// Thirty others are yet to be submitted, of which the service's own estimate says nothing.
	soon := poller.StampOf(env.Time.Add(time.Second))
	env.Polling.Hosts = []poller.HostStatus{{Live: 30, Ends: poller.EndEstimate{Low: soon, Median: soon, High: soon}}}
	var unsent []*poller.Task
	for n := range 30 {
		p := &poller.Payload{Number: int64(n + 1), Row: int32(n + 41), Endpoint: "wan26_i2v"}
		env.Submissions[p.Number] = p
		unsent = append(unsent, p.Placeholder())
	}
	commontest.Give(env, unsent)
	if eta := b.eta(); eta.Median < 300*time.Second || eta.Median > 400*time.Second {
		t.Errorf("ETA %s; want about 6 minutes", eta.Median)
	}
	if bar := b.Taskbar(); bar == nil || bar.Value != 100*10/70 || b.Title() != "polltop 10/70" {
		t.Errorf("taskbar %+v, title %q; want 10 of 70", bar, b.Title())
	}
}

// The end of a batch counts its time from when it was added, whichever process that was,
// and not the time in which nothing was live.
func TestTheEndIsSummedUp(t *testing.T) {
	b, env := newBar(t, Options{})
	tasks := commontest.Tasks(env, 4, poller.Succeeded, poller.Failed, poller.Succeeded, poller.Canceled)
	at := func(minutes float64) poller.Stamp { return env.Now + poller.Stamp(minutes*60_000) }
	for i, span := range [][2]float64{{-100, -90}, {-95, -85}, {-10, -4}, {-9, -5}} {
		tasks[i].Added, tasks[i].Ended, tasks[i].InferenceTime = at(span[0]), at(span[1]), 90
	}
	tasks[1].NextStep = string(queue.StepSubmitAgain)
	give(b, env, poller.Update{Tasks: tasks})
	for _, want := range []string{"✓ 2 done", "✗ 1 failed", "⊘ 1 canceled", "in 21m00s", "6m00s of model time", "1 worth submitting again"} {
		if !strings.Contains(text(b), want) {
			t.Errorf("%q is not in\n%s", want, text(b))
		}
	}
	give(b, env, poller.Update{Tasks: commontest.Tasks(env, 5, poller.Running)[4:]})
	if shown := text(b); strings.Contains(shown, "model time") {
		t.Errorf("with a live task the end is told:\n%s", shown)
	}
}

func TestClearingTakesNothingOffTheProgress(t *testing.T) {
	b, env := newBar(t, Options{})
	tasks := commontest.Tasks(env, 4, poller.Succeeded, poller.Succeeded, poller.Succeeded, poller.Running)
	give(b, env, poller.Update{Tasks: tasks})
	b.Update(common.TasksRemoved{Seqs: []int32{0, 1}})
	for seq := range int32(2) {
		env.Tasks.(*index.Index).Remove(seq)
	}
	if shown := text(b); !strings.Contains(shown, "75 %") || !strings.HasPrefix(b.Title(), "polltop 3/4") {
		t.Errorf("after clearing, the title is %q:\n%s", b.Title(), shown)
	}
	b.Update(common.TasksRestored{Tasks: tasks[:2]})
	env.Tasks.(*index.Index).Restore(tasks[:2])
	if ended, total := b.ended(); ended != 3 || total != 4 {
		t.Errorf("brought back: %d of %d", ended, total)
	}
}

func TestHowManyRunAtOnce(t *testing.T) {
	var p progress
	at := time.Unix(0, 0)
	for second, running := range []int{3, 8, 10, 9, 10} {
		p.observeLoad(running, 20, at.Add(time.Duration(second)*time.Second))
	}
	for seconds, want := range map[int]int{30: 0, 62: 10} {
		if got := p.concurrency(at.Add(time.Duration(seconds) * time.Second)); got != want {
			t.Errorf("after %d s: %d, want %d", seconds, got, want)
		}
	}
	p.observeLoad(10, 0, at.Add(70*time.Second))
	if got := p.concurrency(at.Add(200 * time.Second)); got != 0 {
		t.Errorf("with nothing behind: %d", got)
	}
}

func TestETAIsThatOfTheLastService(t *testing.T) {
	b, env := newBar(t, Options{})
	at := func(minutes time.Duration) poller.Stamp { return poller.StampOf(env.Time.Add(minutes * time.Minute)) }
	env.Polling.Hosts = []poller.HostStatus{
		{Live: 1, Ends: poller.EndEstimate{Low: at(1), Median: at(2), High: at(9)}},
		{Live: 1, Ends: poller.EndEstimate{Low: at(3), Median: at(4), High: at(5)}},
	}
	if got, want := b.eta(), (views.ETA{Low: 3 * time.Minute, Median: 4 * time.Minute, High: 9 * time.Minute}); got != want {
		t.Errorf("ETA %v, want %v", got, want)
	}
	env.Polling.Hosts[1].Ends = poller.EndEstimate{}
	if got := b.eta(); got != (views.ETA{}) {
		t.Errorf("ETA %v with a service of which nothing is known", got)
	}
}

func TestNoETAWhereNoAnswerComes(t *testing.T) {
	b, env := newBar(t, Options{})
	ends := poller.EndEstimate{Low: env.Now + 60_000, Median: env.Now + 60_000, High: env.Now + 60_000}
	shown := func(u poller.Update) string {
		for i := range u.Hosts {
			u.Hosts[i].Ends = ends
		}
		u.Tasks = commontest.Tasks(env, 2, poller.Running)
		give(b, env, u)
		return text(b)
	}
	if text := shown(poller.Update{Hosts: []poller.HostStatus{{Base: env.Source.Bases[0], Live: 2}}}); !strings.Contains(text, "about 1m00s left") {
		t.Errorf("no ETA:\n%s", text)
	}
	for name, u := range commontest.Unresponsive(env) {
		if text := shown(u); strings.Contains(text, "left") {
			t.Errorf("%s: an ETA is told:\n%s", name, text)
		}
	}
}

func TestDownloadsAndTableAreShown(t *testing.T) {
	b, env := newBar(t, Options{})
	commontest.Give(env, commontest.Tasks(env, 4, poller.Failed))
	progress := download.Progress{Files: make([]download.File, 4), Bytes: 9}
	progress.Counts[download.Done] = 3
	b.Update(common.DownloadsChanged{Progress: progress})
	b.SetStatus(nil, views.TableStatus{Tab: views.TabFailed, FilterText: "wan", Marked: 2, Position: "3/4"})
	for _, want := range []string{"↓ 3/4", "failed 4", "/wan", "● 2 marked", "3/4"} {
		if !strings.Contains(text(b), want) {
			t.Errorf("%q is not in\n%s", want, text(b))
		}
	}
}

func TestTerminalIsToldOfTheBatch(t *testing.T) {
	b, env := newBar(t, Options{})
	if b.Taskbar() != nil || b.Title() != "polltop" {
		t.Errorf("without tasks: %+v, %q", b.Taskbar(), b.Title())
	}
	commontest.Give(env, commontest.Tasks(env, 4, poller.Running, poller.Succeeded))
	if bar := b.Taskbar(); bar == nil || bar.State != tea.ProgressBarDefault || bar.Value != 50 {
		t.Errorf("taskbar %+v, want 50 %%", bar)
	}
	commontest.Give(env, commontest.Tasks(env, 4, poller.Running, poller.Failed))
	if bar := b.Taskbar(); bar == nil || bar.State != tea.ProgressBarError || b.Title() != "polltop 2/4, 2 failed" {
		t.Errorf("taskbar %+v, title %q; want an error", bar, b.Title())
	}
}

// A click on a key of the footer presses it, and only where the key is seen.
func TestTheFootersKeysAreClicked(t *testing.T) {
	b, env := newBar(t, Options{})
	off := common.Bind("z", "not now", "z")
	off.SetEnabled(false)
	b.SetStatus([]key.Binding{common.Keys.Enter, off, common.Keys.Mark, common.Bind("del", "stop tracking", "delete"), common.Bind("?", "help", "?")}, views.TableStatus{})
	// hit returns the key that a click on a text of the footer presses.
	hit := func(text string) string {
		line := strings.Split(commontest.Text(b.View()), "\n")[env.Layout.FooterY]
		x := max(strings.Index(line, text), 0)
		hit := lipgloss.NewCompositor(b.Layers()...).Hit(x, env.Layout.FooterY)
		b.Update(common.Click{ID: hit.ID(), X: x - hit.Bounds().Min.X})
		pressed, ok := commontest.Posted[tea.KeyPressMsg](env.Drain())
		if !ok {
			return "none"
		}
		return pressed.String()
	}
	for text, want := range map[string]string{"enter": "enter", "nspect": "enter", "space": "space", "tracking": "delete", "? help": "?", "  space": "none", "nothing": "none"} {
		if got := hit(text); got != want {
			t.Errorf("a click on %q presses %q, want %q", text, got, want)
		}
	}
	env.Layout = views.NewLayout(30, 8, false) // a notice stands in place of the keys
	b.Update(common.LayoutChanged{})
	if got := hit("enter"); got != "enter" {
		t.Errorf("on a small screen a click on enter presses %q", got)
	}
	b.Update(common.Say{Text: "a notice that covers the keys"})
	if got := hit("notice"); got != "none" {
		t.Errorf("a click on the notice in place of the keys presses %q", got)
	}
}
