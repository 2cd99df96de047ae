package actions

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
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

// Poller is what is needed of a poller.Poller.
type Poller interface {
	Track(requests []queue.Request) poller.Tracked
	PollNow(seqs ...int32)
	TogglePause()
	Body(seq int32) ([]byte, bool)
	Fetch(seq int32)
	Result(seq int32) (poller.Fetched, bool)
	Cancel(seqs ...int32)
	DropCancels(seqs ...int32)
	Untrack(seqs ...int32) []*poller.Task
	Restore(tasks []*poller.Task) []*poller.Task
	Unblock()
	SetViewed(opened int32, visible []int32)
	FetchLogs(seq int32)
	Logs(seq int32) []queue.LogLine
}

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
	Poller  Poller
	// Streams read more tasks while the dashboard runs.
	Streams Streams
	// Rekey reads the key again from where it came from, and says what it did.
	Rekey func() (said string, err error)
	// Open opens a URL in the system's browser or viewer; its error says why it
	// can't.
	Open func(url string) error
	// Downloads downloads outputs to OutputDir.
	Downloads Downloader
	OutputDir string
	// Exec runs a command for each task that ends.
	Exec Exec
}

// undoMost bounds how many removals can be taken back.
const undoMost = 100

// Actions is what is under way of what the user wanted.
type Actions struct {
	env         *common.Env
	options     Options
	poller      Poller
	persistence poller.Persistence
	storeErr    bool

	undo    [][]*poller.Task      // what was removed, the last at the end
	cancels []poller.CancelReport // what came of the last request to cancel
	unsent  []int32               // cancels of an earlier run, to be asked about
	opening int32                 // the task whose output is opened when its result comes

	wanted    map[int32]bool // tasks whose results are to be downloaded when they come
	downloads download.Progress
	// there and failed are how many files came, and how many did not, as it was told.
	there, failed int
	hooked        map[int32]bool // tasks that were given to the exec command
	exec          executed
	leaving       bool // to quit when nothing is unfinished any more
}

