package script

import (
	"time"

	"polltop/views/report"
)

// paceOver is how far back the polls are counted for the rate that is shown.
const paceOver = 5 * time.Second

// pace measures the polls per second of late.
type pace struct {
	times []time.Time
	polls []uint64
}

// note notes how many polls there were by a moment.
func (p *pace) note(now time.Time, polls uint64) {
	if n := len(p.times); n > 0 && now.Sub(p.times[n-1]) < redraw {
		return
	}
	p.times, p.polls = append(p.times, now), append(p.polls, polls)
	for len(p.times) > 2 && now.Sub(p.times[1]) >= paceOver {
		p.times, p.polls = p.times[1:], p.polls[1:]
	}
}

// rate returns the polls/s as of now, when there were so many.
func (p *pace) rate(now time.Time, polls uint64) float64 {
	p.note(now, polls)
	passed := now.Sub(p.times[0]).Seconds()
	if passed <= 0 {
		return 0
	}
	return float64(polls-p.polls[0]) / passed
}

// draw shows how far it is on the progress line.
func (w *watch) draw() {
	now := w.options.Clock()
	w.printer.draw(report.Progress(report.ProgressProps{
		Counts: w.counted(), Rate: w.pace.rate(now, w.stats.Polls), Elapsed: now.Sub(w.started), Width: w.options.Width(),
	}))
}
