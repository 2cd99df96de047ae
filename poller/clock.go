package poller

import "time"

// clockStep is how far the wall clock must move beside the monotonic one to count as
// set. Corrections of a clock that runs a little wrong stay far below it.
const clockStep = 2 * time.Second

// wallClock is what was last seen of the wall clock.
type wallClock struct {
	start time.Time     // at the start of Run, without a monotonic reading
	ahead time.Duration // how far it has moved since beside the monotonic clock
}

// stamp returns the wall-clock time of a moment that is now or to come. Only
// what is told to people uses it; the schedule keeps to the monotonic clock.
func (p *Poller) stamp(m time.Duration) Stamp {
	return StampOf(p.options.Wall().Add(m - p.now()))
}

// followClock moves the times of all live tasks when the wall clock was set, or the
// machine has slept: how long a task has waited or run is then still what the
// monotonic clock has measured. Without this one step of an hour makes each run time an
// hour long. Tasks that have ended keep the times that they were told with.
func (p *Poller) followClock() {
	ahead := p.options.Wall().Round(0).Sub(p.clock.start) - p.now()
	step := ahead - p.clock.ahead
	if step.Abs() < clockStep {
		return
	}
	p.clock.ahead = ahead
	p.dirty = true
	for _, t := range p.tasks {
		if t == nil || t.State.Terminal() {
			continue
		}
		next := *t
		for _, s := range []*Stamp{&next.Added, &next.Queued, &next.Started, &next.Seen, &next.Next} {
			if *s != 0 {
				*s += Stamp(step / time.Millisecond)
			}
		}
		p.set(&next)
	}
}
