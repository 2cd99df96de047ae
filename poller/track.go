package poller

import (
	"cmp"
	"slices"
	"time"

	"polltop/poller/queue"
)

// Tracked says what Track made of the requests that it was given.
type Tracked struct {
	// Added are new, Known were tracked already.
	Added, Known int
	// Corrected counts those among Known whose endpoint had been assumed and
	// is now known to be another; they are asked anew.
	Corrected int
	// Conflicts counts those among Known that name another endpoint than the one that
	// their task names; the task stays as it is. Conflict tells the first of them.
	Conflicts int
	Conflict  string
	// First is the Seq of the first task that was added, -1 for none.
	First int32
	// StoreErr is why they could not be put on disk; nil where they were, or where
	// nothing is.
	StoreErr error
}

// Track adds requests, in their order, and asks for them before the others, the
// newest text first. A request that is tracked already, in whatever form it was
// given, is not added again. When it returns they are on disk.
func (p *Poller) Track(requests []queue.Request) Tracked {
	tracked := Tracked{First: -1}
	p.do(func() {
		now := p.now()
		p.tasks, p.slots = slices.Grow(p.tasks, len(requests)), slices.Grow(p.slots, len(requests))
		for _, r := range requests {
			if seq, ok := p.tracked[r.Key()]; ok {
				tracked.Known++
				old := p.tasks[seq].Request
				switch {
				case p.correct(seq, r, now):
					tracked.Corrected++
				case conflicting(old, r):
					tracked.conflict(r.ID + " stays under " + old.Endpoint + ", not " + r.Endpoint)
				}
				continue
			}
			seq := p.add(r, now)
			if tracked.First < 0 {
				tracked.First = seq
			}
			tracked.Added++
		}
		p.scheduleAdded(len(p.tasks)-tracked.Added, now)
	})
	tracked.StoreErr = p.options.Store.Sync()
	return tracked
}

// conflicting reports whether two requests of one id both name an endpoint, and these
// have different addresses.
func conflicting(a, b queue.Request) bool {
	if a.Assumed || b.Assumed || a.Endpoint == "" || b.Endpoint == "" {
		return false
	}
	a.URLs, b.URLs = nil, nil
	return a.StatusURL() != b.StatusURL()
}

// conflict counts a conflict.
func (t *Tracked) conflict(text string) {
	if t.Conflicts++; t.Conflicts == 1 {
		t.Conflict = text
	}
}

// Join adds what was made of further requests of the same text.
func (t *Tracked) Join(more Tracked) {
	if t.First < 0 && more.Added > 0 {
		t.First = more.First
	}
	if t.Conflicts == 0 {
		t.Conflict = more.Conflict
	}
	t.Added += more.Added
	t.Known += more.Known
	t.Corrected += more.Corrected
	t.Conflicts += more.Conflicts
	t.StoreErr = cmp.Or(more.StoreErr, t.StoreErr)
}

// scheduleAdded schedules the tasks from an index on, which were just added.
func (p *Poller) scheduleAdded(from int, now time.Duration) {
	for _, t := range p.tasks[from:] {
		h := p.hostOf(t.Request.Base)
		if h.forbidden[t.Request.Endpoint] != nil {
			parked := *t
			p.park(h, &parked)
			continue
		}
		h.endpoint(t.Request.Endpoint)
		h.plan.Add(t.Seq, t.Request.Endpoint, now)
	}
}

// add tracks a new request. The caller schedules it with scheduleAdded.
func (p *Poller) add(r queue.Request, now time.Duration) int32 {
	seq := int32(len(p.tasks))
	t := &Task{Seq: seq, Request: r, QueuePosition: -1, InferenceTime: -1, Added: p.stamp(now), Next: p.stamp(now)}
	p.hostOf(r.Base).live++
	p.tasks = append(p.tasks, t)
	p.slots = append(p.slots, slot{})
	p.tracked[r.Key()] = seq
	p.changed = append(p.changed, t)
	p.options.Store.Put(t, true)
	return seq
}

