package model

import (
	"context"
	"image"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"polltop/model/crash"
	"polltop/model/insight"
	"polltop/model/notify"
	"polltop/model/table"
	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/picture"
	"polltop/views/theme"
)

// Poller is what the dashboard needs of a poller.Poller.
type Poller interface {
	Next(ctx context.Context) (poller.Update, bool)
	Track(requests []queue.Request) poller.Tracked
	PollNow(seqs ...int32)
	TogglePause()
	Body(seq int32) ([]byte, bool)
	Fetch(seq int32)
	Result(seq int32) (poller.Fetched, bool)
	Cancel(seqs ...int32)
	DropCancels(seqs ...int32)
	ClaimHook(seq int32) bool
	Untrack(seqs ...int32) []*poller.Task
	Restore(tasks []*poller.Task) []*poller.Task
	Unblock()
	SetViewed(opened int32, visible []int32)
	FetchLogs(seq int32)
	Logs(seq int32) []queue.LogLine
}

// Tracker is a Poller that is yet to run: Run returns when ctx ends, once all
// that is known is where it is kept.
type Tracker interface {
	Poller
	Run(ctx context.Context)
}

// Options say what a dashboard shows.
type Options struct {
	// Context ends the commands that wait for the poller or for Streams.
	Context context.Context
	Poller  Poller
	// Source says how pasted text is read.
	Source paste.Source
	// Read is what was read at the start: its requests are tracked, and its
	// questions asked.
	Read paste.Result
	// Streams read more tasks while the dashboard runs; nil for none.
	Streams Streams
	// Host names the service in the header.
	Host string
	// Notice is shown at the start.
	Notice string
	// Warning is what the user must know for as long as the dashboard runs, such
	// as that nothing is kept on disk; "" for nothing.
	Warning string
	// Clock tells the time; time.Now but in tests.
	Clock func() time.Time
	// Getenv reads the environment of the terminal.
	Getenv func(string) string

	// Rekey reads the key again from where it came from, and says what it did;
	// nil where there is none.
	Rekey func() (said string, err error)
	// Suspending is called before a shell's ^z stops the process; nil for nothing.
	Suspending func()
	// Open opens a URL in the system's browser or viewer; its error says why it
	// can't.
	Open func(url string) error
	// Downloads downloads outputs to OutputDir; nil where that is off.
	Downloads Downloader
	OutputDir string
	// ReducedMotion keeps cells that have just changed from being drawn
	// brighter for a moment.
	ReducedMotion bool
	// SlowAfter is from when on a task counts as slow whose endpoint has too few
	// finished ones to tell; 0 for never.
	SlowAfter time.Duration
	// Notify is what the terminal is asked to tell somebody who is not looking.
	Notify notify.Mode
	// Peek fetches pictures to be shown in the pane; nil for none.
	Peek Peek
	// Exec runs a command for each task that ends; nil for none.
	Exec Exec
	// Crash catches the panics of Run and of what it starts.
	Crash *crash.Catcher
}

// focus says which part of the screen keys go to.
type focus uint8

const (
	onTable focus = iota
	onDetail
	onFilter
	onAdd
	onExport
	onAsking
	onDialog // help or problems: only scrolls and closes
)

// Model is the dashboard. It is used through a pointer: Bubble Tea runs Update
// and View one after the other, so nothing is shared.
type Model struct {
	options Options
	keys    keyMap
	index   *table.Index
	theme   *theme.Theme
	dark    bool
	profile colorprofile.Profile

	width, height int
	layout        views.Layout
	focus         focus
	behind        focus // where the focus returns when filter or dialog closes

	detail   detail
	filter   filter
	add      addDialog
	export   exportDialog
	dialog   dialog
	problems problemLog
	asking   asking
	notice   notice
	progress progress

	marks     marks
	undo      [][]*poller.Task      // what was removed, the last at the end
	cancels   []poller.CancelReport // what came of the last request to cancel
	clicked   int32                 // the task that was clicked last
	failed    int32                 // the first task that was seen failed, until the pane has shown it
	opening   int32                 // the task whose output is opened when its result comes
	downloads downloads
	signs     signs
	overview  overview
	grouper   *insight.Grouper
	pace      *insight.Pace
	observer  *notify.Observer
	picture   preview
	protocol  picture.Protocol // how the terminal draws pictures
	cell      image.Point      // the size of a cell in pixels; zero if not known
	hooked    map[int32]bool   // tasks that were given to the exec command
	leaving   bool             // to quit when nothing is unfinished any more
	unsent    []int32          // cancels of an earlier run, to be asked about
	exec      execMsg

	hosts    []poller.HostStatus
	stats    poller.Stats
	lookedAt watch // what the poller was last told that the user looks at

	persistence poller.Persistence
	storeErr    string // why what is known is not on disk
	heard       bool   // the first update has come

	now     time.Time
	started time.Time
	paused  bool
	ticking bool // a tick is under way
	moved   bool // the user has moved the cursor
	warned  map[string]bool

	frame string
	stale bool // frame is not what would be drawn now
	// skipRedraw says that the message under way changes nothing that is drawn.
	skipRedraw bool
}

