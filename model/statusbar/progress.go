package statusbar

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model/notify"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

const (
	barInterval = 10 * time.Second // the time of one bar of the sparkline
	barCount    = 12               // of the sparkline
	rateWindow  = 6 * barInterval  // the past for which the rate is computed
	minEnds     = 5                // how many tasks must have ended before an ETA is shown
)

// progress measures how fast tasks end and how many polls are made. It counts only tasks that
// ended while it ran.
type progress struct {
	first      time.Time         // when the first task arrived
	ends       [barCount]float64 // how many tasks ended in the time of each bar, oldest first
	currentBar int64             // the index of the last bar, counted from the epoch
	total      int

	plateau      int       // how many tasks run while others wait; 0 if none waits
	plateauSince time.Time // since when

	sampledPolls uint64
	sampledAt    time.Time
	rate         float64 // polls/s, smoothed
}

// countEnded counts the changed tasks that ended. previous returns their earlier snapshots.
func (p *progress) countEnded(changed []*poller.Task, previous func(int32) *poller.Task, now time.Time) {
	if p.first.IsZero() && len(changed) > 0 {
		p.first = now
	}
	p.advance(now)
	for _, t := range changed {
		old := previous(t.Seq)
		if t.State.Terminal() && old != nil && !old.State.Terminal() {
			p.ends[barCount-1]++
			p.total++
		}
	}
}

func (p *progress) advance(now time.Time) {
	bar := now.UnixNano() / int64(barInterval)
	for range min(bar-p.currentBar, barCount) {
		copy(p.ends[:], p.ends[1:])
		p.ends[barCount-1] = 0
	}
	p.currentBar = max(p.currentBar, bar)
}

// perMinute returns how many tasks ended a minute, within rateWindow or since the first task.
func (p *progress) perMinute(now time.Time) (rate float64) {
	p.advance(now)
	// The time of the current bar is not over yet.
	span := time.Duration(now.UnixNano()%int64(barInterval)) + rateWindow - barInterval
	if span = min(span, now.Sub(p.first)); p.first.IsZero() || span < time.Second {
		return 0
	}
	for _, n := range p.ends[barCount-rateWindow/barInterval:] {
		rate += n / span.Minutes()
	}
	return rate
}

// minPlateau is how long the same number of tasks must have run, while others waited, before
// that is shown as the service's limit: slow tasks that started together may run half a minute.
const minPlateau = time.Minute

func (p *progress) observeLoad(running, waiting int, now time.Time) {
	switch {
	case running == 0 || waiting == 0:
		p.plateau = 0
	case running > p.plateau || running < p.plateau-1-p.plateau/10: // a few may end before others start
		p.plateau, p.plateauSince = running, now
	}
}

// concurrency returns how many tasks the service runs at once; 0 if that is not known.
func (p *progress) concurrency(now time.Time) int {
	if p.plateau == 0 || now.Sub(p.plateauSince) < minPlateau {
		return 0
	}
	return p.plateau
}

func (p *progress) samplePolls(now time.Time, polls uint64) {
	if elapsed := now.Sub(p.sampledAt).Seconds(); !p.sampledAt.IsZero() && elapsed > 0 {
		p.rate += (float64(polls-p.sampledPolls)/elapsed - p.rate) / 2
		if p.rate < 0.05 {
			p.rate = 0
		}
	}
	p.sampledAt, p.sampledPolls = now, polls
}

// summary returns the summary of all tasks once none is live; nil before.
func (b *Bar) summary() *views.End {
	if b.env.LiveCount() > 0 || b.env.Tasks.Total() == 0 {
		return nil
	}
	return summarize(b.env.Tasks.All())
}

// countRemoved counts ended tasks that are removed, so that clearing them does not reduce the
// progress. countRestored undoes that.
func (b *Bar) countRemoved(seqs []int32) {
	for _, seq := range seqs {
		if t := b.env.Tasks.Get(seq); t != nil && t.State.Terminal() {
			b.removedEnded[t.State]++
		}
		b.observer.Forget(seq)
	}
}

func (b *Bar) countRestored(tasks []*poller.Task) {
	for _, t := range tasks {
		b.removedEnded[t.State] = max(b.removedEnded[t.State]-1, 0)
	}
}

// ended returns how many tasks of the batch have ended, and its size.
func (b *Bar) ended() (ended, total int) {
	total = b.env.Tasks.Total()
	for _, n := range b.removedEnded {
		total += n
	}
	return total - b.env.LiveCount(), total
}

// summarize summarizes ended tasks. Elapsed is the time in which at least one was live.
func summarize(tasks []*poller.Task) *views.End {
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
	var sequences strings.Builder
	for _, n := range b.observer.Observe(tasks, b.env.Time) {
		sequences.WriteString(notify.Sequence(b.env.Getenv, n))
	}
	if sequences.Len() == 0 {
		return nil
	}
	return tea.Raw(sequences.String())
}

// Taskbar returns the batch's progress for the terminal's taskbar, as an error once a task has
// failed; nil when all have ended.
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

// Title returns the window's title. It is ASCII only: a byte of some characters (✗ is E2 9C 97) is
// the C1 control ST, which ends the title early in some terminals.
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
