package statusbar

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/notify"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

const (
	interval = 10 * time.Second // the width of one bar of the throughput's sparkline
	bars     = 12               // of the sparkline
	recent   = 6 * interval     // how far back the rate goes that the ETA is computed from
	enough   = 5                // ends that must have been seen before an ETA is shown
)

// progress measures how fast tasks end and polls are made. It counts only the
// ends that it saw come: a batch that was over at the start has no throughput.
type progress struct {
	first   time.Time     // when the first task was seen
	ends    [bars]float64 // how many ended in each interval, oldest first
	current int64         // which interval since the epoch the last is
	total   int

	most   int       // how many run at once, while others wait
	mostAt time.Time // since when

	polls   uint64
	sampled time.Time
	rate    float64 // polls/s, smoothed
}

// observe counts the tasks among changed that ended, given what was known.
func (p *progress) observe(changed []*poller.Task, known func(int32) *poller.Task, now time.Time) {
	if p.first.IsZero() && len(changed) > 0 {
		p.first = now
	}
	p.roll(now)
	for _, t := range changed {
		old := known(t.Seq)
		if t.State.Terminal() && old != nil && !old.State.Terminal() {
			p.ends[bars-1]++
			p.total++
		}
	}
}

func (p *progress) roll(now time.Time) {
	at := now.UnixNano() / int64(interval)
	for range min(at-p.current, bars) {
		copy(p.ends[:], p.ends[1:])
		p.ends[bars-1] = 0
	}
	p.current = max(p.current, at)
}

// perMinute returns how many tasks ended a minute, over the recent intervals or
// since the start where that is less.
func (p *progress) perMinute(now time.Time) (rate float64) {
	p.roll(now)
	// The current interval is only partly over.
	span := time.Duration(now.UnixNano()%int64(interval)) + recent - interval
	if span = min(span, now.Sub(p.first)); p.first.IsZero() || span < time.Second {
		return 0
	}
	for _, n := range p.ends[bars-recent/interval:] {
		rate += n / span.Minutes()
	}
	return rate
}

// plateauLeast is how long as many must have run, while others waited, before that is shown
// as a limit: the tasks of slow models may all begin together and run for half a minute.
const plateauLeast = time.Minute

func (p *progress) load(running, waiting int, now time.Time) {
	switch {
	case running == 0 || waiting == 0:
		p.most = 0
	case running > p.most || running < p.most-1-p.most/10: // one that ends makes room for a moment
		p.most, p.mostAt = running, now
	}
}

// atOnce returns how many tasks the service runs at once; 0 where that is not known.
func (p *progress) atOnce(now time.Time) int {
	if p.most == 0 || now.Sub(p.mostAt) < plateauLeast {
		return 0
	}
	return p.most
}

func (p *progress) sample(now time.Time, polls uint64) {
	if elapsed := now.Sub(p.sampled).Seconds(); !p.sampled.IsZero() && elapsed > 0 {
		p.rate += (float64(polls-p.polls)/elapsed - p.rate) / 2
		if p.rate < 0.05 {
			p.rate = 0
		}
	}
	p.sampled, p.polls = now, polls
}

// end sums the tasks up when none is live any more; nil while one is.
func (b *Bar) end() *views.End {
	if b.env.LiveCount() > 0 || b.env.Tasks.Total() == 0 {
		return nil
	}
	return endOf(b.env.Tasks.All())
}

// keepCounts keeps counting ended tasks as such that are tracked no more, so that clearing them
// takes nothing off the progress, and forgets them; back counts those that come back as others.
func (b *Bar) keepCounts(seqs []int32) {
	for _, seq := range seqs {
		if t := b.env.Tasks.Get(seq); t != nil && t.State.Terminal() {
			b.cleared[t.State]++
		}
		b.observer.Forget(seq)
	}
}

func (b *Bar) back(tasks []*poller.Task) {
	for _, t := range tasks {
		b.cleared[t.State] = max(b.cleared[t.State]-1, 0)
	}
}

// ended returns how many tasks of the batch have ended, and how many there are.
func (b *Bar) ended() (ended, total int) {
	total = b.env.Tasks.Total()
	for _, n := range b.cleared {
		total += n
	}
	return total - b.env.LiveCount(), total
}

// endOf sums up tasks that have all ended. The time is that in which any was live, also
// before this start and between two batches not.
func endOf(tasks []*poller.Task) *views.End {
	end, until := &views.End{}, poller.Stamp(0)
	for _, t := range tasks {
		end.Elapsed += t.Ended.Sub(max(t.Added, until))
		until = max(until, t.Ended)
		if t.InferenceTime > 0 {
			end.ModelTime += time.Duration(t.InferenceTime * float64(time.Second))
		}
		if t.NextStep == string(queue.StepSubmitAgain) {
			end.WorthResubmitting++
		}
	}
	return end
}

func (b *Bar) notify(tasks []*poller.Task) tea.Cmd {
	before := b.observer.Due()
	var sequences strings.Builder
	for _, n := range b.observer.Observe(tasks, b.env.Time) {
		sequences.WriteString(notify.Sequence(b.env.Getenv, n))
	}
	var cmds []tea.Cmd
	if sequences.Len() > 0 {
		cmds = append(cmds, tea.Raw(sequences.String()))
	}
	if due := b.observer.Due(); !due.IsZero() && !due.Equal(before) {
		cmds = append(cmds, common.After(due.Sub(b.env.Time), common.Then(func() tea.Cmd { return b.notify(nil) })))
	}
	return tea.Batch(cmds...)
}

// Taskbar returns the progress for the terminal's taskbar: of the batch while it
// runs, as an error once something has failed; nil when nothing runs.
func (b *Bar) Taskbar() *tea.ProgressBar {
	ended, total := b.ended()
	if ended == total {
		return nil
	}
	state := tea.ProgressBarDefault
	if b.env.FailedCount()+b.env.UnknownCount() > 0 {
		state = tea.ProgressBarError
	}
	return tea.NewProgressBar(state, 100*ended/total)
}

// Title returns the window's title: ASCII only, as the bytes of some characters
// (✗ is E2 9C 97) end the title early in terminals that look for the C1 control
// ST within it, and the rest of it lands on the screen.
func (b *Bar) Title() string {
	ended, total := b.ended()
	if total == 0 {
		return "polltop"
	}
	text := fmt.Sprintf("polltop %d/%d", ended, total)
	if n := b.env.FailedCount(); n > 0 {
		text += fmt.Sprintf(", %d failed", n)
	}
	if n := b.env.UnknownCount(); n > 0 {
		text += fmt.Sprintf(", %d unknown", n)
	}
	return text
}
