package statusbar

import (
	"slices"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"polltop/model/common"
	"polltop/model/notify"
	"polltop/poller"
	"polltop/poller/download"
	"polltop/views"
)

// Options say what the bars show that does not change.
type Options struct {
	Host    string // the service
	Warning string // what the user must know for as long as the dashboard runs; "" for nothing
	Notice  string // what is said at the start; "" for nothing
	Exec    bool   // a command runs for each task that ends
	Notify  notify.Mode
}

// Bar is the bars. Its View has the lines of the whole screen; those that are empty are
// for others to fill.
type Bar struct {
	common.ViewCache
	env      *common.Env
	options  Options
	notice   notice
	progress progress
	observer *notify.Observer
	shown    common.TableStatus
	transfer download.Progress

	before  poller.Update // the state of the poller as it was reported last
	updated bool          // the first update has come
	warned  map[string]bool
	keys    []key.Binding
	cleared [poller.StateCount]int // ended tasks of the batch that are tracked no more
}

func New(env *common.Env, o Options) *Bar {
	return &Bar{env: env, options: o, observer: notify.New(o.Notify), warned: map[string]bool{}}
}

func (b *Bar) Init() tea.Cmd {
	say := common.Say{Text: b.options.Notice}
	if b.options.Warning != "" {
		say = common.Say{Level: views.LevelBad, Text: b.options.Warning}
	}
	if say.Text == "" {
		return nil
	}
	return b.notice.take(say, b.env.Time)
}

func (b *Bar) Update(msg tea.Msg) tea.Cmd {
	b.Invalidate()
	switch msg := msg.(type) {
	case common.TasksChanged:
		return b.observe(msg)
	case common.TasksRestored:
		b.observer.Observe(msg.Tasks, b.env.Time) // the live ones count again
		b.back(msg.Tasks)
	case common.TasksRemoved:
		b.keepCounts(msg.Seqs)
	case common.Click:
		if k, ok := common.KeyAt(b.footer(), b.keys, 1, msg.X); ok { // else a notice has their place
			b.env.Post(common.KeyPress(k.Keys()[0]))
		}
	case common.DownloadsChanged:
		b.transfer = msg.Progress
	case common.Say:
		return b.notice.take(msg, b.env.Time)
	case noticeOver:
		return b.notice.over(msg, b.env.Time)
	case common.SecondPassed:
		b.progress.sample(b.env.Time, b.env.Polling.Stats.Polls)
		counts := b.env.Tasks.Counts()
		b.progress.load(views.TabRunning.Count(counts), views.TabQueued.Count(counts)-b.env.Submissions.Pending(), b.env.Time)
	case common.Retrying:
		clear(b.warned)
	}
	return nil
}

// observe takes in what changed at the poller, before the table does.
func (b *Bar) observe(msg common.TasksChanged) tea.Cmd {
	b.reportChanges(msg.Tasks)
	b.progress.observe(msg.Tasks, b.env.Tasks.Get, b.env.Time)
	b.warn()
	return b.notify(msg.Tasks)
}

// Show says which keys the footer shows, and what the table does.
func (b *Bar) Show(keys []key.Binding, shown common.TableStatus) {
	same := func(k, l key.Binding) bool { return k.Help() == l.Help() && k.Enabled() == l.Enabled() }
	if shown != b.shown || !slices.EqualFunc(keys, b.keys, same) {
		b.keys, b.shown = keys, shown
		b.Invalidate()
	}
	if b.env.LiveCount() == 0 { // the batch is over
		b.cleared = [poller.StateCount]int{}
	}
}

const FooterID = "footer"

// Layers returns the tabs and the footer as layers of the screen.
func (b *Bar) Layers() []*lipgloss.Layer {
	layers := views.TabLayers(b.env.Layout, b.env.Tasks.Counts(), b.shown.Tab)
	if y := b.env.Layout.FooterY; y >= 0 {
		layers = append(layers, lipgloss.NewLayer(b.footer()).Y(y).ID(FooterID))
	}
	return layers
}

func (b *Bar) footer() string { return strings.Split(b.View(), "\n")[b.env.Layout.FooterY] }

// View returns the lines of the screen that the bars take, the others empty.
func (b *Bar) View() string { return b.Draw(b.draw) }

func (b *Bar) draw() string {
	link, texts := b.link()
	polling := &b.env.Polling
	p := views.Bars{
		Host: b.options.Host, Link: link, LinkTexts: texts,
		Counts: b.env.Tasks.Counts(), Cleared: b.cleared, ToSubmit: b.env.Submissions.Pending(), SubmissionUnknown: b.env.Submissions.Counts()[poller.PayloadUnknown], Tab: b.shown.Tab, FilterText: b.shown.Filter, FilterField: b.shown.Field,
		Marked: b.shown.Marked, Position: b.shown.Position,
		Notice: b.notice.Text, NoticeLevel: b.notice.Level, End: b.end(), Footer: func(room int) string { return common.Footer(b.env.Theme, b.keys, room) },
	}
	if b.options.Warning != "" || polling.StoreErr != nil {
		p.StoreErr = "not kept " + polling.Persistence.Place()
	}
	if b.env.Shared != nil {
		p.Viewers = strconv.Itoa(len(b.env.Shared.Peers())) + " connected"
	}
	if polling.Persistence.Session != "default" {
		p.Session = polling.Persistence.Session
	}
	if len(b.transfer.Files) > 0 {
		p.Transfers = &b.transfer
	}
	if b.env.LiveCount() > 0 {
		p.PollsPerSecond = b.progress.rate
		for _, h := range polling.Hosts {
			if h.Live > 0 {
				p.RateLimit += h.Rate
			}
		}
		p.PerMinute, p.Spark = b.progress.perMinute(b.env.Time), slices.Clone(b.progress.ends[:])
		p.ETA, p.Concurrency = b.eta(), b.progress.atOnce(b.env.Time)
	}
	return views.DrawBars(b.env.Frame, &p)
}