// correct takes over the endpoint or status URL of a request that is tracked
// under an assumed endpoint, and asks again at once. Without this a bare id,
// pasted first, would keep the whole create-task answer, pasted later, from
// ever being asked at the right address.
func (p *Poller) correct(seq int32, r queue.Request, now time.Duration) bool {
	old := p.tasks[seq]
	if !old.Request.Assumed || r.Assumed || old.State != New && old.State != NotFound {
		return false
	}
	t := *old
	t.Request = r
	if old.Request.StatusURL() == r.StatusURL() {
		p.set(&t)
		return false
	}
	// What is learned belongs to an endpoint, and the budget to a host.
	was, is := p.hostOf(old.Request.Base), p.hostOf(r.Base)
	was.plan.Remove(seq)
	if !old.State.Terminal() {
		was.live--
		is.live++
	}
	p.revive(&t, now)
	return true
}

// revive makes a task be asked again at once, and forgets what its former polls
// failed with.
func (p *Poller) revive(t *Task, now time.Duration) {
	h := p.hostOf(t.Request.Base)
	if t.State.Terminal() {
		h.live++
		t.State, t.Ended, t.Error = New, 0, ""
		if t.Started != 0 {
			t.State = Running
		} else if t.Queued != 0 {
			t.State = Queued
		}
	}
	slot := &p.slots[t.Seq]
	slot.misses, slot.attempts = 0, 0
	t.Next = p.stamp(now)
	p.set(t)
	p.schedule(h, t, now)
	h.plan.Urgent(t.Seq)
}

// hostOf returns the budget of the base's origin, which bases can share.
func (p *Poller) hostOf(base *queue.Base) *host {
	for _, h := range p.hosts {
		if h.origin == base.Origin() {
			return h
		}
	}
	h := newHost(base, &p.options, p.start)
	h.endpointOf = func(seq int32) *endpoint {
		if t := p.tasks[seq]; t != nil {
			return h.endpoint(t.Request.Endpoint)
		}
		return h.endpoint("") // untracked since it was chosen
	}
	p.hosts = append(p.hosts, h)
	p.dirty = true
	return h
}

// PollNow asks for the given tasks before all others, once, also while paused.
// It lifts what had stopped them: the host's refusal of the key, the
// endpoint's, an end as not found. The results of tasks that were left unread are
// read. Other tasks that have ended are not asked.
func (p *Poller) PollNow(seqs ...int32) {
	p.do(func() {
		now := p.now()
		for _, seq := range seqs {
			known := p.task(seq)
			if known == nil {
				continue
			}
			t := *known
			reads := t.State == Reading || t.State == Unread
			if t.State.Terminal() && t.State != NotFound && !reads {
				continue
			}
			h := p.hostOf(t.Request.Base)
			h.stopped = nil
			p.unpark(h, t.Request.Endpoint, now)
			if reads {
				p.readNow(h, &t)
				continue
			}
			p.revive(&t, now)
		}
	})
}

// unpark puts the tasks of an endpoint back into the schedule.
func (p *Poller) unpark(h *host, endpoint string, now time.Duration) {
	delete(h.forbidden, endpoint)
	for _, seq := range h.parked[endpoint] {
		if t := p.tasks[seq]; t != nil && !p.slots[seq].asking && !t.State.Terminal() {
			t := *t
			p.schedule(h, &t, now)
			p.setDue(h, &t, now)
		}
	}
	delete(h.parked, endpoint)
}

// TogglePause stops all polling, or lets it go on where it was stopped. Requests
// under way are finished. The next Update tells which it is.
func (p *Poller) TogglePause() {
	p.do(func() { p.paused, p.dirty = !p.paused, true })
}

// Unblock lifts all that a service's refusals have stopped, as after a change of
// the key: hosts that refused it, and endpoints.
func (p *Poller) Unblock() {
	p.do(func() {
		now := p.now()
		for _, h := range p.hosts {
			h.stopped = nil
			for endpoint := range h.forbidden {
				p.unpark(h, endpoint, now)
			}
		}
		p.dirty = true
	})
}
