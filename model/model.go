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
	"polltop/model/stats"
	"polltop/model/statusbar"
	"polltop/model/tasktable"
	"polltop/poller/paste"
	"polltop/views"
)

// DisplayStore stores how the tasks are shown, as a text; a session.Session is one.
type DisplayStore interface {
	Display() string
	SetDisplay(text string) error
}

type Options struct {
	actions.Options
	Source        paste.Source // how pasted text is read
	Initial       paste.Result // its requests are tracked and its questions asked at the start
	Bars          statusbar.Options
	Clock         func() time.Time
	Getenv        func(string) string   // reads the environment of the terminal
	DisplayStore  DisplayStore          // has tab and order for the next dashboard; may be nil
	BeforeSuspend func()                // is called before a shell's ^z stops the process; may be nil
	ReducedMotion bool                  // cells that have just changed are not highlighted
	FetchPicture  detail.PictureFetcher // nil: the pane shows no pictures
	Shared        *common.Shared
	Crash         *crash.Catcher // catches the panics of Run and of what it starts
	// SlowAfter is from which age on a task counts as slow if too few tasks of its
	// endpoint have finished to compare it with; 0 for never.
	SlowAfter time.Duration
}

// Model is the root of the dashboard. Bubble Tea calls Update and View one after the other.
type Model struct {
	options    Options
	env        *common.Env
	focusStack []views.Focus // keys go to the last

	status   *statusbar.Bar
	table    *tasktable.Table
	pane     *detail.Pane
	failures *failures.View
	stats    *stats.View
	dialogs  *dialog.Dialogs
	actions  *actions.Actions

	dark        bool // the terminal's background
	secondTimer secondTimer
	cache       frameCache
	pendingG    *tea.KeyPressMsg // a g that may be the first of gg
}

func New(o Options) *Model {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	env := &common.Env{
		Submissions: common.Submissions{},
		Time:        o.Clock(), Started: o.Clock(), Profile: colorprofile.TrueColor, Source: o.Source,
		Timings: insight.NewTimings(), SlowAfter: o.SlowAfter, Getenv: o.Getenv, Help: availableHelp(helpGroups(), o.Shared), Shared: o.Shared,
	}
	m := &Model{options: o, env: env, focusStack: []views.Focus{views.OnTable}, dark: true, secondTimer: secondTimer{posted: env.Time}}
	m.table = tasktable.New(env, o.ReducedMotion)
	if o.DisplayStore != nil {
		m.table.Restore(o.DisplayStore.Display())
	}
	m.status = statusbar.New(env, o.Bars)
	m.pane, m.failures, m.stats, m.dialogs = detail.New(o.Context, env, o.Poller, o.FetchPicture), failures.New(env), stats.New(env), dialog.New(env)
	m.actions = actions.New(env, o.Options)
	m.observeTerminal(tea.WindowSizeMsg{Width: 80, Height: 24})
	m.dispatch(common.FocusChanged{})
	return m
}

type updater interface{ Update(msg tea.Msg) tea.Cmd }

// Init returns the commands that wait for updates of the poller and of the other components,
// and track the initial tasks.
func (m *Model) Init() tea.Cmd {
	read := m.options.Initial
	m.options.Initial = paste.Result{} // 7 MB for 100,000 tasks
	return tea.Batch(tea.RequestBackgroundColor, m.awaitUpdate(0), m.pane.Init(), m.actions.Init(read), m.status.Init())
}

const (
	// largeUpdatePause is the wait after a large update before the next one is read: nobody
	// reads faster, and each draws a frame. Keys do not wait for it.
	largeUpdatePause = 100 * time.Millisecond
	largeUpdate      = 16 // tasks that an update changes
)

// awaitUpdate returns a command that waits for the poller's next update, given how many tasks
// the last one changed.
func (m *Model) awaitUpdate(changed int) tea.Cmd {
	return func() tea.Msg {
		if changed >= largeUpdate {
			time.Sleep(largeUpdatePause)
		}
		update, ok := m.options.Poller.Next(m.options.Context)
		if !ok {
			return nil
		}
		return common.TasksChanged{Update: update}
	}
}