// New returns actions of which none is under way.
func New(env *common.Env, o Options) *Actions {
	return &Actions{env: env, options: o, poller: o.Poller, opening: common.None, wanted: map[int32]bool{}, hooked: map[int32]bool{}}
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
	p := a.poller
	switch msg := msg.(type) {
	case common.TasksChanged:
		return a.observe(msg.Update)
	case common.Act:
		return a.act(msg)
	case common.Track:
		return a.track(paste.Result{Requests: msg.Requests})
	case common.Paste:
		// Reading a large paste takes a while.
		return func() tea.Msg { return a.track(paste.Parse(msg.Text, msg.Source))() }
	case common.Export:
		return a.export(msg)
	case common.LookUp:
		return a.lookUp(msg)
	case common.FetchResult:
		return a.inspect(msg.Task)
	case common.Watch:
		return func() tea.Msg { p.SetViewed(msg.Opened, msg.Visible); return nil }
	case sendCancels:
		return a.send(msg)
	case waiting:
		a.wait()
	case untracked:
		a.removed(msg)
	case common.TasksBack:
		a.restored(msg)
	case opened:
		return a.opened(msg)
	case downloaded:
		return a.downloaded(msg)
	case executed:
		return a.executed(msg)
	case news:
		return a.news(msg)
	case common.Second:
		if d := a.options.Downloads; d != nil && d.Active() {
			a.downloads = d.Snapshot() // the rate changes without a word
			a.env.Post(common.Downloads{Progress: a.downloads})
		}
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
	cmds := []tea.Cmd{a.startDownloads(common.Seqs(u.Tasks, func(t *poller.Task) bool { return a.wanted[t.Seq] })), a.continueOpening(u.Tasks), a.execEnded(u.Tasks)}
	a.offerUnsent()
	a.leaveWhenDone()
	return tea.Batch(cmds...)
}

// act does what a verb says with tasks.
func (a *Actions) act(msg common.Act) tea.Cmd {
	switch msg.Verb {
	case common.PollNow:
		return a.pollNow(msg)
	case common.Cancel:
		a.cancel(msg.Tasks)
	case common.Download:
		return a.download(msg.Tasks)
	case common.Remove:
		return a.untrack(common.Seqs(msg.Tasks, func(*poller.Task) bool { return true }), "removed")
	case common.ClearDone:
		return a.untrack(common.Seqs(a.env.Tasks.All(), func(t *poller.Task) bool { return t.State == poller.Succeeded }), "cleared")
	case common.Undo:
		return a.undoRemoval()
	case common.OpenOutput:
		return a.openOutput(msg.Subject)
	case common.CopyIDs:
		return a.copyIDs(msg.Tasks)
	case common.CopyMenu:
		a.copyMenu(msg.Tasks)
	case common.Pause:
		return a.togglePause()
	case common.Rekey:
		return a.rekey()
	case common.Quit:
		a.quit()
	}
	return nil
}

// track gives what was read for sure to the poller.
func (a *Actions) track(read paste.Result) tea.Cmd {
	p := a.poller
	return func() tea.Msg {
		return common.Read{Tracked: p.Track(read.Requests), Problems: read.Refused, Unsure: read.Unsure, Refused: len(read.Refused), Asked: len(read.Unsure)}
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

// pollNow asks for tasks at once. One that ended as not found is tried again, and so is a
// result that could not be fetched.
func (a *Actions) pollNow(msg common.Act) tea.Cmd {
	seqs := common.Seqs(msg.Tasks, func(t *poller.Task) bool { return !t.State.Terminal() || t.State == poller.NotFound })
	p := a.poller
	if len(seqs) > 0 {
		a.env.Say(views.LevelInfo, "asking for "+common.Counted(len(seqs), "task"))
		return func() tea.Msg { p.PollNow(seqs...); return nil }
	}
	if msg.Subject != nil && msg.Opened {
		if f, ok := p.Result(msg.Subject.Seq); ok && f.Fault != nil {
			a.env.Say(views.LevelInfo, "fetching the result again")
			return a.fetch(msg.Subject.Seq)
		}
	}
	a.env.Say(views.LevelInfo, "nothing to ask: what has ended is not asked again")
	return nil
}

// togglePause stops all polling, or lets it go on. The poller keeps which it is
// and tells it with its next update: commands run beside each other, so of two
// that set it either could come last.
func (a *Actions) togglePause() tea.Cmd {
	if a.onlyViewing("pausing") {
		return nil
	}
	p := a.poller
	return func() tea.Msg { p.TogglePause(); return nil }
}

// onlyViewing reports whether another process polls, and says that something is for that
// one to do.
func (a *Actions) onlyViewing(what string) bool {
	if a.persistence.Viewing == "" {
		return false
	}
	a.env.Say(views.LevelWarn, what+" is for the polltop with "+a.persistence.Viewing+", which polls this session: do it there, or end it, and this one takes over")
	return true
}

// cancel asks the service to cancel tasks, after a question that says how many.
func (a *Actions) cancel(tasks []*poller.Task) {
	seqs := common.Seqs(tasks, func(t *poller.Task) bool { return !t.State.Terminal() && !t.Canceling })
	if len(seqs) == 0 {
		a.env.Say(views.LevelInfo, "nothing to cancel: no task here is live")
		return
	}
	var details []string
	if len(seqs) == 1 {
		details = append(details, a.env.Tasks.Get(seqs[0]).Request.ID)
	}
	if left := len(tasks) - len(seqs); left > 0 {
		details = append(details, fmt.Sprintf("The other %d have ended or are being canceled.", left))
	}
	details = append(details, "What a task has made so far is lost; one that ends meanwhile is not canceled.")
	a.env.Post(common.Confirm("Cancel "+common.Counted(len(seqs), "task")+"?", details, common.Send(sendCancels{seqs})))
}

// sendCancels has tasks canceled, as the user has confirmed.
type sendCancels struct{ seqs []int32 }

// send asks the service to cancel tasks.
func (a *Actions) send(msg sendCancels) tea.Cmd {
	a.cancels = nil
	a.env.Post(common.ClearMarks{})
	a.env.Say(views.LevelInfo, "canceling "+common.Counted(len(msg.seqs), "task"))
	p := a.poller
	return func() tea.Msg { p.Cancel(msg.seqs...); return nil }
}

// reportCancels says what services have said to the tasks that the user last
// asked to cancel.
func (a *Actions) reportCancels(reports []poller.CancelReport) {
	if len(reports) == 0 {
		return
	}
	// The answers to one request of the user's come over several updates.
	a.cancels = append(a.cancels, reports...)
	counts := map[queue.CancelOutcome]int{}
	var fault *queue.Fault
	for _, r := range a.cancels {
		if r.Fault != nil {
			fault = r.Fault
		}
		counts[r.Outcome]++
	}
	var parts []string
	for _, outcome := range []queue.CancelOutcome{queue.CancelAccepted, queue.CancelTooLate, queue.CancelUnknown} {
		if n := counts[outcome]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, outcome))
		}
	}
	level := views.LevelInfo
	if n := counts[0]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d failed: %s", n, fault.Error()))
		level = views.LevelBad
	}
	a.env.Say(level, "cancel: "+strings.Join(parts, ", "))
}

