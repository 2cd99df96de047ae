package script

import (
	"time"

	"polltop/views/report"
)

// paceOver is the time over which the shown rate is measured.
const paceOver = 5 * time.Second

// pace measures the recent polls per second.
type pace struct {
	times []time.Time
	polls []uint64
}

// note adds the number of polls at a time.
func (p *pace) note(now time.Time, polls uint64) {
	if n := len(p.times); n > 0 && now.Sub(p.times[n-1]) < redraw {
		return
	}
	p.times, p.polls = append(p.times, now), append(p.polls, polls)
	for len(p.times) > 2 && now.Sub(p.times[1]) >= paceOver {
		p.times, p.polls = p.times[1:], p.polls[1:]
	}
}

// rate returns the polls/s, given their number now.
func (p *pace) rate(now time.Time, polls uint64) float64 {
	p.note(now, polls)
	passed := now.Sub(p.times[0]).Seconds()
	if passed <= 0 {
		return 0
	}
	return float64(polls-p.polls[0]) / passed
}

// draw draws the progress line.
func (w *watch) draw() {
	now := w.options.Clock()
	w.printer.draw(report.Progress(report.ProgressProps{
		Counts: w.counted(), Rate: w.pace.rate(now, w.stats.Polls), Elapsed: now.Sub(w.started), Width: w.options.Width(),
	}))
}
