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

// Downloader downloads outputs. A download.Downloader is one.
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

// Streams read more tasks while the dashboard runs. An input.Reader is one.
type Streams interface {
	Run(ctx context.Context)
	Next(ctx context.Context) (input.Status, bool)
}

// Options configure the actions. All but Context and Poller may be nil.
type Options struct {
	Context   context.Context // ends the commands that wait for Streams
	Poller    poller.Tracker
	Streams   Streams
	Rekey     func() (message string, err error) // reads the API key again, and says what changed
	List      queue.ListFunc
	Open      func(url string) error // in the system's browser or viewer
	Downloads Downloader
	OutputDir string // where Downloads writes
	Download  bool   // the outputs of each task that succeeds are downloaded
	Exec      Exec
	// Edit opens a file in the user's editor, in the terminal, and returns the message of done
	// when it has ended.
	Edit func(path string, done func(error) tea.Msg) tea.Cmd
}

// maxUndo bounds how many removals can be undone.
const maxUndo = 100

// Actions is the component that does what the user wants done with tasks.
type Actions struct {
	env     *common.Env
	options Options
	poller  poller.Tracker
	updated bool // the first update has arrived

	undo          [][]*poller.Task      // removed tasks, the last removal at the end
	cancels       []poller.CancelReport // the outcomes of the user's last request to cancel
	unsentCancels []*poller.Task        // tasks with a cancel of an earlier run, before the user is asked about them
	askedUnknown  int                   // how many unknown payloads the user was asked about
	drafts        map[int64][]byte      // edited payloads that were not submitted, by the number of the original
	opening       int32                 // the task whose output is opened when its result arrives; NoTask for none

	succeeded        map[int32]bool     // tasks that have succeeded, with Options.Download
	pendingDownloads map[int32]bool     // tasks whose outputs are downloaded when their results arrive
	endedDownloads   map[queue.Key]bool // tasks that the user has removed while that was pending
	downloads        download.Progress
	adding           int // commands that are adding downloads

	reportedDone, reportedFailed int  // how many downloads were done and had failed at the last report
	execDone, execFailed         int  // how many --exec commands were done and had failed at the last report
	quitWhenDone                 bool // quit when nothing is unfinished any more
	quitAsked                    bool // the question whether to quit is open
}

func New(env *common.Env, o Options) *Actions {
	return &Actions{env: env, options: o, poller: o.Poller, opening: common.NoTask, pendingDownloads: map[int32]bool{}, endedDownloads: map[queue.Key]bool{}, succeeded: map[int32]bool{}, drafts: map[int64][]byte{}}
}

// Init returns the commands that wait for downloads, --exec commands and streams, and track what
// was read at the start.
func (a *Actions) Init(read paste.Result) tea.Cmd {
	cmds := []tea.Cmd{a.followDownloads(), a.followExec(), a.followStreams()}
	if len(read.Requests)+len(read.Questions)+len(read.Problems) > 0 {
		cmds = append(cmds, a.track(read))
	}
	return tea.Batch(cmds...)
}

// follow calls next after each change, and what it returns within Update, until the channel is
// closed.
func follow(changed <-chan struct{}, next func() common.Then) tea.Cmd {
	return func() tea.Msg {
		if _, more := <-changed; !more {
			return nil
		}
		then := next()
		return common.Then(func() tea.Cmd { return tea.Batch(then(), follow(changed, next)) })
	}
}

func (a *Actions) say(level views.Level, text string) tea.Cmd {
	a.env.Say(level, text)
	return nil
}

func (a *Actions) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case common.TasksChanged:
		return a.applyUpdate(msg.Update)
	case common.SecondPassed:
		a.refreshDownloads()
	case common.TasksRemoved:
		a.forget(msg.Seqs)
		return a.applyDownloads(a.downloads)
	case common.TasksRestored:
		return a.resumeDownloads(msg.Tasks)
	case common.Command:
		cmd, _ := common.HandleKey(commands, a, msg)
		return cmd
	case common.Ask: // it replaces the open question
		a.quitAsked = msg.Title == quitTitle
	case common.FocusChanged:
		a.quitAsked = a.quitAsked && a.env.Focus == views.OnDialog
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

func (a *Actions) applyUpdate(u poller.Update) tea.Cmd {
	a.forget(u.Dropped) // another task may have the Seq now
	for _, t := range u.Tasks {
		if t.CancelDue && !t.Canceling && !t.State.Terminal() {
			a.unsentCancels = append(a.unsentCancels, t)
		}
	}
	a.reportCancels(u.Cancels)
	a.queueDownloads(u.Tasks)
	cmds := []tea.Cmd{a.startDownloads(common.SeqsWhere(u.Tasks, func(t *poller.Task) bool { return a.pendingDownloads[t.Seq] })), a.continueOpening(u.Tasks)}
	if a.options.Exec != nil {
		a.options.Exec.Observe(u)
	}
	a.offerUnsent()
	a.reportPayloads(u.Payloads)
	a.offerUnknown()
	a.quitIfDone()
	a.updated = true
	return tea.Batch(cmds...)
}

// forget stops waiting for the results of tasks that are no longer tracked.
func (a *Actions) forget(seqs []int32) {
	for _, seq := range seqs {
		delete(a.pendingDownloads, seq)
		if a.opening == seq {
			a.opening = common.NoTask
		}
	}
}

func (a *Actions) track(read paste.Result) tea.Cmd {
	return func() tea.Msg {
		tracked := a.poller.Track(read.Requests)
		for i := range read.Requests {
			read.Requests[i].Input = "" // to free memory: the store has it
		}
		return common.TasksRead{Tracked: tracked, Requests: read.Requests, Problems: read.Problems, Questions: read.Questions, RefusedLines: len(read.Problems), QuestionCount: len(read.Questions)}
	}
}

// fetch requests a task's result. An update reports when it has arrived.
func (a *Actions) fetch(seq int32) tea.Cmd {
	return func() tea.Msg {
		a.poller.Fetch(seq)
		return common.ResultRequested{Seq: seq}
	}
}

// fetched returns a task's result; nil if it has not arrived.
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

// onlyViewing reports whether another process polls. If so, it says that what the user wants must
// be done there.
func (a *Actions) onlyViewing(action string) bool {
	viewing := a.env.Polling.Persistence.PolledBy
	if viewing != "" {
		a.env.Say(views.LevelWarn, action+" is for the polltop with "+viewing+", which polls this session: do it there, or end it, and this one takes over")
	}
	return viewing != ""
}

func succeededSeqs(tasks []*poller.Task) []int32 {
	return common.SeqsWhere(tasks, func(t *poller.Task) bool { return t.State == poller.Succeeded })
}

// submitted returns the tasks without the rows of payloads that have no task yet.
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
