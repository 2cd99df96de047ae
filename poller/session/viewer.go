package session

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// viewer is the role of a process that shows what another one stores. It leaves the user's commands as
// orders for that one.
type viewer struct {
	*poller.Poller // one that has ended: its outbox has the changes, and it reads the store
	session        *Session

	mu             sync.Mutex  // guards all below
	lease          store.Lease // of the process that polls
	leaseChangedAt time.Time
	silent         bool // the lease has not changed for silentAfter
	tasks          map[int32]*poller.Task
	seqOf          map[queue.Key]int32 // the Seqs of tasks
	fault          error               // why the store can't be read; nil if it can
}

// view shows what the polling process stores, until this one may poll or ctx ends.
func (s *Session) view(ctx context.Context, lease store.Lease) error {
	v := &viewer{Poller: endedPoller(s.store), session: s, tasks: map[int32]*poller.Task{}, seqOf: map[queue.Key]int32{}}
	if len(s.unstored) > 0 {
		if err := s.orderTracking(s.unstored); err != nil {
			return err
		}
		s.unstored = nil
	}
	v.setLease(lease, time.Now())
	snapshot, err := s.store.Load(s.baseOf)
	if err == nil {
		snapshot.Dropped = s.staleSeqs(snapshot.Tasks)
	}
	v.apply(snapshot, err)
	s.setRole(v)
	defer s.commands.Lock()
	ticker := time.NewTicker(checkInterval)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			lease, polls, err := s.store.Acquire()
			if polls {
				return nil
			}
			if err == nil {
				v.setLease(lease, now)
			}
		case <-ctx.Done():
			return nil
		}
		snapshot = s.readChanges(v, snapshot)
	}
}

// readChanges applies what has changed in the store since a snapshot, and returns the next one.
func (s *Session) readChanges(v *viewer, last store.Snapshot) store.Snapshot {
	if lost := s.checkFiles(); lost != nil {
		if err := s.file.Reopen(); err != nil {
			v.apply(store.Snapshot{}, fmt.Errorf("%w: %w", lost, err))
			return last
		}
		last = store.BeforeAll()
	}
	next, err := s.store.Since(last, s.baseOf, maps.Keys(v.tasks))
	err = cmp.Or(err, s.postCancels())
	v.apply(next, err)
	if err != nil {
		return last
	}
	return next
}

// setLease sets the lease of the process that polls. It makes an update if another process polls now, or
// if that has fallen silent or is no longer silent.
func (v *viewer) setLease(lease store.Lease, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	wasSilent, process := v.silent, v.lease.Process()
	if lease != v.lease {
		v.lease, v.leaseChangedAt = lease, now
	}
	v.session.paused = v.session.paused && lease.Holder == "" // a process that polls is not paused
	v.silent = now.Sub(v.leaseChangedAt) >= silentAfter
	if v.silent != wasSilent || lease.Process() != process {
		v.Forward(poller.Update{})
	}
}

// apply applies a snapshot, or records why it can't be read.
func (v *viewer) apply(s store.Snapshot, fault error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if fault != nil {
		s = store.Snapshot{}
	}
	if s.Empty() && fmt.Sprint(fault) == fmt.Sprint(v.fault) {
		return
	}
	for _, seq := range s.Dropped {
		if t := v.tasks[seq]; t != nil { // nil for a task of the role before
			delete(v.seqOf, t.Request.Key())
			delete(v.tasks, seq)
		}
	}
	for _, t := range s.Tasks {
		v.tasks[t.Seq], v.seqOf[t.Request.Key()] = t, t.Seq
	}
	if s.Unreadable > 0 {
		v.session.Report(store.UnreadableText(s.Unreadable, v.session.persistence.Session) + ": left out here, the next polltop that polls it puts what is damaged aside")
	}
	v.fault = fault
	v.Forward(poller.Update{Tasks: s.Tasks, Payloads: s.Payloads, Dropped: s.Dropped})
}

// Next waits until something has changed in the store.
func (v *viewer) Next(ctx context.Context) (poller.Update, bool) {
	u, ok := v.Poller.Next(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	u.Persistence.PolledBy, u.Persistence.OwnerSilent = v.lease.Process(), v.silent
	u.StoreErr = v.fault
	return u, ok
}

// Track leaves an order to track requests. It is stored when Track returns, and the tasks are shown once
// the polling process has tracked them.
func (v *viewer) Track(requests []queue.Request) poller.Tracked {
	tracked := poller.Tracked{First: -1}
	v.mu.Lock()
	var fresh []queue.Request
	seen := map[queue.Key]bool{}
	for _, r := range requests {
		seq, known := v.seqOf[r.Key()]
		if tracked.DropLongInput(&r); known && v.tasks[seq].Payload != 0 {
			r.Input = ""
		}
		if known || seen[r.Key()] {
			tracked.AlreadyTracked++
			if known && r.Label != "" && r.Label != v.tasks[seq].Request.Label {
				tracked.Labeled++
			}
		} else {
			tracked.Added++
		}
		if !seen[r.Key()] {
			fresh = append(fresh, r) // also a known one: it may correct an endpoint or the label
		}
		seen[r.Key()] = true
	}
	v.mu.Unlock()
	if len(fresh) > 0 {
		tracked.StoreErr = v.session.openStore().Post(store.Order{Track: store.Requests(fresh)})
	}
	return tracked
}

// order leaves an order, or shows why it can't.
func (v *viewer) order(o store.Order) {
	if err := v.session.openStore().Post(o); err != nil {
		v.apply(store.Snapshot{}, err)
	}
}

// Tasks returns the latest snapshots of all tasks.
func (v *viewer) Tasks() []*poller.Task {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Collect(maps.Values(v.tasks))
}

// Restore has the polling process track tasks again. It returns none, because that is still to number them.
func (v *viewer) Restore(tasks []*poller.Task) []*poller.Task {
	v.order(store.TrackOrder(slices.Values(tasks)))
	return nil
}

// Untrack tells the user that only the polling process removes tasks.
func (v *viewer) Untrack(...int32) []*poller.Task {
	v.refuse("removing tasks")
	return nil
}

func (v *viewer) TogglePause()         { v.refuse("pausing") }
func (v *viewer) Unblock()             { v.refuse("reading the key again") }
func (v *viewer) DropCancels(...int32) { v.refuse("taking back cancels") }

// refuse tells the user that only the polling process can do something.
func (v *viewer) refuse(what string) {
	v.mu.Lock()
	process := v.lease.Process()
	v.mu.Unlock()
	v.session.Report(what + " is for the polltop with " + process + ", which polls this session: do it there, or end it, and this one takes over")
}

// These leave an order for the polling process.

func (v *viewer) PollNow(seqs ...int32)   { v.order(store.Order{PollNow: seqs}) }
func (v *viewer) Cancel(seqs ...int32)    { v.order(store.Order{Cancel: seqs}) }
func (v *viewer) GiveUp(numbers ...int64) { v.order(store.Order{GiveUp: numbers}) }
func (v *viewer) Resubmit(numbers ...int64) int {
	v.order(store.Order{Resubmit: numbers})
	return len(numbers)
}
func (v *viewer) Fetch(seq int32) {
	if _, ok := v.Result(seq); !ok {
		v.order(store.Order{Fetch: []int32{seq}})
	}
}

// Logs returns the log lines in the answer that ended a task.
func (v *viewer) Logs(seq int32) []queue.LogLine {
	v.mu.Lock()
	t := v.tasks[seq]
	v.mu.Unlock()
	body, ok := v.Body(seq)
	if t == nil || !ok {
		return nil
	}
	return poller.LogsOf(body, t.Request)
}
