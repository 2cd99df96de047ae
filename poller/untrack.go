package poller

// Untrack stops tracking the given tasks. Nothing happens at the service. It returns their
// last snapshots, for Restore.
func (p *Poller) Untrack(seqs ...int32) []*Task {
	var gone []*Task
	p.do(func() {
		for _, seq := range seqs {
			t := p.task(seq)
			if t == nil {
				continue
			}
			h := p.hostFor(t.Request.Base)
			if !p.slots[seq].asking {
				h.plan.Remove(seq)
			}
			delete(p.tracked, t.Request.Key())
			p.tasks[seq] = nil
			p.countLive(t, -1)
			p.options.Store.Drop(seq)
			p.bodies.forget(seq)
			p.failures.forget(seq)
			p.results.forget(seq)
			p.dirty = true
			gone = append(gone, t)
		}
	})
	p.options.Store.Sync() // the next update tells what came of it
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
			h.drop(fetch, t.Seq)
			p.place(&next, now)
			p.insert(&next)
			p.options.Store.Put(&next, true)
			h.plan.Prioritize(t.Seq)
			back = append(back, &next)
		}
	})
	p.options.Store.Sync()
	return back
}
