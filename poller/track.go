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
// tracked already is not added again, but its task takes its label, if it has one, and its input, if
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
				if old := p.tasks[seq]; r.Label != "" && r.Label != old.Request.Label {
					tracked.Labeled++
					p.change(old, func(next *Task) { next.Request.Label = r.Label })
				}
				old := p.tasks[seq].Request
				switch {
				case p.correct(seq, r, now):
					tracked.Corrected++
				case conflicting(old, r):
					tracked.Conflicts++
					tracked.Conflict = cmp.Or(tracked.Conflict, r.ID+" stays under "+old.Endpoint+", not "+r.Endpoint)
				}
				continue
			}
			if tracked.Added++; tracked.Added == 1 {
				tracked.First = int32(len(p.tasks))
			}
			p.addNew(&Task{Seq: p.newSeq(), Request: r}, now)
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

// Join adds the counts of further requests of the same text.
func (t *Tracked) Join(more Tracked) {
	if t.First < 0 && more.Added > 0 {
		t.First = more.First
	}
	t.Conflict = cmp.Or(t.Conflict, more.Conflict)
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

// addNew tracks a task that is not known yet, and has it polled.
func (p *Poller) addNew(t *Task, now time.Duration) {
	t.QueuePosition, t.InferenceTime, t.Added = -1, -1, p.stamp(now)
	p.add(t, now)
}

// add tracks a task, and has it polled if it has not ended.
func (p *Poller) add(t *Task, now time.Duration) {
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
	p.each(seqs, func(t *Task) {
		reads := t.State == Reading || t.State == Unread
		if t.State.Terminal() && t.State != NotFound && !reads {
			return
		}
		h := p.hostFor(t.Request.Base)
		h.stopped = nil
		p.unpark(h.endpoint(t.Request.Endpoint), p.now())
		if reads {
			p.fetchNow(t)
			return
		}
		next := *p.tasks[t.Seq] // unpark may have changed it
		p.repoll(&next, p.now())
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
// task, also after a restart, one gets true. It gets false after the end of Run.
func (p *Poller) ClaimHook(seq int32) (claimed bool) {
	p.each([]int32{seq}, func(t *Task) {
		if claimed = t.HookDue; claimed {
			p.change(t, func(next *Task) { next.HookDue = false })
		}
	})
	p.options.Store.Sync()
	return claimed
}

// Untrack stops tracking the given tasks. Nothing happens at the service. It returns their
// last snapshots, for Restore.
func (p *Poller) Untrack(seqs ...int32) []*Task {
	var gone []*Task
	p.each(seqs, func(t *Task) {
		if !p.slots[t.Seq].asking {
			p.hostFor(t.Request.Base).plan.Remove(t.Seq)
		}
		delete(p.tracked, t.Request.Key())
		p.tasks[t.Seq] = nil
		p.countLive(t, -1)
		p.options.Store.Drop(t.Seq)
		p.bodies.forget(t.Seq)
		p.failures.forget(t.Seq)
		p.results.forget(t.Seq)
		p.dirty = true
		gone = append(gone, t)
	})
	p.options.Store.Sync() // the next update reports what came of it
	return gone
}

// Restore tracks tasks again that Untrack returned, and polls the live ones at once. It
// returns the restored tasks: one whose request was added again meanwhile is not restored.
func (p *Poller) Restore(tasks []*Task) []*Task {
	var back []*Task
	p.do(func() {
		now := p.now()
		for _, t := range tasks {
			if _, ok := p.tracked[t.Request.Key()]; ok || p.tasks[t.Seq] != nil {
				continue
			}
			next := *t
			next.Canceling, next.Fetched, next.Made = false, false, "" // the result went with the task
			h := p.hostFor(t.Request.Base)
			h.dropOf(fetch, t.Seq)
			p.add(&next, now)
			h.plan.Prioritize(t.Seq)
			back = append(back, &next)
		}
	})
	p.options.Store.Sync()
	return back
}
