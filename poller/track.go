package poller

import (
	"cmp"
	"slices"
	"time"

	"polltop/poller/queue"
)

// Tracked is what Track did with the requests that it was given.
type Tracked struct {
	// Added are new, Known were tracked already.
	Added, Known int
	// Corrected counts those among Known whose assumed endpoint was replaced by the one
	// given now; they are polled again.
	Corrected int
	// Labeled counts those among Known that were given another label.
	Labeled int
	// Conflicts counts those among Known that name another endpoint than their task,
	// which stays as it is. Conflict describes the first.
	Conflicts int
	Conflict  string
	// Unkept counts the inputs that could not be kept with their requests, so that those can't
	// be submitted again. UnkeptWhy says why the first could not.
	Unkept    int
	UnkeptWhy string
	// First is the Seq of the first task that was added, -1 for none.
	First int32
	// StoreErr is why they could not be put on disk; nil for success or no store.
	StoreErr error
}

// Track adds requests in their order, and polls them before the others. A request that is
// tracked already is not added again, but takes its label, if it has one, and its input, if
// none is known. They are on disk when it returns.
func (p *Poller) Track(requests []queue.Request) Tracked {
	tracked := Tracked{First: -1}
	inputs := p.keepInputs(requests, &tracked)
	p.do(func() {
		now := p.now()
		p.tasks, p.slots = slices.Grow(p.tasks, len(requests)), slices.Grow(p.slots, len(requests))
		for _, r := range requests {
			r.Input = ""
			if seq, ok := p.tracked[r.Key()]; ok {
				tracked.Known++
				if p.relabel(seq, r.Label) {
					tracked.Labeled++
				}
				old := p.tasks[seq].Request
				switch {
				case p.correct(seq, r, now):
					tracked.Corrected++
				case conflicting(old, r):
					tracked.conflict(r.ID + " stays under " + old.Endpoint + ", not " + r.Endpoint)
				}
				continue
			}
			seq := p.add(&Task{Request: r}, now)
			if tracked.First < 0 {
				tracked.First = seq
			}
			tracked.Added++
		}
		p.linkInputs(inputs)
		p.scheduleAdded(p.tasks[len(p.tasks)-tracked.Added:], now)
	})
	tracked.StoreErr = p.options.Store.Sync()
	return tracked
}

// conflicting reports whether two requests with one id name endpoints with different
// addresses.
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

// Join adds the counts of further requests of the same text.
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
	t.Labeled += more.Labeled
	t.Conflicts += more.Conflicts
	t.unkept(more.Unkept, more.UnkeptWhy)
	t.StoreErr = cmp.Or(more.StoreErr, t.StoreErr)
}

// scheduleAdded schedules tasks that were just added.
func (p *Poller) scheduleAdded(tasks []*Task, now time.Duration) {
	for _, t := range tasks {
		h := p.hostFor(t.Request.Base)
		if h.forbidden[t.Request.Endpoint] != nil {
			parked := *t
			p.park(h, &parked)
			continue
		}
		h.endpoint(t.Request.Endpoint)
		h.plan.Add(t.Seq, t.Request.Endpoint, now)
	}
}

// add tracks the request of a new task. The caller schedules it with scheduleAdded.
func (p *Poller) add(t *Task, now time.Duration) int32 {
	t.Seq = int32(len(p.tasks))
	p.tasks, p.slots = append(p.tasks, nil), append(p.slots, slot{})
	p.put(t, now)
	return t.Seq
}

// put is add for a task whose Seq is reserved.
func (p *Poller) put(t *Task, now time.Duration) {
	t.QueuePosition, t.InferenceTime, t.Added, t.Next = -1, -1, p.stamp(now), p.stamp(now)
	p.hostFor(t.Request.Base).live++
	p.tasks[t.Seq] = t
	p.tracked[t.Request.Key()] = t.Seq
	p.countLive(t, 1)
	p.changed = append(p.changed, t)
	p.options.Store.Put(t, true)
}

// relabel gives a task another label, and reports whether it did. A request without a label
// leaves the task's as it is.
func (p *Poller) relabel(seq int32, label string) bool {
	t := *p.tasks[seq]
	if label == "" || label == t.Request.Label {
		return false
	}
	t.Request.Label = label
	p.set(&t)
	return true
}

// correct replaces the assumed endpoint of a tracked request by the one of r, and polls
// it again at once. It reports whether it did. Without this, a bare id that is pasted
// first would hide the address in the create-task answer that is pasted later.
func (p *Poller) correct(seq int32, r queue.Request, now time.Duration) bool {
	old := p.tasks[seq]
	if !old.Request.Assumed || r.Assumed || old.State != New && old.State != NotFound {
		return false
	}
	t := *old
	t.Request = r
	t.Request.Label = old.Request.Label
	p.correctInput(&t)
	if old.Request.StatusURL() == r.StatusURL() {
		p.set(&t)
		return false
	}
	// The planner's statistics belong to an endpoint, the budget to a host.
	was, is := p.hostFor(old.Request.Base), p.hostFor(r.Base)
	was.plan.Remove(seq)
	if !old.State.Terminal() {
		was.live--
		is.live++
	}
	p.repoll(&t, now)
	return true
}

// repoll has a task polled again at once, and forgets its failed polls.
func (p *Poller) repoll(t *Task, now time.Duration) {
	h := p.hostFor(t.Request.Base)
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
	h.plan.Prioritize(t.Seq)
}

// hostFor returns the host of a base's origin. Bases can share it.
func (p *Poller) hostFor(base *queue.Base) *host {
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

// PollNow polls the given tasks once before all others, also while paused. It lifts what
// had stopped them: a refused key, a forbidden endpoint, an end as not found. It fetches
// the results of unread tasks. Other tasks that have ended are not polled.
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
			h := p.hostFor(t.Request.Base)
			h.stopped = nil
			p.unpark(h, t.Request.Endpoint, now)
			if reads {
				p.fetchNow(h, &t)
				continue
			}
			p.repoll(&t, now)
		}
	})
}

// unpark schedules the parked tasks of an endpoint again.
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

// TogglePause pauses all polling, or resumes it. Requests under way are finished. The next
// Update has the new state.
func (p *Poller) TogglePause() {
	p.do(func() { p.paused, p.dirty = !p.paused, true })
}

// Unblock resumes the polling of hosts and endpoints that refused the key, as after a
// change of the key.
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
