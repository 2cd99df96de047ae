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
	Observe(u poller.Update)
	Changed() <-chan struct{}
	Counts() (waiting, running, done, failed int, lastError string)
}

// Streams read more tasks while the dashboard runs; an input.Reader does.
type Streams interface {
	Run(ctx context.Context)
	Next(ctx context.Context) (input.Status, bool)
}

// Options are what actions are done with. All but Context and Poller may be nil.
type Options struct {
	Context   context.Context // ends the commands that wait for Streams
	Poller    poller.Tracker
	Streams   Streams
	Rekey     func() (said string, err error) // reads the key again from where it came from, and says what it did
	List      queue.ListFunc
	Open      func(url string) error // in the system's browser or viewer; its error says why it can't
	Downloads Downloader             // to OutputDir
	OutputDir string
	Download  bool // the outputs of each task that succeeds are downloaded
	Exec      Exec
	// Edit opens a file in the user's editor, in the terminal, and returns the message of done
	// when it has ended.
	Edit func(path string, done func(error) tea.Msg) tea.Cmd
}

// undoMost bounds how many removals can be taken back.
const undoMost = 100

// Actions is what is under way of what the user wanted.
type Actions struct {
	env     *common.Env
	options Options
	poller  poller.Tracker

	undo    [][]*poller.Task      // what was removed, the last at the end
	cancels []poller.CancelReport // what came of the last request to cancel
	unsent  []int32               // cancels of an earlier run, to be asked about
	begun   bool                  // the first update has come
	unsure  int                   // payloads that are unknown, as they were asked about
	drafts  map[int64][]byte      // what payloads were edited to and was not submitted
	opening int32                 // the task whose output is opened when its result comes

	succeeded map[int32]bool // with Options.Download
	wanted    map[int32]bool // tasks whose results are to be downloaded when they come
	downloads download.Progress
	// there and failed are how many files had come, and how many had not, before the batch of
	// downloads under way; adding is how many commands still add to it.
	there, failed, adding int
	execDone, execFailed  int  // commands for ended tasks
	leaving               bool // to quit when nothing is unfinished any more
}

// New returns actions of which none is under way.
func New(env *common.Env, o Options) *Actions {
	return &Actions{env: env, options: o, poller: o.Poller, opening: common.NoTask, wanted: map[int32]bool{}, succeeded: map[int32]bool{}, drafts: map[int64][]byte{}}
}

// Init waits for what comes of downloads, commands and streams, and tracks what was read
// at the start.
func (a *Actions) Init(read paste.Result) tea.Cmd {
	cmds := []tea.Cmd{a.followDownloads(), a.followExec(), a.followStreams()}
	if len(read.Requests)+len(read.Unsure)+len(read.Refused) > 0 {
		cmds = append(cmds, a.track(read))
	}
	return tea.Batch(cmds...)
}

// follow has what next finds taken in after each change, until their channel is closed.
func follow(changed <-chan struct{}, next func() common.Then) tea.Cmd {
	return func() tea.Msg {
		if _, more := <-changed; !more {
			return nil
		}
		came := next()
		return common.Then(func() tea.Cmd { return tea.Batch(came(), follow(changed, next)) })
	}
}

func (a *Actions) say(level views.Level, text string) tea.Cmd {
	a.env.Say(level, text)
	return nil
}

func (a *Actions) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case common.TasksChanged:
		return a.observe(msg.Update)
	case common.SecondPassed:
		if a.Active() { // the rate changes without a message
			a.downloads = a.options.Downloads.Snapshot()
			a.env.Post(common.DownloadsChanged{Progress: a.downloads})
		}
	case common.Command:
		cmd, _ := common.HandleKey(commands, a, msg)
		return cmd
	case common.TasksViewed:
		return func() tea.Msg { a.poller.SetViewed(msg.Opened, msg.Visible); return nil }
	case common.Track:
		return a.track(paste.Result{Requests: msg.Requests})
	case common.Paste:
		// Reading a large paste takes a while.
		return func() tea.Msg { return a.track(paste.Parse(msg.Text, msg.Source))() }
	case common.AddPayloads:
		return a.readPayloads(msg)
	case common.EditPayload:
		return a.edit(msg.Task)
	case common.Export:
		return a.export(msg)
	}
	return nil
}

