package detail

import (
	"context"
	"image"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/picture"
)

// fetchDelay is how long the pane must stay on a task before its result is fetched, so that
// moving through a list requests nothing.
const fetchDelay = 300 * time.Millisecond

type fetchDue struct{ seq int32 }

// taskDetails is what a Source has of a task. The result is nil if it was never requested.
type taskDetails struct {
	seq, load int32
	body      []byte
	result    *poller.FetchedResult
	logs      []queue.LogLine
}

// Source has what the pane shows of a task beside its snapshot. Its methods may wait.
type Source interface {
	Body(seq int32) ([]byte, bool)                 // the last answer, as it was received
	Result(seq int32) (poller.FetchedResult, bool) // false if it was never requested
	Logs(seq int32) []queue.LogLine
	Fetch(seq int32) // requests the result, FetchLogs the log
	FetchLogs(seq int32)
}

type Pane struct {
	common.ViewCache
	ctx     context.Context
	env     *common.Env
	source  Source
	fetcher PictureFetcher
	seq     int32 // NoTask while the pane is closed
	details taskDetails
	loads   int32 // counts the loads of details, so that a late one is recognized
	files   []download.File
	scroll  viewport.Model
	content views.Pane // its text in the present layout

	picture  pictureState
	protocol picture.Protocol
	cell     image.Point // the size of a cell in pixels; zero if not known
}

// New returns a closed pane. The fetcher is called until ctx ends; nil: no pictures are shown.
func New(ctx context.Context, env *common.Env, source Source, fetcher PictureFetcher) *Pane {
	return &Pane{
		ctx: ctx, env: env, source: source, fetcher: fetcher, seq: common.NoTask, scroll: viewport.New(),
		picture: pictureState{imageFetched: imageFetched{seq: common.NoTask}}, protocol: picture.Detect(env.Getenv),
	}
}

// Task returns the task in the pane; nil if the pane is closed.
func (p *Pane) Task() *poller.Task { return p.env.Tasks.Get(p.seq) }

func (p *Pane) Open() bool { return p.seq != common.NoTask }

func (p *Pane) SetSize(width, height int) {
	p.scroll.SetWidth(width)
	p.scroll.SetHeight(height)
}

func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	cmd := p.handle(msg)
	switch msg.(type) {
	case common.OpenTask, common.CursorMoved, common.TasksChanged, taskDetails, common.DownloadsChanged, common.LayoutChanged, common.SecondPassed, imageFetched, pictureRendered:
		p.layout()
	}
	p.Invalidate()
	return tea.Batch(cmd, p.syncPicture())
}

func (p *Pane) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if by, ok := common.Motion(msg, p.scroll.Height()); ok {
			p.scroll.SetYOffset(p.scroll.YOffset() + by)
		} else {
			p.env.Post(common.Command{KeyPressMsg: msg})
		}
	case tea.MouseWheelMsg:
		p.scroll.SetYOffset(p.scroll.YOffset() + common.WheelLines(msg))
	case common.Click:
		p.handleClick(msg)
	case common.OpenTask:
		return p.showTask(msg.Seq)
	case common.CursorMoved:
		if p.Open() && msg.Seq != p.seq {
			return p.showTask(msg.Seq)
		}
	case common.ClosePane:
		if p.Open() {
			return p.showTask(common.NoTask)
		}
	default:
		return p.handleFact(msg)
	}
	return nil
}

func (p *Pane) handleClick(msg common.Click) {
	title, _, _ := strings.Cut(p.View(), "\n")
	if k, ok := common.KeyAt(title, p.titleKeys(), views.HintsX(p.env.Frame, p.drawTitleKeys), msg.X); ok && msg.Y == 0 {
		p.env.Post(common.KeyPress(k.Keys()[0]))
		return
	}
	if p.env.Focus.InArea() {
		p.env.Post(common.RequestFocus{Focus: views.OnPane})
	}
	// The scrollbar is on the border, below the title.
	_, rows := p.env.Layout.PaneText()
	if first, ok := views.ScrollAt(msg.Y-1, rows, len(p.content.Lines)); ok && msg.X == p.env.Layout.Detail.W-1 {
		p.scroll.SetYOffset(first)
	}
}

func (p *Pane) handleFact(msg tea.Msg) tea.Cmd {
	own := func(t *poller.Task) bool { return t.Seq == p.seq }
	switch msg := msg.(type) {
	case common.TasksChanged:
		if slices.Contains(msg.Dropped, p.seq) { // another task may have the Seq now
			p.details = taskDetails{load: p.loads}
			return tea.Batch(p.RemovePicture(), p.refresh())
		}
		if slices.ContainsFunc(msg.Tasks, own) {
			return p.refresh()
		}
	case taskDetails:
		if msg.seq == p.seq && msg.load > p.details.load {
			p.details = msg
			return p.fetchPicture()
		}
	case common.DownloadsChanged:
		p.files = msg.Files
	case common.ResultRequested:
		if msg.Seq == p.seq {
			return p.load()
		}
	case fetchDue:
		if t := p.Task(); t != nil && msg.seq == p.seq {
			return p.fetchResult(t)
		}
	default:
		return p.handlePicture(msg)
	}
	return nil
}