// New returns the dashboard as it is before anything is known.
func New(o Options) *Model {
	now := o.Clock()
	m := &Model{
		options: o, keys: newKeyMap(), index: table.New(), dark: true,
		profile: colorprofile.TrueColor, now: now, started: now,
		width: 80, height: 24, stale: true, warned: map[string]bool{},
	}
	m.detail.seq, m.opening, m.clicked, m.failed, m.marks = none, none, none, none, newMarks()
	m.downloads.wanted, m.hooked = map[int32]bool{}, map[int32]bool{}
	m.lookedAt.opened = none
	m.signs.fresh = map[int32]time.Time{}
	m.picture.seq, m.protocol = none, picture.Detect(m.getenv)
	m.grouper, m.pace, m.observer = insight.NewGrouper(), insight.NewPace(), notify.New(o.Notify)
	m.filter = newFilter()
	m.add, m.export, m.asking = newAddDialog(o.Source.Endpoint), newExportDialog(), newAsking()
	m.restyle()
	m.arrange()
	return m
}

// Init starts what runs besides the keys: the poller's updates, the tasks given
// at the start, and the stream of more.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{tea.RequestBackgroundColor, m.awaitUpdate(0), m.awaitDownloads(), m.awaitExec(), m.awaitNews(), m.askTerminal()}
	if r := m.options.Read; len(r.Requests)+len(r.Unsure)+len(r.Refused) > 0 {
		cmds = append(cmds, m.track(r))
	}
	if m.options.Warning != "" {
		cmds = append(cmds, m.say(views.LevelBad, m.options.Warning))
	} else if m.options.Notice != "" {
		cmds = append(cmds, m.say(views.LevelInfo, m.options.Notice))
	}
	return tea.Batch(cmds...)
}

// getenv reads the environment of the terminal.
func (m *Model) getenv(name string) string {
	if m.options.Getenv == nil {
		return ""
	}
	return m.options.Getenv(name)
}

// View returns the screen. It is called after every message, also those that
// change nothing that is drawn, so the frame is kept.
func (m *Model) View() tea.View {
	if m.stale {
		m.frame, m.stale = views.Render(m.props()), false
	}
	view := tea.NewView(m.frame)
	view.AltScreen = true
	view.MouseMode = tea.MouseModeCellMotion
	// With ctrl, keys of other layouts come with the letter of a US keyboard.
	view.KeyboardEnhancements.ReportAlternateKeys = true
	view.WindowTitle = m.title()
	view.ProgressBar = m.taskbar()
	return view
}

// arrange computes where everything is, after a change of size or of what is
// open.
func (m *Model) arrange() {
	m.layout = views.Arrange(m.width, m.height, m.detail.open())
	if m.detail.open() && m.layout.Rows == 0 && m.focus == onTable {
		// The pane took the table's place: there is nothing else to move in.
		m.focus = onDetail
	}
	m.filter.resize(m.width)
	m.add.resize(m.width, m.height)
	m.export.resize(m.width)
	m.asking.resize(m.width)
	m.clampDetail()
}

// restyle takes the theme for the terminal's colours and background.
func (m *Model) restyle() {
	m.theme = theme.New(m.dark, m.profile)
	m.filter.restyle(m.dark)
	m.add.restyle(m.dark)
	m.export.restyle(m.dark)
	m.asking.restyle(m.dark)
}
