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
	if b.env.Live()+b.env.Submissions.Pending() == 0 && b.env.Tasks.Total() > 0 {
		b.end = endOf(b.env.Tasks.All())
	}
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
