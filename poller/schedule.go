package poller

import (
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// moment is a time on the poller's own monotonic clock: since its start. The
// wall clock may jump; the schedule must not.
type moment = time.Duration

// maxHint bounds how long an answer that tells a status may ask not to poll its task.
const maxHint = time.Minute

// slot is what the poller keeps of a task beside its snapshot. When the task is
// asked, its host's planner decides.
type slot struct {
	asking   bool  // a poll of it is under way
	misses   uint8 // answers in a row that the service does not know it
	attempts uint8 // polls in a row that brought no answer
}

// enlist has a task's host ask it some time, as one of which is known what the
// snapshot tells. One that the host asks already stays as it is.
func (p *Poller) enlist(h *host, t *Task, now moment) {
	state := plan.Unseen
	switch t.State {
	case Queued:
		state = plan.Queued
	case Running:
		state = plan.Running
	}
	h.endpoint(t.Request.Endpoint)
	wall := p.stamp(now)
	h.plan.Resume(t.Seq, t.Request.Endpoint, state, wall.Sub(t.Seen), wall.Sub(t.Started), now)
}

// told sets the next snapshot of a task that an answer told not to have ended, and
// has it asked again when that is worth it.
func (p *Poller) told(h *host, t *Task, answer queue.Answer, now moment) {
	if p.parked(h, t) {
		return
	}
	h.plan.Observe(t.Seq, observation(t, answer), now)
	p.awaited(h, t, now)
}

// putOff sets the next snapshot of a task whose poll brought no answer, and has it
// asked again from a moment on; now, where that was not its own fault.
func (p *Poller) putOff(h *host, t *Task, until, now moment) {
	if p.parked(h, t) {
		return
	}
	h.plan.Defer(t.Seq, until, now)
	p.awaited(h, t, now)
}

// awaited sets the next snapshot of a task that waits to be asked.
func (p *Poller) awaited(h *host, t *Task, now moment) {
	due, _ := h.plan.Waits(t.Seq)
	t.Next = p.stamp(max(due, now))
	p.set(t)
}

// parked sets a task aside if the key may not use its endpoint, and reports
// whether it did.
func (p *Poller) parked(h *host, t *Task) bool {
	if h.forbidden[t.Request.Endpoint] == nil {
		return false
	}
	p.park(h, t)
	return true
}

// observation returns what a planner is to learn from an answer about a task, of
// which the snapshot is the one behind it.
func observation(t *Task, answer queue.Answer) plan.Observation {
	o := plan.Observation{State: plan.Queued, Inference: -1, Hint: min(answer.RetryAfter, maxHint)}
	switch {
	case t.State.Terminal(), t.State == Reading:
		o.State = plan.Ended
		if t.InferenceTime >= 0 {
			o.Inference = time.Duration(t.InferenceTime * float64(time.Second))
		}
	case t.State == Running:
		o.State = plan.Running
	}
	return o
}

// Watch says which task the user has open, -1 for none, and which are on the
// screen: the one is asked as often as the interval allows, the others a little
// more often than those that nobody sees.
func (p *Poller) Watch(opened int32, visible []int32) {
	p.do(func() {
		p.opened = opened
		for _, h := range p.hosts {
			h.plan.Watch(opened, visible)
		}
	})
}