// untrack stops tracking tasks, which can be taken back.
func (a *Actions) untrack(seqs []int32, what string) tea.Cmd {
	if len(seqs) == 0 {
		a.env.Say(views.LevelInfo, "nothing to remove here")
		return nil
	}
	if a.onlyViewing("removing tasks") {
		return nil
	}
	p := a.poller
	return func() tea.Msg { return untracked{tasks: p.Untrack(seqs...), what: what} }
}

// removed tells the others of tasks that the poller tracks no more.
func (a *Actions) removed(msg untracked) {
	a.undo = append(a.undo, msg.tasks)
	if over := len(a.undo) - undoMost; over > 0 {
		a.undo = slices.Delete(a.undo, 0, over)
	}
	a.env.Post(common.TasksGone{Seqs: common.Seqs(msg.tasks, func(*poller.Task) bool { return true })})
	a.env.Say(views.LevelInfo, common.Counted(len(msg.tasks), "task")+" "+msg.what+": nothing happened at the service; u brings back")
}

// undoRemoval brings the tasks that were removed last back.
func (a *Actions) undoRemoval() tea.Cmd {
	if len(a.undo) == 0 {
		a.env.Say(views.LevelInfo, "nothing to bring back")
		return nil
	}
	if a.onlyViewing("bringing tasks back") {
		return nil
	}
	last, p := len(a.undo)-1, a.poller
	tasks := a.undo[last]
	a.undo = a.undo[:last]
	return func() tea.Msg { return common.TasksBack{Tasks: p.Restore(tasks), Asked: tasks} }
}

// restored says how many tasks were brought back.
func (a *Actions) restored(msg common.TasksBack) {
	text := common.Counted(len(msg.Tasks), "task") + " brought back"
	if left := len(msg.Asked) - len(msg.Tasks); left > 0 {
		text += fmt.Sprintf(" (%d had been added again)", left)
	}
	a.env.Say(views.LevelGood, text)
}

// rekey reads the key anew from where it came from, and tries again what had
// been refused.
func (a *Actions) rekey() tea.Cmd {
	if a.options.Rekey == nil {
		a.env.Say(views.LevelInfo, "there is no key to read again here")
		return nil
	}
	if a.onlyViewing("reading the key again") {
		return nil
	}
	rekey, p := a.options.Rekey, a.poller
	return func() tea.Msg {
		said, err := rekey()
		if err != nil {
			return common.Say{Level: views.LevelBad, Text: "the key was not changed: " + err.Error()}
		}
		p.Unblock()
		return common.Say{Level: views.LevelGood, Text: said}
	}
}

// export writes tasks to a file.
func (a *Actions) export(msg common.Export) tea.Cmd {
	p := a.poller
	format, _ := report.FormatOf(msg.Path)
	options := report.ExportOptions{Now: a.env.Clock, Source: a.env.Source, Result: func(seq int32) *queue.Result {
		if f, ok := p.Result(seq); ok && !f.Pending && f.Fault == nil {
			return &f.Result
		}
		return nil
	}}
	return func() tea.Msg {
		if err := report.ExportFile(msg.Path, format, msg.Tasks, options); err != nil {
			return common.Say{Level: views.LevelBad, Text: "not exported: " + err.Error()}
		}
		return common.Say{Level: views.LevelGood, Text: common.Counted(len(msg.Tasks), "task") + " exported to " + msg.Path}
	}
}

// SetSize, View and Bindings are for nothing: actions are not seen.
func (a *Actions) SetSize(int, int)        {}
func (a *Actions) View() string            { return "" }
func (a *Actions) Bindings() []key.Binding { return nil }
