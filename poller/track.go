package poller

import (
	"cmp"
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
	// NotKept counts the inputs that could not be kept with their requests, so that those can't
	// be submitted again. UnkeptWhy says why the first could not.
	NotKept    int
	NotKeptWhy string
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
			if tracked.Added++; tracked.Added == 1 {
				tracked.First = int32(len(p.tasks))
			}
			p.add(&Task{Seq: p.newSeq(), Request: r}, now)
		}
		p.linkInputs(inputs)
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
	t.countNotKept(more.NotKept, more.NotKeptWhy)
	t.StoreErr = cmp.Or(more.StoreErr, t.StoreErr)
}

// newSeq reserves the next Seq.
func (p *Poller) newSeq() int32 {
	p.tasks, p.slots = append(p.tasks, nil), append(p.slots, slot{})
	return int32(len(p.tasks) - 1)
}

// reserve reserves all up to a Seq.
func (p *Poller) reserve(seq int32) {
	for int(seq) >= len(p.tasks) {
		p.newSeq()
	}
}

// add tracks a new task, and has it polled.
func (p *Poller) add(t *Task, now time.Duration) {
	t.QueuePosition, t.InferenceTime, t.Added = -1, -1, p.stamp(now)
	p.place(t, now)
	p.insert(t)
	p.options.Store.Put(t, true)
}

// insert notes a task that is not tracked yet.
func (p *Poller) insert(t *Task) {
	p.tasks[t.Seq] = t
	p.tracked[t.Request.Key()] = t.Seq
	p.countLive(t, 1)
	p.changed = append(p.changed, t)
}

// relabel gives a task another label, and reports whether it did. A request without a label
// leaves the task's as it is.
func (p *Poller) relabel(seq int32, label string) bool {
	t := p.tasks[seq]
	if label == "" || label == t.Request.Label {
		return false
	}
	p.change(t, func(next *Task) { next.Request.Label = label })
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
	p.hostFor(old.Request.Base).plan.Remove(seq)
	p.repoll(&t, now)
	return true
}

// repoll has a task polled again at once, and forgets its failed polls.
func (p *Poller) repoll(t *Task, now time.Duration) {
	if t.State.Terminal() {
		t.State, t.Ended, t.Error = New, 0, ""
		if t.Started != 0 {
			t.State = Running
		} else if t.Queued != 0 {
			t.State = Queued
		}
	}
	p.slots[t.Seq] = slot{asking: p.slots[t.Seq].asking}
	p.place(t, now)
	t.Next = p.stamp(now)
	p.set(t)
	p.hostFor(t.Request.Base).plan.Prioritize(t.Seq)
}

// PollNow polls the given tasks once before all others, also while paused. It lifts what
// had stopped them: a refused key, a forbidden endpoint, an end as not found. It fetches
// the results of unread tasks. Other tasks that have ended are not polled.
func (p *Poller) PollNow(seqs ...int32) {
	p.do(func() {
		now := p.now()
		for _, seq := range seqs {
			t := p.task(seq)
			if t == nil {
				continue
			}
			reads := t.State == Reading || t.State == Unread
			if t.State.Terminal() && t.State != NotFound && !reads {
				continue
			}
			h := p.hostFor(t.Request.Base)
			h.stopped = nil
			p.unpark(h.endpoint(t.Request.Endpoint), now)
			if reads {
				p.fetchNow(t)
				continue
			}
			next := *t
			p.repoll(&next, now)
		}
	})
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
			for _, e := range h.endpoints {
				p.unpark(e, now)
			}
		}
		p.dirty = true
	})
}

// ClaimHook reports whether the task is HookDue, and ends that: of all that claim a
// task, also after a restart, one is told true. It is told false after the end of Run.
func (p *Poller) ClaimHook(seq int32) (claimed bool) {
	p.do(func() {
		if task := p.task(seq); task != nil && task.HookDue {
			p.change(task, func(next *Task) { next.HookDue = false })
			claimed = true
		}
	})
	p.options.Store.Sync()
	return claimed
}
