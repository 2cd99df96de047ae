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

// lingering is how long the pane must stay on a task before its result is
// fetched: moving through a list of a thousand asks for none of them.
const lingering = 300 * time.Millisecond

type lingered struct{ seq int32 }

// taskText is the raw last answer of a task, its log, and what came of fetching its result, if
// anything is known of that.
type taskText struct {
	seq, turn int32
	body      []byte
	result    *poller.Fetched
	logs      []queue.LogLine
}

// Source has what the pane shows of a task beside its snapshot. Its methods may wait.
type Source interface {
	Body(seq int32) ([]byte, bool)           // the last answer, as it was received
	Result(seq int32) (poller.Fetched, bool) // false if it was never requested
	Logs(seq int32) []queue.LogLine
	Fetch(seq int32) // requests the result, FetchLogs the log
	FetchLogs(seq int32)
}

// Pane is the detail pane. It holds its task by its Seq.
type Pane struct {
	common.ViewCache
	ctx    context.Context
	env    *common.Env
	source Source
	peek   PictureFetcher
	seq    int32 // None when the pane is closed
	text   taskText
	turn   int32 // counts what was asked for; text has that of the latest that came
	files  []download.File
	scroll viewport.Model
	drawn  views.Pane // the text as it is laid out now

	picture  preview
	protocol picture.Protocol
	cell     image.Point // the size of a cell in pixels; zero if not known
}

// New returns a closed pane. Peek fetches pictures until ctx ends; nil for none.
func New(ctx context.Context, env *common.Env, source Source, peek PictureFetcher) *Pane {
	return &Pane{ctx: ctx, env: env, source: source, peek: peek, seq: common.NoTask, scroll: viewport.New(), picture: preview{imageMsg: imageMsg{seq: common.NoTask}}, protocol: picture.Detect(env.Getenv)}
}

// Task returns the task in the pane, nil for none.
func (p *Pane) Task() *poller.Task { return p.env.Tasks.Get(p.seq) }

func (p *Pane) Open() bool { return p.seq != common.NoTask }

func (p *Pane) SetSize(width, height int) {
	p.scroll.SetWidth(width)
	p.scroll.SetHeight(height)
}

func (p *Pane) Update(msg tea.Msg) tea.Cmd {
	cmd := p.handle(msg)
	switch msg.(type) {
	case common.OpenTask, common.CursorMoved, common.TasksChanged, taskText, common.DownloadsChanged, common.LayoutChanged, common.SecondPassed, imageMsg, laidMsg:
		p.lay()
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
		p.click(msg)
	case common.OpenTask:
		return p.show(msg.Seq)
	case common.CursorMoved:
		if p.Open() && msg.Seq != p.seq {
			return p.show(msg.Seq)
		}
	case common.ClosePane:
		if p.Open() {
			return p.show(common.NoTask)
		}
	default:
		return p.observe(msg)
	}
	return nil
}

func (p *Pane) click(msg common.Click) {
	title, _, _ := strings.Cut(p.View(), "\n")
	if k, ok := common.KeyAt(title, p.hints(), views.HintsX(p.env.Frame, p.drawHints), msg.X); ok && msg.Y == 0 {
		p.env.Post(common.KeyPress(k.Keys()[0]))
		return
	}
	if p.env.Focus.InArea() {
		p.env.Post(common.RequestFocus{Focus: views.OnPane})
	}
	// The scrollbar is on the border, below the title.
	_, rows := p.env.Layout.PaneText()
	if first, ok := views.ScrollAt(msg.Y-1, rows, len(p.drawn.Lines)); ok && msg.X == p.env.Layout.Detail.W-1 {
		p.scroll.SetYOffset(first)
	}
}

