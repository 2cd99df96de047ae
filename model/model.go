package model

import (
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"polltop/model/actions"
	"polltop/model/common"
	"polltop/model/crash"
	"polltop/model/detail"
	"polltop/model/dialog"
	"polltop/model/failures"
	"polltop/model/insight"
	"polltop/model/notify"
	"polltop/model/stats"
	"polltop/model/statusbar"
	"polltop/model/tasktable"
	"polltop/poller/paste"
	"polltop/views"
)

// Kept keeps a text; a session.Session does.
type Kept interface {
	Display() string
	SetDisplay(text string) error
}

// Options say what a dashboard shows.
type Options struct {
	actions.Options              // what the user's actions are done with
	Source          paste.Source // how pasted text is read
	Read            paste.Result // what was read at the start: its requests are tracked, and its questions asked
	Host            string       // names the service in the header
	Notice          string       // is shown at the start
	Clock           func() time.Time
	Getenv          func(string) string // reads the environment of the terminal
	Kept            Kept                // how the tasks are shown, for the next dashboard; nil for nothing
	Suspending      func()              // is called before a shell's ^z stops the process; nil for nothing
	ReducedMotion   bool                // cells that have just changed are not drawn brighter for a moment
	Notify          notify.Mode
	Peek            detail.Peek // fetches pictures to be shown in the pane; nil for none
	Shared          *common.Shared
	Crash           *crash.Catcher // catches the panics of Run and of what it starts
	// Warning is what the user must know for as long as the dashboard runs, such
	// as that nothing is kept on disk; "" for nothing.
	Warning string
	// SlowAfter is from when on a task counts as slow whose endpoint has too few
	// finished ones to judge by; 0 for never.
	SlowAfter time.Duration
}

// Model is the dashboard. It is used through a pointer: Bubble Tea runs Update
// and View one after the other, so nothing is shared.
type Model struct {
	options Options
	env     *common.Env
	focus   []views.Focus // what had the keys, what has them last

	status   *statusbar.Bar
	table    *tasktable.Table
	pane     *detail.Pane
	failures *failures.View
	stats    *stats.View
	dialogs  *dialog.Dialogs
	actions  *actions.Actions

	dark    bool
	seconds seconds
	shown   shown
	held    *tea.KeyPressMsg // a g that may be the first of gg
}

// New returns the dashboard as it is before anything is known.
func New(o Options) *Model {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	env := &common.Env{
		Submissions: common.Submissions{},
		Time:        o.Clock(), Started: o.Clock(), Profile: colorprofile.TrueColor, Source: o.Source,
		Pace: insight.NewPace(), SlowAfter: o.SlowAfter, Getenv: o.Getenv, Help: offered(helpGroups(), o.Shared), Shared: o.Shared,
	}
	m := &Model{options: o, env: env, focus: []views.Focus{views.OnTable}, dark: true, seconds: seconds{drawn: env.Time}}
	m.table = tasktable.New(env, o.ReducedMotion)
	if o.Kept != nil {
		m.table.Restore(o.Kept.Display())
	}
	m.status = statusbar.New(env, statusbar.Options{Host: o.Host, Warning: o.Warning, Notice: o.Notice, Exec: o.Exec != nil, Notify: o.Notify})
	m.pane, m.failures, m.stats, m.dialogs = detail.New(o.Context, env, o.Poller, o.Peek), failures.New(env), stats.New(env), dialog.New(env)
	m.actions = actions.New(env, o.Options)
	m.observeTerminal(tea.WindowSizeMsg{Width: 80, Height: 24})
	m.dispatch(common.FocusChanged{})
	return m
}

type updater interface{ Update(msg tea.Msg) tea.Cmd }

// Init starts what runs besides the keys: the poller's updates, the tasks given
// at the start, and the stream of more.
func (m *Model) Init() tea.Cmd {
	read := m.options.Read
	m.options.Read = paste.Result{} // 7 MB for 100,000 tasks
	return tea.Batch(tea.RequestBackgroundColor, m.awaitUpdate(0), m.pane.Init(), m.actions.Init(read), m.status.Init())
}

const (
	// updateEvery is how long after an update that changed many tasks the next is asked for:
	// nobody reads faster, and each costs a frame. It is not what keys wait for.
	updateEvery = 100 * time.Millisecond
	many        = 16 // tasks
)

// awaitUpdate waits for the poller's next update, given how many tasks the last one changed.
func (m *Model) awaitUpdate(changed int) tea.Cmd {
	return func() tea.Msg {
		if changed >= many {
			time.Sleep(updateEvery)
		}
		update, ok := m.options.Poller.Next(m.options.Context)
		if !ok {
			return nil
		}
		return common.TasksChanged{Update: update}
	}
}
