package statusbar

import (
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// changed says that the parts have taken in what became of tasks.
type changed struct{}

// sum sums the tasks up when none is live any more.
func (b *Bar) sum() {
	b.end = nil
	over := b.env.Live() == 0
	if over {
		b.cleared = [poller.StateCount]int{}
	}
	if over && b.env.Tasks.Total() > 0 {
		b.end = endOf(b.env.Tasks.All())
	}
}

// gone keeps counting ended tasks as such that are tracked no more, so that clearing them
// takes nothing off the progress, and forgets them; back counts those that come back as others.
func (b *Bar) gone(seqs []int32) {
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
	return total - b.env.Live(), total
}

// endOf sums up tasks that have all ended. The time is that in which any was live, also
// before this start and between two batches not.
func endOf(tasks []*poller.Task) *views.End {
	end, until := &views.End{}, poller.Stamp(0)
	for _, t := range tasks {
		end.Elapsed += t.Ended.Sub(max(t.Added, until))
		until = max(until, t.Ended)
		if t.InferenceTime > 0 {
			end.Model += time.Duration(t.InferenceTime * float64(time.Second))
		}
		if t.NextStep == string(queue.StepSubmitAgain) {
			end.Again++
		}
	}
	return end
}
