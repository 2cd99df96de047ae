package actions

import (
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/input"
	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/report"
)

// Downloader downloads outputs; a download.Downloader is one.
type Downloader interface {
	Add(jobs ...download.Job) (accepted int)
	Snapshot() download.Progress
	Changed() <-chan struct{}
	Active() bool
}

// Exec runs a command for each task that ends.
type Exec interface {
	Add(task *poller.Task)
	Changed() <-chan struct{}
	Counts() (running, done, failed int, lastError string)
}

// Streams read more tasks while the dashboard runs; an input.Reader does.
type Streams interface {
	Run(ctx context.Context)
	Next(ctx context.Context) (input.News, bool)
}

// Options are what actions are done with. All but Context and Poller may be nil.
type Options struct {
	// Context ends the commands that wait for Streams.
	Context context.Context
	Poller  poller.Tracker
	// Streams read more tasks while the dashboard runs.
	Streams Streams
	// Rekey reads the key again from where it came from, and says what it did.
	Rekey func() (said string, err error)
	// List asks a service's list of requests.
	List queue.ListFunc
	// Open opens a URL in the system's browser or viewer; its error says why it
	// can't.
	Open func(url string) error
	// Downloads downloads outputs to OutputDir.
	Downloads Downloader
	// Download has the outputs of each task that succeeds downloaded.
	Download  bool
	OutputDir string
	// Exec runs a command for each task that ends.
	Exec Exec
	// Edit opens a file in the user's editor, in the terminal, and returns the message of done
	// when it has ended.
	Edit func(path string, done func(error) tea.Msg) tea.Cmd
}

// undoMost bounds how many removals can be taken back.
const undoMost = 100

// Actions is what is under way of what the user wanted.
type Actions struct {
	env         *common.Env
	options     Options
	poller      poller.Tracker
	persistence poller.Persistence
	storeErr    bool

	undo    [][]*poller.Task      // what was removed, the last at the end
	cancels []poller.CancelReport // what came of the last request to cancel
	unsent  []int32               // cancels of an earlier run, to be asked about
	begun   bool                  // the first update has come
	unsure  int                   // payloads that are unknown, as they were asked about
	drafts  map[int64][]byte      // what payloads were edited to and was not submitted
	opening int32                 // the task whose output is opened when its result comes

	heard     bool           // the first update has come
	brought   map[int32]bool // tasks that have succeeded, with Options.Download
	wanted    map[int32]bool // tasks whose results are to be downloaded when they come
	downloads download.Progress
	// there and failed are how many files had come, and how many had not, before the batch of
	// downloads under way; adding is how many commands still add to it.
	there, failed, adding int
	hooked                map[int32]bool // tasks that were given to the exec command
	exec                  executed
	leaving               bool // to quit when nothing is unfinished any more
}

// New returns actions of which none is under way.
func New(env *common.Env, o Options) *Actions {
	return &Actions{env: env, options: o, poller: o.Poller, opening: common.None, wanted: map[int32]bool{}, brought: map[int32]bool{}, hooked: map[int32]bool{}, drafts: map[int64][]byte{}}
}

// Init waits for what comes of downloads, commands and streams, and tracks what was read
// at the start.
func (a *Actions) Init(read paste.Result) tea.Cmd {
	cmds := []tea.Cmd{a.awaitDownloads(), a.awaitExec(), a.awaitNews()}
	if len(read.Requests)+len(read.Unsure)+len(read.Refused) > 0 {
		cmds = append(cmds, a.track(read))
	}
	return tea.Batch(cmds...)
}

// untracked are tasks that the poller has stopped tracking.
type untracked struct {
	tasks []*poller.Task
	what  string
}

// Update takes in a message.
func (a *Actions) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case common.Wish:
		return a.fulfil(msg)
	case common.TasksChanged:
		return a.observe(msg.Update)
	case sendCancels:
		return a.send(msg)
	case copied:
		a.env.Say(views.LevelGood, "copied "+msg.what)
		return a.clip(msg.text)
	case readPayloads, addedPayloads, sendAgain, toEdit, edited, unknown:
		return a.submit(msg)
	case waiting:
		a.wait()
	case untracked:
		a.removed(msg)
	case common.TasksBack:
		a.restored(msg)
	case opened:
		return a.opened(msg)
	case added:
		a.adding--
		return a.downloaded(downloaded{progress: msg.progress, over: true})
	case downloaded:
		return a.downloaded(msg)
	case executed:
		return a.executed(msg)
	case news:
		return a.news(msg)
	case common.Second:
		a.second()
	}
	return nil
}

// second looks at the rate of downloads, which changes without a message.
func (a *Actions) second() {
	if d := a.options.Downloads; d != nil && d.Active() {
		a.downloads = d.Snapshot()
		a.env.Post(common.Downloads{Progress: a.downloads})
	}
}

