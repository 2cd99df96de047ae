package poller

import (
	"cmp"
	"time"

	"polltop/poller/queue"
)

// Tracked counts what Track did with its requests.
type Tracked struct {
	// Added counts the new requests, AlreadyTracked those that were tracked already.
	Added, AlreadyTracked int
	// Corrected counts those of AlreadyTracked whose task had an assumed endpoint, which the request
	// replaced; they are polled again.
	Corrected int
	// Labeled counts those of AlreadyTracked that changed the label of their task.
	Labeled int
	// Conflicts counts those of AlreadyTracked that name another endpoint than their task, which
	// stays as it is. Conflict describes the first.
	Conflicts int
	Conflict  string
	// InputsNotStored counts the inputs that could not be stored with their requests, which can't be
	// submitted again then. InputError is why the first could not.
	InputsNotStored int
	InputError      string
	// First is the Seq of the first task that was added, -1 for none.
	First int32
	// StoreErr is why they are not on disk; nil for success or no store.
	StoreErr error
}

// Track adds requests in their order. A request that is tracked already changes the label of its
// task, if it has one, and adds its input, if the task has none. All are on disk when it returns.
func (p *Poller) Track(requests []queue.Request) Tracked {
	tracked := Tracked{First: -1}
	inputs := p.storeInputs(requests, &tracked)
	p.do(func() {
		now := p.now()
		for _, r := range requests {
			r.Input = ""
			if seq, ok := p.tracked[r.Key()]; ok {
				tracked.AlreadyTracked++
				if old := p.tasks[seq]; r.Label != "" && r.Label != old.Request.Label {
					tracked.Labeled++
					p.change(old, func(next *Task) { next.Request.Label = r.Label })
				}
				old := p.tasks[seq].Request
				switch {
				case p.correctEndpoint(seq, r, now):
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

// conflicting reports whether two requests with the same id have endpoints with different
// addresses.
func conflicting(a, b queue.Request) bool {
	if a.EndpointAssumed || b.EndpointAssumed || a.Endpoint == "" || b.Endpoint == "" {
		return false
	}
	a.URLs, b.URLs = nil, nil
	return a.StatusURL() != b.StatusURL()
}

// Add adds the counts of a later call of Track.
func (t *Tracked) Add(more Tracked) {
	if t.First < 0 && more.Added > 0 {
		t.First = more.First
	}
	t.Conflict = cmp.Or(t.Conflict, more.Conflict)
	t.Added += more.Added
	t.AlreadyTracked += more.AlreadyTracked
	t.Corrected += more.Corrected
	t.Labeled += more.Labeled
	t.Conflicts += more.Conflicts
	t.countNotStored(more.InputsNotStored, more.InputError)
	t.StoreErr = cmp.Or(more.StoreErr, t.StoreErr)
}

// newSeq reserves the next Seq.
func (p *Poller) newSeq() int32 {
	p.tasks, p.pollStates = append(p.tasks, nil), append(p.pollStates, pollState{})
	return int32(len(p.tasks) - 1)
}

// reserveSeqs reserves all Seqs up to one.
func (p *Poller) reserveSeqs(seq int32) {
	for int(seq) >= len(p.tasks) {
		p.newSeq()
	}
}

// addNew tracks a new task and schedules its first poll.
func (p *Poller) addNew(t *Task, now time.Duration) {
	t.QueuePosition, t.InferenceTime, t.Added = -1, -1, p.stamp(now)
	p.add(t, now)
}

// add tracks a task, and schedules its next poll if it has not ended.
func (p *Poller) add(t *Task, now time.Duration) {
	p.schedule(t, now)
	p.register(t)
	p.options.Store.Put(t, true)
}

// register adds a task to the tracked ones.
func (p *Poller) register(t *Task) {
	p.tasks[t.Seq] = t
	p.tracked[t.Request.Key()] = t.Seq
	p.countLive(t, 1)
	p.changedTasks = append(p.changedTasks, t)
}

// correctEndpoint replaces the assumed endpoint of a tracked request by that of r, has the task
// polled at once, and reports whether it did. Without this, a bare id that is pasted first would
// hide the address in the create-task answer that is pasted later.
func (p *Poller) correctEndpoint(seq int32, r queue.Request, now time.Duration) bool {
	old := p.tasks[seq]
	if !old.Request.EndpointAssumed || r.EndpointAssumed || old.State != New && old.State != NotFound {
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

// repoll resets the failures of a task and has it polled at once.
func (p *Poller) repoll(t *Task, now time.Duration) {
	if t.State.Terminal() {
		t.State, t.Ended, t.Error = New, 0, ""
		if t.Started != 0 {
			t.State = Running
		} else if t.Queued != 0 {
			t.State = Queued
		}
	}
	p.pollStates[t.Seq] = pollState{inFlight: p.pollStates[t.Seq].inFlight}
	p.schedule(t, now)
	t.Next = p.stamp(now)
	p.set(t)
	p.hostFor(t.Request.Base).plan.Prioritize(t.Seq)
}

// PollNow polls the given tasks once before all others, also while paused. It ends what keeps
// them from being polled: a refused key, a forbidden endpoint, the state NotFound. It fetches the
// results of unread tasks. Other tasks that have ended are not polled.
func (p *Poller) PollNow(seqs ...int32) {
	p.each(seqs, func(t *Task) {
		awaitsResult := t.State == Reading || t.State == Unread
		if t.State.Terminal() && t.State != NotFound && !awaitsResult {
			return
		}
		h := p.hostFor(t.Request.Base)
		h.stopped = nil
		p.unpark(h.endpoint(t.Request.Endpoint), p.now())
		if awaitsResult {
			p.fetchNow(t)
			return
		}
		next := *p.tasks[t.Seq] // unpark may have changed it
		p.repoll(&next, p.now())
	})
}

// TogglePause pauses all polling, or resumes it. Requests in flight go on. The next Update has
// the new state.
func (p *Poller) TogglePause() {
	p.do(func() { p.paused, p.dirty = !p.paused, true })
}

// Paused reports whether polling is paused, also after the end of Run.
func (p *Poller) Paused() (paused bool) {
	p.doOrRead(func() { paused = p.paused })
	return paused
}

// Unblock resumes the polling of hosts and endpoints that refused the key, after a change of the
// key.
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

// ClaimHook clears HookDue of a task, and reports whether it was set: one caller gets true, also
// across restarts. After the end of Run it returns false.
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
	var untracked []*Task
	p.each(seqs, func(t *Task) {
		if !p.pollStates[t.Seq].inFlight {
			p.hostFor(t.Request.Base).plan.Remove(t.Seq)
		}
		delete(p.tracked, t.Request.Key())
		p.tasks[t.Seq] = nil
		p.countLive(t, -1)
		p.options.Store.Drop(t.Seq)
		p.bodies.delete(t.Seq)
		p.failedBodies.delete(t.Seq)
		p.results.delete(t.Seq)
		p.dirty = true
		untracked = append(untracked, t)
	})
	p.options.Store.Sync() // the next update has the error
	return untracked
}

// Restore tracks tasks again that Untrack returned, and polls the live ones at once. It returns
// the restored tasks: one whose request was tracked again meanwhile is left out.
func (p *Poller) Restore(tasks []*Task) []*Task {
	var restored []*Task
	p.do(func() {
		now := p.now()
		for _, t := range tasks {
			if _, ok := p.tracked[t.Request.Key()]; ok {
				continue
			}
			next := *t
			if p.reserveSeqs(t.Seq); p.tasks[t.Seq] != nil {
				next.Seq = p.newSeq() // this poller loaded the session after the removal, and gave the Seq to another task
			}
			next.Canceling, next.Fetched, next.OutputSummary = false, false, "" // Untrack deleted the result
			h := p.hostFor(t.Request.Base)
			h.dropOf(fetch, next.Seq)
			p.add(&next, now)
			h.plan.Prioritize(next.Seq)
			restored = append(restored, &next)
		}
	})
	p.options.Store.Sync()
	return restored
}
