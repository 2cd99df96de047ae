package statusbar

import (
	"time"

	"polltop/poller"
)

const (
	// interval is the width of one bar of the throughput's sparkline.
	interval = 10 * time.Second
	// bars is how many of them are kept.
	bars = 12
	// recent is how far back the rate goes that the ETA is told from.
	recent = 6 * interval
	// enough is how many ends must have been seen before an ETA is told.
	enough = 5
)

// progress measures how fast tasks end and polls are made. It counts only the
// ends that it saw come: a batch that was over at the start has no throughput.
type progress struct {
	first   time.Time // when the first task was seen
	ends    [bars]int // a ring of intervals
	current int64     // which interval since the epoch ends[current%bars] is
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
			p.ends[p.current%bars]++
			p.total++
		}
	}
}

// roll starts the interval that now is in, and empties those passed over.
func (p *progress) roll(now time.Time) {
	at := now.UnixNano() / int64(interval)
	if p.current == 0 {
		p.current = at
	}
	for steps := 0; p.current < at && steps < bars; steps++ {
		p.current++
		p.ends[p.current%bars] = 0
	}
	p.current = max(p.current, at)
}

// perMinute returns how many tasks ended a minute, over the recent intervals or
// since the start where that is less.
func (p *progress) perMinute(now time.Time) float64 {
	if p.first.IsZero() {
		return 0
	}
	p.roll(now)
	// The current interval is only partly over.
	span := time.Duration(now.UnixNano()%int64(interval)) + recent - interval
	span = min(span, now.Sub(p.first))
	if span < time.Second {
		return 0
	}
	n := 0
	for back := range int64(recent / interval) {
		n += p.ends[(p.current-back+bars)%bars]
	}
	return float64(n) / span.Minutes()
}

// spark returns how many tasks ended in each interval, oldest first.
func (p *progress) spark(now time.Time) []float64 {
	p.roll(now)
	out := make([]float64, 0, bars)
	for back := int64(bars - 1); back >= 0; back-- {
		out = append(out, float64(p.ends[(p.current-back+bars)%bars]))
	}
	return out
}

// atRate returns how long the live tasks will take at the recent rate, once enough
// have ended to know one.
func (p *progress) atRate(live int, now time.Time) (time.Duration, bool) {
	rate := p.perMinute(now)
	if live == 0 || p.total < enough || rate <= 0 {
		return 0, false
	}
	return time.Duration(float64(live) / rate * float64(time.Minute)), true
}

// plateauLeast is how long as many must have run, while others waited, before that is told
// as a limit: the tasks of slow models may all begin together and run for half a minute.
const plateauLeast = time.Minute

// load takes in how many tasks run and how many wait.
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

// sample takes in how many polls were made in all by now.
func (p *progress) sample(now time.Time, polls uint64) {
	if elapsed := now.Sub(p.sampled).Seconds(); !p.sampled.IsZero() && elapsed > 0 {
		p.rate += (float64(polls-p.polls)/elapsed - p.rate) / 2
		if p.rate < 0.05 {
			p.rate = 0
		}
	}
	p.sampled, p.polls = now, polls
}