// submit goes on with payloads that the user adds, or has sent again.
func (a *Actions) submit(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case readPayloads:
		a.confirmPayloads(msg)
	case addedPayloads:
		a.addedPayloads(msg)
	case sendAgain:
		return a.sendAgain(msg)
	case unknown:
		if msg.base != nil {
			return a.askList(msg.base, msg.tasks)
		}
		a.explainUnknown(msg.tasks)
	case toEdit:
		return a.editFile(msg)
	case edited:
		return a.edited(msg)
	}
	return nil
}

// fulfil does what another component wishes.
func (a *Actions) fulfil(wish common.Wish) tea.Cmd {
	p := a.poller
	switch wish := wish.(type) {
	case common.Command:
		return a.press(wish)
	case common.Track:
		return a.track(paste.Result{Requests: wish.Requests})
	case common.Paste:
		// Reading a large paste takes a while.
		return func() tea.Msg { return a.track(paste.Parse(wish.Text, wish.Source))() }
	case common.AddPayloads:
		return a.readPayloads(wish)
	case common.EditPayload:
		return a.edit(wish.Task)
	case common.Export:
		return a.export(wish)
	case common.LookUp:
		return a.lookUp(wish)
	case common.FetchResult:
		return a.inspect(wish.Task)
	case common.Watch:
		return func() tea.Msg { p.SetViewed(wish.Opened, wish.Visible); return nil }
	}
	return nil
}

// observe takes in what changed at the poller.
func (a *Actions) observe(u poller.Update) tea.Cmd {
	a.persistence, a.storeErr = u.Persistence, u.StoreErr != nil
	for _, t := range u.Tasks {
		if t.CancelDue && !t.Canceling && !t.State.Terminal() {
			a.unsent = append(a.unsent, t.Seq)
		}
	}
	a.reportCancels(u.Cancels)
	a.wantOutputs(u.Tasks)
	cmds := []tea.Cmd{a.startDownloads(common.Seqs(u.Tasks, func(t *poller.Task) bool { return a.wanted[t.Seq] })), a.continueOpening(u.Tasks), a.execEnded(u.Tasks)}
	a.offerUnsent()
	a.reportPending()
	a.reportPayloads(u.Payloads)
	a.offerUnknown()
	a.leaveWhenDone()
	return tea.Batch(cmds...)
}

// track gives what was read for sure to the poller.
func (a *Actions) track(read paste.Result) tea.Cmd {
	p := a.poller
	return func() tea.Msg {
		tracked := p.Track(read.Requests)
		for i := range read.Requests {
			read.Requests[i].Input = "" // it is in the store
		}
		return common.Read{Tracked: tracked, Requests: read.Requests, Problems: read.Refused, Unsure: read.Unsure, Refused: len(read.Refused), Asked: len(read.Unsure)}
	}
}

// lookUp fetches what the pane shows of a task beside its snapshot.
func (a *Actions) lookUp(msg common.LookUp) tea.Cmd {
	p := a.poller
	return func() tea.Msg {
		text := common.TaskText{Seq: msg.Seq, Turn: msg.Turn, Logs: p.Logs(msg.Seq)}
		text.Body, _ = p.Body(msg.Seq)
		if result, ok := p.Result(msg.Seq); ok {
			text.Result = &result
		}
		return text
	}
}

// inspect has the log of a task that has ended fetched, and its result if it has one.
func (a *Actions) inspect(t *poller.Task) tea.Cmd {
	p := a.poller
	inspect := func() tea.Msg { p.FetchLogs(t.Seq); return nil }
	if t.State != poller.Succeeded || t.Fetched {
		return inspect
	}
	return tea.Batch(a.fetch(t.Seq), inspect)
}

// fetch asks for a task's result. That it has come is told by an update.
func (a *Actions) fetch(seq int32) tea.Cmd {
	p := a.poller
	return func() tea.Msg {
		p.Fetch(seq)
		return common.ResultAsked{Seq: seq}
	}
}

// export writes tasks to a file.
func (a *Actions) export(msg common.Export) tea.Cmd {
	p := a.poller
	format, _ := report.FormatOf(msg.Path)
	options := report.ExportOptions{Now: a.env.Clock, Source: a.env.Source, Input: p.Input, Result: func(seq int32) *queue.Result {
		if f, ok := p.Result(seq); ok && !f.Pending && f.Fault == nil {
			return &f.Result
		}
		return nil
	}}
	if format != report.Payloads {
		msg.Tasks = slices.DeleteFunc(slices.Clone(msg.Tasks), (*poller.Task).Unsent)
	}
	if a.env.Shared != nil {
		return printed(format, msg.Tasks, options)
	}
	return func() tea.Msg {
		if err := report.ExportFile(msg.Path, format, msg.Tasks, options); err != nil {
			return common.Say{Level: views.LevelBad, Text: "not exported: " + err.Error()}
		}
		return common.Say{Level: views.LevelGood, Text: common.Counted(len(msg.Tasks), "task") + " exported to " + msg.Path}
	}
}