func (p *Pane) observe(msg tea.Msg) tea.Cmd {
	own := func(t *poller.Task) bool { return t.Seq == p.seq }
	switch msg := msg.(type) {
	case common.TasksChanged:
		if slices.ContainsFunc(msg.Tasks, own) {
			return p.refresh()
		}
	case taskText:
		if msg.seq == p.seq && msg.turn > p.text.turn {
			p.text = msg
			return p.wantPicture()
		}
	case common.DownloadsChanged:
		p.files = msg.Files
	case common.ResultRequested:
		if msg.Seq == p.seq {
			return p.lookUp()
		}
	case lingered:
		if t := p.Task(); t != nil && msg.seq == p.seq {
			return p.fetch(t)
		}
	default:
		return p.handlePicture(msg)
	}
	return nil
}

// show shows a task, from its first line; None closes the pane.
func (p *Pane) show(seq int32) tea.Cmd {
	p.seq, p.text = seq, taskText{turn: p.turn}
	p.scroll.GotoTop()
	p.env.Post(common.PaneChanged{Seq: seq})
	if seq == common.NoTask {
		return nil
	}
	return p.refresh()
}

// refresh asks for what the pane shows of its task beside the snapshot, and for the
// result and the log if the task has ended and the pane stays on it.
func (p *Pane) refresh() tea.Cmd {
	if t := p.Task(); t != nil && t.State.Terminal() {
		return tea.Batch(p.lookUp(), common.After(lingering, lingered{p.seq}))
	}
	return p.lookUp()
}

func (p *Pane) lookUp() tea.Cmd {
	p.turn++
	text := taskText{seq: p.seq, turn: p.turn}
	return func() tea.Msg {
		text.logs = p.source.Logs(text.seq)
		text.body, _ = p.source.Body(text.seq)
		if result, ok := p.source.Result(text.seq); ok {
			text.result = &result
		}
		return text
	}
}

// fetch has the log of a task that has ended fetched, and its result if it has one.
func (p *Pane) fetch(t *poller.Task) tea.Cmd {
	return func() tea.Msg {
		p.source.FetchLogs(t.Seq)
		if t.State != poller.Succeeded || t.Fetched {
			return nil
		}
		p.source.Fetch(t.Seq)
		return common.ResultRequested{Seq: t.Seq}
	}
}

// lay lays the text out anew, and keeps the scrolling within it.
func (p *Pane) lay() {
	if !p.Open() {
		return
	}
	p.drawn = views.DetailText(p.env.Frame, p.props(), p.scroll.Width(), p.scroll.Height())
	p.scroll.SetContentLines(p.drawn.Lines)
}

func (p *Pane) props() *views.Detail {
	t := p.Task()
	if t == nil {
		return &views.Detail{}
	}
	d := &views.Detail{Task: t, Raw: p.text.body, Logs: p.text.logs}
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
	if p.text.result == nil {
		return d
	}
	d.Result = &views.Result{Fetched: *p.text.result}
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
	return p.Draw(func() string { return views.DrawPane(p.env.Frame, p.Task(), p.drawn, p.scroll.YOffset(), p.drawHints) })
}

func (p *Pane) Bindings() []key.Binding {
	k, brief, other := &common.Keys, common.Brief, p.env.Binding
	shown := append([]key.Binding{brief(k.Escape, "close")}, p.env.TaskBindings(p.Task())...)
	return append(shown, brief(k.Up, "scroll"), brief(k.Switch, "table"), other("n", "next failure"), other("?", "help"), other("q", "quit"))
}

func (p *Pane) hints() []key.Binding {
	keys := []key.Binding{p.env.Binding("y", "id"), p.env.Binding("Y", "more")}
	t := p.Task()
	if t != nil && t.Unsent() {
		return keys[1:]
	}
	if again := p.text.result != nil && p.text.result.Fault != nil; t != nil && (!t.State.Terminal() || t.State == poller.NotFound || again) {
		keys = append(keys, p.env.Binding("r", "ask"))
	}
	return keys
}

func (p *Pane) drawHints(room int) string { return common.Footer(p.env.Theme, p.hints(), room) }

func fileTexts(files []download.File, request queue.Key, outputs int) []string {
	texts := make([]string, outputs)
	for _, f := range files {
		if f.Request == request && f.N >= 1 && f.N <= outputs {
			texts[f.N-1] = views.DownloadText(f)
		}
	}
	return texts
}