// showTask opens the pane on a task, at its first line; NoTask closes the pane.
func (p *Pane) showTask(seq int32) tea.Cmd {
	p.seq, p.details = seq, taskDetails{load: p.loads}
	p.scroll.GotoTop()
	p.env.Post(common.PaneChanged{Seq: seq})
	if seq == common.NoTask {
		return nil
	}
	return p.refresh()
}

// refresh loads the details of the task. If the task has ended and the pane stays on it, its
// result and log are fetched.
func (p *Pane) refresh() tea.Cmd {
	if t := p.Task(); t != nil && t.State.Terminal() {
		return tea.Batch(p.load(), common.After(fetchDelay, fetchDue{p.seq}))
	}
	return p.load()
}

func (p *Pane) load() tea.Cmd {
	p.loads++
	text := taskDetails{seq: p.seq, load: p.loads}
	return func() tea.Msg {
		text.logs = p.source.Logs(text.seq)
		text.body, _ = p.source.Body(text.seq)
		if result, ok := p.source.Result(text.seq); ok {
			text.result = &result
		}
		return text
	}
}

// fetchResult requests the log of an ended task, and its result if it succeeded.
func (p *Pane) fetchResult(t *poller.Task) tea.Cmd {
	return func() tea.Msg {
		p.source.FetchLogs(t.Seq)
		if t.State != poller.Succeeded || t.Fetched {
			return nil
		}
		p.source.Fetch(t.Seq)
		return common.ResultRequested{Seq: t.Seq}
	}
}

// layout computes the content for the present size, and limits the scrolling to it.
func (p *Pane) layout() {
	if !p.Open() {
		return
	}
	p.content = views.DetailText(p.env.Frame, p.props(), p.scroll.Width(), p.scroll.Height())
	p.scroll.SetContentLines(p.content.Lines)
}

func (p *Pane) props() *views.Detail {
	t := p.Task()
	if t == nil {
		return &views.Detail{}
	}
	d := &views.Detail{Task: t, Raw: p.details.body, Logs: p.details.logs}
	d.Usual, d.P95 = p.env.Timings.Usual(t.Request.Endpoint)
	if !t.State.Terminal() {
		if waits := p.env.WaitReasons(t); len(waits) > 0 {
			d.WaitReason = waits[0]
		}
		_, d.StartsIn = p.env.Expect(t)
	}
	if p.env.Tasks.Slow(t.Seq) {
		_, d.Slow = p.env.Slow(t)
	}
	if p.details.result == nil {
		return d
	}
	d.Result = &views.Result{FetchedResult: *p.details.result}
	d.Result.Files = fileTexts(p.files, t.Request.Key(), len(d.Result.Result.Outputs))
	if p.picture.seq == p.seq {
		d.Result.Preview, d.Result.PreviewWidth, d.Result.PreviewRefused = p.picture.lines, p.picture.width, p.picture.refused
	}
	return d
}

func (p *Pane) View() string {
	if !p.Open() {
		return ""
	}
	return p.Draw(func() string {
		return views.DrawPane(p.env.Frame, p.Task(), p.content, p.scroll.YOffset(), p.drawTitleKeys)
	})
}

func (p *Pane) Bindings() []key.Binding {
	k, brief, binding := &common.Keys, common.Brief, p.env.Binding
	shown := append([]key.Binding{brief(k.Escape, "close")}, p.env.TaskBindings(p.Task())...)
	return append(shown, brief(k.Up, "scroll"), brief(k.Switch, "table"), binding("n", "next failure"), binding("?", "help"), binding("q", "quit"))
}

func (p *Pane) titleKeys() []key.Binding {
	keys := []key.Binding{p.env.Binding("y", "id"), p.env.Binding("Y", "more")}
	t := p.Task()
	if t != nil && t.Unsent() {
		return keys[1:]
	}
	if failed := p.details.result != nil && p.details.result.Fault != nil; t != nil && (!t.State.Terminal() || t.State == poller.NotFound || failed) {
		keys = append(keys, p.env.Binding("r", "ask"))
	}
	return keys
}

func (p *Pane) drawTitleKeys(room int) string { return common.Footer(p.env.Theme, p.titleKeys(), room) }

func fileTexts(files []download.File, request queue.Key, outputs int) []string {
	texts := make([]string, outputs)
	for _, f := range files {
		if f.Request == request && f.N >= 1 && f.N <= outputs {
			texts[f.N-1] = views.DownloadText(f)
		}
	}
	return texts
}
