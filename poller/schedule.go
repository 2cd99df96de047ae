package poller

import (
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// maxHint bounds how long an answer that tells a status may ask not to poll its task.
const maxHint = time.Minute

// slot is the poller's own state of a task, beside its snapshot. The host's planner
// decides when the task is polled.
type slot struct {
	asking   bool  // a poll is under way
	misses   uint8 // answers in a row that the service does not know the task
	attempts uint8 // polls in a row that brought no answer
}

// schedule adds a task to its host's planner, with the state and times of its snapshot.
// It does nothing where the planner has the task already.
func (p *Poller) schedule(h *host, t *Task, now time.Duration) {
	state := plan.NotPolled
	switch t.State {
	case Queued:
		state = plan.Queued
	case Running:
		state = plan.Running
	}
	e := h.endpoint(t.Request.Endpoint)
	e.known = e.known || t.Seen != 0
	wall := p.stamp(now)
	h.plan.Resume(t.Seq, t.Request.Endpoint, state, wall.Sub(t.Seen), wall.Sub(t.Started), now)
}

// scheduleNext stores the next snapshot of a task that has not ended, and has the planner
// choose when to poll it again.
func (p *Poller) scheduleNext(h *host, t *Task, answer queue.Answer, now time.Duration) {
	if p.parked(h, t) {
		return
	}
	h.plan.Observe(t.Seq, observation(t, answer), now)
	p.setDue(h, t, now)
}

// postpone stores the next snapshot of a task whose poll brought no answer, and has it
// polled again from the given time on.
func (p *Poller) postpone(h *host, t *Task, until, now time.Duration) {
	if p.parked(h, t) {
		return
	}
	h.plan.Defer(t.Seq, until, now)
	p.setDue(h, t, now)
}

// setDue stores the next snapshot of a scheduled task, with the time of its next poll.
func (p *Poller) setDue(h *host, t *Task, now time.Duration) {
	due, _ := h.plan.DueAt(t.Seq)
	t.Next = p.stamp(max(due, now))
	p.set(t)
}

// parked parks a task if the key may not use its endpoint, and reports whether it did.
func (p *Poller) parked(h *host, t *Task) bool {
	if h.forbidden[t.Request.Endpoint] == nil {
		return false
	}
	p.park(h, t)
	return true
}

// observation returns what the planner learns from an answer about a task. The snapshot
// is the one after the answer.
func observation(t *Task, answer queue.Answer) plan.Observation {
	o := plan.Observation{State: plan.Queued, Position: int(t.QueuePosition), Inference: -1, Hint: min(answer.RetryAfter, maxHint)}
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
