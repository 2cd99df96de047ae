package poller

import (
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// maxStatusRetryAfter bounds the Retry-After of an answer that has a status.
const maxStatusRetryAfter = time.Minute

// pollState is the state of a task's polls that its snapshots do not have.
type pollState struct {
	inFlight  bool  // a poll is in flight
	notFounds uint8 // consecutive 404s
	failures  uint8 // consecutive polls without an answer, at most 32
}

// schedule adds a live task to the host's schedule of polls, unless it is in it. A Reading task has
// its result fetched instead, and one whose endpoint is forbidden is parked. It sets Next; the
// caller stores the snapshot.
func (p *Poller) schedule(t *Task, now time.Duration) {
	h := p.hostFor(t.Request.Base)
	e := h.endpoint(t.Request.Endpoint)
	e.confirmed = e.confirmed || t.Seen != 0
	switch {
	case t.State == Reading:
		t.Next = 0
		p.enqueueFetch(t, true)
	case t.State.Terminal():
	case e.forbidden != nil:
		h.park(e, t)
	default:
		wall := p.stamp(now)
		h.plan.Track(t.Seq, e.name, planState(t), wall.Sub(t.Seen), wall.Sub(t.Started), now)
		t.Next = h.nextPollOf(t, now)
	}
}

// nextPollOf returns when a scheduled task is expected to be polled next.
func (h *host) nextPollOf(t *Task, now time.Duration) Stamp {
	return h.poller.stamp(max(h.plan.DueAt(t.Seq), now))
}

// planState returns the planner's state of a task.
func planState(t *Task) plan.State {
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

// park removes a task from the schedule until its endpoint is not forbidden any more. The caller
// stores the snapshot.
func (h *host) park(e *endpoint, t *Task) {
	h.plan.Remove(t.Seq)
	t.Next = 0
	e.parked = append(e.parked, t.Seq)
}

// forbid parks the tasks of an endpoint that the key may not use. Other endpoints are polled on,
// because the documented 403 is about the model. A task whose poll is in flight is parked when
// that returns.
func (p *Poller) forbid(h *host, e *endpoint, fault *queue.Fault) {
	e.forbidden = fault
	for _, t := range p.tasks {
		if t != nil && t.Request.Endpoint == e.name && h.plan.Has(t.Seq) && !p.pollStates[t.Seq].inFlight {
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
			p.change(t, func(next *Task) { p.schedule(next, now) })
		}
	}
}

// observation returns what an answer tells the planner. t is the snapshot after the answer.
func observation(t *Task, answer queue.Answer) plan.Observation {
	o := plan.Observation{State: planState(t), Position: int(t.QueuePosition), Inference: -1, RetryAfter: min(answer.RetryAfter, maxStatusRetryAfter)}
	if o.State == plan.Ended && t.InferenceTime >= 0 {
		o.Inference = time.Duration(t.InferenceTime * float64(time.Second))
	}
	return o
}

// SetViewed sets which task the user has open, -1 for none, and which are on the screen. The
// opened one is polled as often as the interval allows, the visible ones a little more often than
// others.
func (p *Poller) SetViewed(opened int32, visible []int32) {
	p.do(func() {
		p.opened = opened
		for _, h := range p.hosts {
			h.plan.SetViewed(opened, visible)
		}
	})
}

// clockStep is how far the wall clock must move against the monotonic one to count as set. The
// corrections of a drifting clock stay far below.
const clockStep = 2 * time.Second

// stamp returns the wall-clock time of a time of the schedule, for display.
func (p *Poller) stamp(at time.Duration) Stamp {
	return StampOf(p.options.Wall().Add(at - p.now()))
}

// followClock shifts the times of all live tasks when the wall clock was set or the machine
// slept. Without this, a step of an hour would make each run time shown an hour longer.
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
