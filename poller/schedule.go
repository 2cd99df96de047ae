package poller

import (
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// maxHint bounds how long an answer that reports a status may ask not to poll its task.
const maxHint = time.Minute

// slot is the poller's own state of a task, beside its snapshot. The host's planner
// decides when the task is polled.
type slot struct {
	asking   bool  // a poll is under way
	misses   uint8 // answers in a row that the service does not know the task
	attempts uint8 // polls in a row that brought no answer
}

// place has a task wait where it belongs: for its result, for the user if the key may not use its
// endpoint, or in the schedule, unless it is there already. It sets when the task is polled next;
// the caller stores the snapshot.
func (p *Poller) place(t *Task, now time.Duration) {
	h := p.hostFor(t.Request.Base)
	e := h.endpoint(t.Request.Endpoint)
	switch {
	case t.State == Reading:
		t.Next = 0
		p.startFetch(t, true)
	case t.State.Terminal():
	case e.forbidden != nil:
		h.park(e, t)
	default:
		e.known = e.known || t.Seen != 0
		wall := p.stamp(now)
		h.plan.Track(t.Seq, e.name, planned(t), wall.Sub(t.Seen), wall.Sub(t.Started), now)
		t.Next = h.nextPollOf(t, now)
	}
}

// nextPollOf returns when a scheduled task is polled next.
func (h *host) nextPollOf(t *Task, now time.Duration) Stamp {
	return h.poller.stamp(max(h.plan.DueAt(t.Seq), now))
}

// planned returns what the planner calls the state of a task.
func planned(t *Task) plan.State {
	switch {
	case t.State.Terminal(), t.State == Reading:
		return plan.Ended
	case t.State == Running:
		return plan.Running
	case t.Seen == 0:
		return plan.NotPolled
	}
	return plan.Queued
}

// park takes a task out of the schedule whose endpoint the key may not use. The caller stores the snapshot.
func (h *host) park(e *endpoint, t *Task) {
	h.plan.Remove(t.Seq)
	t.Next = 0
	e.parked = append(e.parked, t.Seq)
}

// forbid parks the tasks of an endpoint that the service refuses to the key. Others go on,
// because the documented 403 is about the model. Tasks whose poll is under way are parked
// when it returns.
func (p *Poller) forbid(h *host, e *endpoint, fault *queue.Fault) {
	e.forbidden = fault
	for _, t := range p.tasks {
		if t != nil && t.Request.Endpoint == e.name && h.plan.Has(t.Seq) && !p.slots[t.Seq].asking {
			p.change(t, func(next *Task) { h.park(e, next) })
		}
	}
}

// unpark schedules the parked tasks of an endpoint again.
func (p *Poller) unpark(e *endpoint, now time.Duration) {
	parked := e.parked
	e.forbidden, e.parked = nil, nil
	for _, seq := range parked {
		if t := p.tasks[seq]; t != nil {
			p.change(t, func(next *Task) { p.place(next, now) })
		}
	}
}

// observation returns what the planner learns from an answer about a task. The snapshot
// is the one after the answer.
func observation(t *Task, answer queue.Answer) plan.Observation {
	o := plan.Observation{State: planned(t), Position: int(t.QueuePosition), Inference: -1, Hint: min(answer.RetryAfter, maxHint)}
	if o.State == plan.Ended && t.InferenceTime >= 0 {
		o.Inference = time.Duration(t.InferenceTime * float64(time.Second))
	}
	return o
}

// SetViewed says which task the user has open, -1 for none, and which are on the
// screen: the one is asked as often as the interval allows, the others a little
// more often than those that nobody sees.
func (p *Poller) SetViewed(opened int32, visible []int32) {
	p.do(func() {
		p.opened = opened
		for _, h := range p.hosts {
			h.plan.SetViewed(opened, visible)
		}
	})
}

// clockStep is by how much the wall clock must jump, compared to the monotonic one, to
// count as set. The small corrections of a clock that drifts stay far below.
const clockStep = 2 * time.Second

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
	step := p.options.Wall().Round(0).Sub(p.wallStart) - p.now()
	if step.Abs() < clockStep {
		return
	}
	p.wallStart = p.wallStart.Add(step)
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
