package session

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// pollWithoutStore polls without the disk until the session can be used, or ctx ends. The
// dashboard shows why nothing is kept.
func (s *Session) pollWithoutStore(ctx context.Context) {
	o := s.options
	o.Tasks = s.unsaved
	p := poller.NewPoller(o)
	inner, cancel := context.WithCancel(ctx)
	role := &owner{Poller: p, persistence: s.persistenceNow}
	role.setStoreErr(s.why())
	s.setRole(role)
	var running sync.WaitGroup
	running.Go(guard.Func(func() { p.Run(inner) }))
	ticker := time.NewTicker(retry)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
		// Also once at the end, to store what is known then.
		if s.openErr = s.tryOpen(); s.openErr == nil {
			break
		}
		role.setStoreErr(s.why())
		p.Wake()
	}
	cancel()
	running.Wait()
	s.unsaved = p.Tasks()
	if ctx.Err() != nil && s.openErr == nil {
		s.openErr = s.saveUnsaved()
	}
}

// why returns the message while the session can't be used.
func (s *Session) why() error {
	return fmt.Errorf("the session %s can't be used: %w; it is tried again every %s", s.persistenceNow().Session, s.openErr, retry)
}

// tryOpen opens the session if it is not open, and checks that it can be used.
func (s *Session) tryOpen() error {
	if s.store == nil {
		opened, err := store.Open(s.path)
		if err != nil {
			return err
		}
		s.opened(opened)
	}
	_, _, err := s.store.Acquire()
	return err
}

// saveUnsaved stores the tasks that were polled without the disk, at the end of Run.
func (s *Session) saveUnsaved() error {
	_, held, err := s.store.Acquire()
	if err != nil {
		return err
	}
	if !held {
		return s.handOver(s.unsaved)
	}
	_, err = s.load()
	return err
}

// adopt merges the tasks of the session with those that were tracked here before it could be
// used. The latter keep their Seqs, which the screen has; others get new ones if needed.
func (s *Session) adopt(kept []*poller.Task) ([]*poller.Task, error) {
	mine := s.unsaved
	if len(mine) == 0 {
		return kept, nil
	}
	if len(kept) == 0 {
		for _, t := range mine {
			s.store.Put(t, true)
		}
		s.unsaved = nil
		return mine, nil
	}
	all, moved := merge(kept, mine)
	if _, err := s.disk.Rewrite(all, moved); err != nil {
		return nil, err
	}
	s.unsaved = nil
	return all, nil
}

// merge returns the tasks of both, each request once, and the new Seqs of the first. The second
// keep theirs.
func merge(kept, mine []*poller.Task) (all []*poller.Task, moved map[int32]int32) {
	moved = map[int32]int32{}
	places := map[queue.Key]int{}
	next := int32(0)
	for i, t := range mine {
		places[t.Request.Key()] = i
		next = max(next, t.Seq+1)
		all = append(all, t)
	}
	for _, t := range kept {
		place, twice := places[t.Request.Key()]
		copied := *t
		if twice {
			own := mine[place]
			if !t.State.Terminal() && (own.State.Terminal() || t.Seen <= own.Seen) {
				copied = *own
			}
			copied.Seq, copied.Request.Label = own.Seq, cmp.Or(own.Request.Label, t.Request.Label)
			all[place] = &copied
		} else {
			copied.Seq = next
			next++
			all = append(all, &copied)
		}
		moved[t.Seq] = copied.Seq
	}
	return all, moved
}
