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

// viewer is the role of a process that shows what another one stores. It leaves requests of the
// user as orders for that one.
type viewer struct {
	*poller.Poller // one that has ended: it hands out what is shown and stored
	session        *Session
	store          Store

	mu      sync.Mutex
	lease   store.Lease // of the process that polls
	leaseAt time.Time   // when that last changed
	silent  bool        // that was too long ago
	damage  string      // what can't be read; "" for nothing
	tasks   map[int32]*poller.Task
	known   map[queue.Key]int32
	fault   error
}

// view shows what the polling process stores, until this one has the session's lock or ctx
// ends.
func (s *Session) view(ctx context.Context, lease store.Lease) error {
	v := &viewer{Poller: endedPoller(s.store), session: s, store: s.store, tasks: map[int32]*poller.Task{}, known: map[queue.Key]int32{}}
	if len(s.unsaved) > 0 {
		if err := s.handOver(s.unsaved); err != nil {
			return err
		}
		s.unsaved = nil
	}
	v.see(lease, time.Now())
	snapshot, err := s.store.Load(s.base)
	if err == nil {
		snapshot.Dropped = s.gone(snapshot.Tasks)
	}
	v.show(snapshot, err)
	s.setRole(v)
	defer s.commands.Lock()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			lease, held, err := s.store.Acquire()
			if held {
				return nil
			}
			if err == nil {
				v.see(lease, now)
			}
		case <-ctx.Done():
			return nil
		}
		snapshot = s.follow(v, snapshot)
	}
}

// follow shows what has changed on disk since a snapshot, and returns the next.
func (s *Session) follow(v *viewer, last store.Snapshot) store.Snapshot {
	if moved := s.moved(); moved != nil {
		if err := s.disk.Reopen(); err != nil {
			v.show(store.Snapshot{}, fmt.Errorf("%w: %w", moved, err))
			return last
		}
		last = store.BeforeAll()
	}
	next, err := s.store.Since(last, s.base, maps.Keys(v.tasks))
	err = cmp.Or(err, s.postDue())
	v.show(next, err)
	if err != nil {
		return last
	}
	return next
}

// see stores which process polls, and shows if that, or its signs of life, changed.
func (v *viewer) see(lease store.Lease, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	was, named := v.silent, v.lease.Process()
	if lease != v.lease {
		v.lease, v.leaseAt = lease, now
	}
	v.session.paused = v.session.paused && lease.Holder == "" // else polling went on
	v.silent = now.Sub(v.leaseAt) >= silence
	if v.silent != was || lease.Process() != named {
		v.Forward(poller.Update{})
	}
}

// show applies the changes on disk, or stores why they can't be read.
func (v *viewer) show(s store.Snapshot, fault error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if fault != nil {
		s = store.Snapshot{}
	}
	if s.Empty() && fmt.Sprint(fault) == fmt.Sprint(v.fault) {
		return
	}
	for _, seq := range s.Dropped {
		if t := v.tasks[seq]; t != nil { // else it is of the role before
			delete(v.known, t.Request.Key())
			delete(v.tasks, seq)
		}
	}
	for _, t := range s.Tasks {
		v.tasks[t.Seq], v.known[t.Request.Key()] = t, t.Seq
	}
	if s.Unreadable > 0 {
		v.damage = store.UnreadableText(s.Unreadable, v.session.persistence.Session) + ": left out here, the next polltop that polls it puts what is damaged aside"
	}
	v.fault = fault
	v.Forward(poller.Update{Tasks: s.Tasks, Payloads: s.Payloads, Dropped: s.Dropped})
}

// Next waits until something has changed on disk.
func (v *viewer) Next(ctx context.Context) (poller.Update, bool) {
	u, ok := v.Poller.Next(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	u.Persistence, _ = v.session.state()
	u.Persistence.PolledBy, u.Persistence.OwnerSilent, u.Persistence.Damage = v.lease.Process(), v.silent, cmp.Or(v.damage, u.Persistence.Damage)
	u.StoreErr = v.fault
	return u, ok
}

// Track leaves requests for the polling process. They are on disk when it returns, and are shown
// once that process has tracked them.
func (v *viewer) Track(requests []queue.Request) poller.Tracked {
	tracked := poller.Tracked{First: -1}
	v.mu.Lock()
	var fresh []queue.Request
	seen := map[queue.Key]bool{}
	for _, r := range requests {
		seq, known := v.known[r.Key()]
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
		tracked.StoreErr = v.store.Post(store.Order{Track: store.Requests(fresh)})
	}
	return tracked
}

// order leaves an order, or shows why it can't.
func (v *viewer) order(o store.Order) {
	if err := v.store.Post(o); err != nil {
		v.show(store.Snapshot{}, err)
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
	if _, ok := v.store.Result(seq); !ok {
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
