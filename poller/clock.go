package poller

import "time"

// clockStep is by how much the wall clock must jump, compared to the monotonic one, to
// count as set. The small corrections of a clock that drifts stay far below.
const clockStep = 2 * time.Second

// wallClock is the last known offset of the wall clock.
type wallClock struct {
	start time.Time     // at the start of Run, without a monotonic reading
	ahead time.Duration // of the monotonic clock since then
}

// stamp returns the wall-clock time of a time of the schedule. It is only for what people
// see: the schedule uses the monotonic clock.
func (p *Poller) stamp(m time.Duration) Stamp {
	return StampOf(p.options.Wall().Add(m - p.now()))
}

// followClock moves the times of all live tasks when the wall clock was set or the machine
// slept, so that the durations shown stay those of the monotonic clock. Without this, a
// step of an hour would make each run time an hour longer. Tasks that have ended keep
// their times.
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
		p.change(t, func(next *Task) {
			for _, s := range []*Stamp{&next.Added, &next.Queued, &next.Started, &next.Seen, &next.Next} {
				if *s != 0 {
					*s += Stamp(step / time.Millisecond)
				}
			}
		})
	}
}