func (a *Actions) observe(u poller.Update) tea.Cmd {
	for _, t := range u.Tasks {
		if t.CancelDue && !t.Canceling && !t.State.Terminal() {
			a.unsent = append(a.unsent, t.Seq)
		}
	}
	a.reportCancels(u.Cancels)
	a.wantOutputs(u.Tasks)
	cmds := []tea.Cmd{a.startDownloads(common.SeqsWhere(u.Tasks, func(t *poller.Task) bool { return a.wanted[t.Seq] })), a.continueOpening(u.Tasks)}
	if a.options.Exec != nil {
		a.options.Exec.Observe(u)
	}
	a.offerUnsent()
	a.reportPayloads(u.Payloads)
	a.offerUnknown()
	a.leaveWhenDone()
	a.begun = true
	return tea.Batch(cmds...)
}

func (a *Actions) track(read paste.Result) tea.Cmd {
	return func() tea.Msg {
		tracked := a.poller.Track(read.Requests)
		for i := range read.Requests {
			read.Requests[i].Input = "" // it is in the store
		}
		return common.TasksRead{Tracked: tracked, Requests: read.Requests, Problems: read.Refused, Questions: read.Unsure, RefusedLines: len(read.Refused), QuestionCount: len(read.Unsure)}
	}
}

// fetch asks for a task's result. That it has come is reported by an update.
func (a *Actions) fetch(seq int32) tea.Cmd {
	return func() tea.Msg {
		a.poller.Fetch(seq)
		return common.ResultRequested{Seq: seq}
	}
}

// fetched returns what a task has made, if that is here.
func (a *Actions) fetched(seq int32) *queue.Result {
	if f, ok := a.poller.Result(seq); ok && !f.Pending && f.Fault == nil {
		return &f.Result
	}
	return nil
}

func (a *Actions) ask(title string, counts, details []string, choices ...common.Choice) tea.Cmd {
	a.env.Post(common.Question(title, counts, details, choices...))
	return nil
}

// onlyViewing reports whether another process polls, and says that something is for that
// one to do.
func (a *Actions) onlyViewing(what string) bool {
	viewing := a.env.Polling.Persistence.PolledBy
	if viewing != "" {
		a.env.Say(views.LevelWarn, what+" is for the polltop with "+viewing+", which polls this session: do it there, or end it, and this one takes over")
	}
	return viewing != ""
}

func ofSucceeded(tasks []*poller.Task) []int32 {
	return common.SeqsWhere(tasks, func(t *poller.Task) bool { return t.State == poller.Succeeded })
}

// submitted returns those tasks that do not stand for a payload without one.
func submitted(tasks []*poller.Task) []*poller.Task {
	return slices.DeleteFunc(slices.Clone(tasks), (*poller.Task).Unsent)
}

const (
	inspect = "Inspect"
	onTasks = "Act on the marked, or the cursor's"
	general = "polltop"
)

var commands = []common.KeyHandler[*Actions]{
	common.OnKey(inspect, common.Bind("o", "open an output", "o"), (*Actions).openOutput),
	common.OnKey(inspect, common.Bind("y", "copy request id", "y"), (*Actions).copyIDs),
	common.OnKey(inspect, common.Bind("Y", "copy something else", "Y"), (*Actions).copyMenu),
	common.OnKey(onTasks, common.Bind("r", "poll now, try again", "r"), (*Actions).pollNow),
	common.OnKey(onTasks, common.Bind("x", "cancel", "x"), (*Actions).cancel),
	common.OnKey(onTasks, common.Bind("d", "download outputs", "d"), (*Actions).download),
	common.OnKey(onTasks, common.Bind("R", "submit again", "R"), (*Actions).resubmit),
	common.OnKey(onTasks, common.Bind("del", "stop tracking", "delete", "backspace"), (*Actions).remove),
	common.OnKey(general, common.Bind("u", "undo", "u"), (*Actions).undoRemoval),
	common.OnKey(general, common.Bind("c", "clear done", "c"), (*Actions).clearDone),
	common.OnKey(general, common.Bind("p", "pause or go on", "p"), (*Actions).togglePause),
	common.OnKey(general, common.Bind("K", "read the key again", "K"), (*Actions).rekey),
	common.OnKey(general, common.Bind("q", "quit", "q", "ctrl+c"), (*Actions).quit),
}

var Help = common.HelpOf(commands)
