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

type Options struct {
	Host    string // the name of the service
	Warning string // is shown for as long as the dashboard runs, such as that nothing is stored; "" for none
	Notice  string // is shown at the start; "" for none
	Exec    bool   // a command runs for each task that ends
	Notify  notify.Mode
}

// Bar is the bars above and below the table. Its View has as many lines as the screen; those of
// other components are empty.
type Bar struct {
	common.ViewCache
	env       *common.Env
	options   Options
	notice    notice
	progress  progress
	observer  *notify.Observer
	table     views.TableStatus
	downloads download.Progress

	previous     poller.Update // the poller's report before the present one
	updated      bool          // the first report has arrived
	warned       map[string]bool
	keys         []key.Binding
	removedEnded [poller.StateCount]int // ended tasks of the batch that were removed, by state
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
	return b.notice.show(say, b.env.Time)
}

func (b *Bar) Update(msg tea.Msg) tea.Cmd {
	b.Invalidate()
	switch msg := msg.(type) {
	case common.TasksChanged:
		return b.applyUpdate(msg)
	case common.TasksRestored:
		b.countRestored(msg.Tasks)
		return b.notify(msg.Tasks)
	case common.TasksRemoved:
		b.countRemoved(msg.Seqs)
		return b.notify(nil)
	case common.Click:
		if k, ok := common.KeyAt(b.footer(), b.keys, 1, msg.X); ok { // else a notice hides the keys
			b.env.Post(common.KeyPress(k.Keys()[0]))
		}
	case common.DownloadsChanged:
		b.downloads = msg.Progress
	case common.Say:
		return b.notice.show(msg, b.env.Time)
	case noticeExpired:
		return b.notice.expire(msg, b.env.Time)
	case common.SecondPassed:
		b.progress.samplePolls(b.env.Time, b.env.Polling.Stats.Polls)
		counts := b.env.Tasks.Counts()
		b.progress.observeLoad(views.TabRunning.Count(counts), views.TabQueued.Count(counts)-b.env.Submissions.Pending(), b.env.Time)
		return b.notify(nil)
	case common.Retrying:
		clear(b.warned)
	}
	return nil
}

// applyUpdate handles a report of the poller, before the table applies it.
func (b *Bar) applyUpdate(msg common.TasksChanged) tea.Cmd {
	for _, seq := range msg.Dropped {
		b.observer.Forget(seq)
	}
	b.reportChanges(msg.Tasks)
	b.progress.countEnded(msg.Tasks, b.env.Tasks.Get, b.env.Time)
	b.warn()
	return b.notify(msg.Tasks)
}

// SetStatus sets the keys for the footer, and the state of the table.
func (b *Bar) SetStatus(keys []key.Binding, shown views.TableStatus) {
	same := func(k, l key.Binding) bool { return k.Help() == l.Help() && k.Enabled() == l.Enabled() }
	if shown != b.table || !slices.EqualFunc(keys, b.keys, same) {
		b.keys, b.table = keys, shown
		b.Invalidate()
	}
	if b.env.LiveCount() == 0 { // the batch has ended
		b.removedEnded = [poller.StateCount]int{}
	}
}

const FooterID = "footer"

// Layers returns the tabs and the footer as layers of the screen.
func (b *Bar) Layers() []*lipgloss.Layer {
	layers := views.TabLayers(b.env.Layout, b.env.Tasks.Counts(), b.table.Tab)
	if y := b.env.Layout.FooterY; y >= 0 {
		layers = append(layers, lipgloss.NewLayer(b.footer()).Y(y).ID(FooterID))
	}
	return layers
}

func (b *Bar) footer() string { return strings.Split(b.View(), "\n")[b.env.Layout.FooterY] }

func (b *Bar) View() string { return b.Draw(b.draw) }

func (b *Bar) draw() string {
	link, texts := b.link()
	polling := &b.env.Polling
	p := views.Bars{
		Host: b.options.Host, Link: link, LinkTexts: texts,
		Counts: b.env.Tasks.Counts(), Cleared: b.removedEnded, TableStatus: b.table,
		ToSubmit: b.env.Submissions.Pending(), SubmissionUnknown: b.env.Submissions.Counts()[poller.PayloadUnknown],
		Notice: b.notice.Text, NoticeLevel: b.notice.Level, End: b.summary(), Footer: func(room int) string { return common.Footer(b.env.Theme, b.keys, room) },
	}
	if b.options.Warning != "" || polling.StoreErr != nil {
		p.StoreErr = "not kept " + polling.Persistence.Location()
	}
	if b.env.Shared != nil {
		p.Viewers = strconv.Itoa(len(b.env.Shared.Peers())) + " connected"
	}
	if polling.Persistence.Session != "default" {
		p.Session = polling.Persistence.Session
	}
	if len(b.downloads.Files) > 0 {
		p.Transfers = &b.downloads
	}
	if b.env.LiveCount() > 0 {
		p.PollsPerSecond = b.progress.rate
		for _, h := range polling.Hosts {
			if h.Live > 0 {
				p.RateLimit += h.Rate
			}
		}
		p.PerMinute, p.Spark = b.progress.perMinute(b.env.Time), slices.Clone(b.progress.ends[:])
		p.ETA, p.Concurrency = b.eta(), b.progress.concurrency(b.env.Time)
	}
	return views.DrawBars(b.env.Frame, &p)
}
