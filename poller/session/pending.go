package session

import (
	"context"
	"fmt"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// pollUnkept polls without the disk until the session can be used, or ctx ends: the
// dashboard goes on, and says why nothing is kept.
func (s *Session) pollUnkept(ctx context.Context) {
	o := s.options
	o.Tasks = s.carried
	p := poller.NewPoller(o)
	inner, cancel := context.WithCancel(ctx)
	role := &owner{Poller: p, persistence: s.keep}
	role.lack(s.why())
	s.take(role)
	var running sync.WaitGroup
	running.Go(guard.Func(func() { p.Run(inner) }))
	ticker := time.NewTicker(retry)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
		// Also once at the end: what is known now is kept if that can be.
		if s.lacking = s.attempt(); s.lacking == nil {
			break
		}
		role.lack(s.why())
		p.Wake()
	}
	cancel()
	running.Wait()
	s.carried = p.Tasks()
	if ctx.Err() != nil && s.lacking == nil {
		s.lacking = s.keepCarried()
	}
}

// why returns what the user is told while the session can't be used.
func (s *Session) why() error {
	return fmt.Errorf("the session %s can't be used: %w; it is tried again every %s", s.keep().Session, s.lacking, retry)
}

// attempt opens the session if it is not open, and makes sure that it can be used.
func (s *Session) attempt() error {
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

// keepCarried puts the tasks that were polled without the disk there, at the end of Run.
func (s *Session) keepCarried() error {
	_, held, err := s.store.Acquire()
	if err != nil {
		return err
	}
	if !held {
		return s.handOver(s.carried)
	}
	_, err = s.load()
	return err
}

// adopt returns the tasks of the session together with those that were tracked here
// before it could be used. Those keep their Seqs, which the screen knows, so that
// the others get new ones where need be.
func (s *Session) adopt(kept []*poller.Task) ([]*poller.Task, error) {
	mine := s.carried
	if len(mine) == 0 {
		return kept, nil
	}
	if len(kept) == 0 {
		for _, t := range mine {
			s.store.Put(t, true)
		}
		s.carried = nil
		return mine, nil
	}
	all, moved := merge(kept, mine)
	if _, err := s.store.Rewrite(all, moved); err != nil {
		return nil, err
	}
	s.carried = nil
	return all, nil
}

// merge returns the tasks of both, each request once, and the new Seqs of those of
// the first that have one: the second keep theirs.
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
		seq := next
		if twice {
			seq = mine[place].Seq
		} else {
			next++
		}
		moved[t.Seq] = seq
		copied := *t
		copied.Seq = seq
		switch {
		case !twice:
			all = append(all, &copied)
		case t.State.Terminal() || !mine[place].State.Terminal() && t.Seen > mine[place].Seen:
			all[place] = &copied
		}
	}
	return all, moved
}
