package commontest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/common"
	"polltop/model/insight"
	"polltop/model/tasktable/index"
	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/theme"
)

// Env returns the environment of a screen of width by height cells, at a fixed time. Its
// Tasks are an index.
func Env(t *testing.T, width, height int, paneOpen bool) *common.Env {
	t.Helper()
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		t.Fatal(err)
	}
	clock := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	return &common.Env{
		Frame: views.Frame{Theme: theme.New(true, colorprofile.TrueColor), Now: poller.StampOf(clock), Layout: views.NewLayout(width, height, paneOpen)},
		Time:  clock, Started: clock, Profile: colorprofile.TrueColor, Timings: insight.NewTimings(), Tasks: index.New(func(*poller.Task) bool { return false }), Submissions: common.Submissions{},
		Source: paste.Source{Bases: []*queue.Base{base}, Endpoint: "wan26_i2v"}, Getenv: func(string) string { return "" },
	}
}

// Pass lets time pass.
func Pass(env *common.Env, d time.Duration) {
	env.Time = env.Time.Add(d)
	env.Now = poller.StampOf(env.Time)
}

// Tasks returns n tasks in the states that cycle through states.
func Tasks(env *common.Env, n int, states ...poller.State) []*poller.Task {
	tasks := make([]*poller.Task, n)
	for i := range tasks {
		tasks[i] = &poller.Task{
			Seq: int32(i), State: states[i%len(states)], QueuePosition: -1, InferenceTime: -1,
			Added: env.Now, Queued: env.Now, Started: env.Now, Seen: env.Now,
			Request: queue.Request{ID: fmt.Sprintf("mmsu_%02d", i), Endpoint: "wan26_i2v", Base: env.Source.Bases[0]},
		}
		if tasks[i].State == poller.Failed {
			tasks[i].Error, tasks[i].ErrorType, tasks[i].Ended = "out of memory", queue.ErrorInference, env.Now
		}
	}
	return tasks
}

// Give adds tasks to the environment's index.
func Give(env *common.Env, tasks []*poller.Task) { env.Tasks.(*index.Index).Apply(tasks) }

// Unresponsive are the states of the poller in which no poll of the environment's endpoint brings
// an answer.
func Unresponsive(env *common.Env) map[string]poller.Update {
	fault := &queue.Fault{Kind: queue.Unreachable, Message: "connection refused"}
	states := map[string]poller.Update{
		"paused":                           {Paused: true},
		"viewing, and who polls is silent": {Persistence: poller.Persistence{PolledBy: "pid 7", OwnerSilent: true}},
	}
	for name, host := range map[string]poller.HostStatus{
		"offline": {Outage: fault}, "pages of another server": {Outage: &queue.Fault{Kind: queue.Gateway, HTTP: 502}},
		"every answer is 404": {Outage: &queue.Fault{Kind: queue.Missing, HTTP: 404}},
		"key refused":         {Stopped: fault}, "silent": {SilentSince: env.Now - 60_000},
		"the endpoint fails":        {Troubles: []poller.EndpointTrouble{{Endpoint: env.Source.Endpoint, Fault: fault}}},
		"the endpoint is forbidden": {Forbidden: []poller.Forbidden{{Endpoint: env.Source.Endpoint, Fault: fault}}},
	} {
		host.Base, host.Live = env.Source.Bases[0], 2
		states[name] = poller.Update{Hosts: []poller.HostStatus{host}}
	}
	return states
}

// Responsive is a state in which polls bring answers, though not of another endpoint, and those of
// the environment's are held for a moment.
func Responsive(env *common.Env) poller.Update {
	fault := &queue.Fault{Kind: queue.RateLimited, HTTP: 429}
	return poller.Update{Hosts: []poller.HostStatus{{Base: env.Source.Bases[0], Live: 2, Troubles: []poller.EndpointTrouble{
		{Endpoint: env.Source.Endpoint, Fault: fault, Held: true}, {Endpoint: "veo3", Fault: fault},
	}}}}
}

// Paced returns a running and a queued task of an environment in which it is known when the
// second starts.
func Paced(env *common.Env) []*poller.Task {
	for i := range int32(9) {
		ended := Tasks(env, 1, poller.Succeeded)[0]
		ended.Seq, ended.Queued, ended.Started, ended.Ended = 10+i, env.Now-60_000, env.Now-50_000, env.Now
		env.Timings.Add(nil, ended)
	}
	tasks := Tasks(env, 3, poller.Running, poller.Queued, poller.Queued)
	tasks[1].QueuePosition, tasks[2].QueuePosition = 0, 1
	env.Timings.CountRunning(slices.Values(tasks), env.Now)
	return tasks
}

// Command returns the command of a key, with tasks for what is marked.
func Command(name string, marked ...*poller.Task) common.Command {
	c := common.Command{KeyPressMsg: KeyPress(name), Tasks: marked, Marked: len(marked) > 0, Shown: func() []*poller.Task { return nil }}
	if c.Marked {
		c.Subject = marked[0]
	}
	return c
}

// Press gives a component keys by their names, and returns what it posted.
func Press(env *common.Env, c common.Component, keys ...string) []tea.Msg {
	for _, name := range keys {
		c.Update(KeyPress(name))
	}
	return env.Drain()
}

// Posted returns the last message of a type among those that a component posted.
func Posted[M any](posted []tea.Msg) (msg M, ok bool) {
	for _, p := range posted {
		if m, is := p.(M); is {
			msg, ok = m, true
		}
	}
	return msg, ok
}

// KeyPress returns the press of a key by its name, such as "enter", "ctrl+d" or "k".
func KeyPress(name string) tea.KeyPressMsg {
	named := map[string]tea.KeyPressMsg{
		"enter": {Code: tea.KeyEnter}, "esc": {Code: tea.KeyEscape}, "tab": {Code: tea.KeyTab}, "backspace": {Code: tea.KeyBackspace},
		"up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
		"home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd}, "pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown},
		"ctrl+d": {Code: 'd', Mod: tea.ModCtrl}, "ctrl+u": {Code: 'u', Mod: tea.ModCtrl}, "ctrl+s": {Code: 's', Mod: tea.ModCtrl},
		"space": {Code: tea.KeySpace, Text: " "}, "delete": {Code: tea.KeyDelete},
	}
	if msg, ok := named[name]; ok {
		return msg
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

// Text returns a view without its styles.
func Text(view string) string { return ansi.Strip(view) }
