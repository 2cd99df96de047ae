package session

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// errUsable ends polling without the disk.
var errUsable = errors.New("the session can be used")

// pollWithoutStore polls without the disk until the session can be used, or ctx ends: then it stores
// what it can. The dashboard shows why nothing is kept.
func (s *Session) pollWithoutStore(ctx context.Context) {
	o := s.options
	o.Tasks = s.unsaved
	p, _ := s.pollWith(ctx, o, retry, func(*poller.Poller) error {
		if _, err := s.tryOpen(); err != nil {
			return s.setFault(err)
		}
		return errUsable
	})
	s.unsaved = p.Tasks()
	held, err := s.tryOpen()
	switch {
	case err != nil || ctx.Err() == nil:
		s.setFault(err)
	case held:
		s.load()
	default:
		s.handOver(s.unsaved)
	}
}

// tryOpen opens the session if it is not open, and reports whether this process polls it.
func (s *Session) tryOpen() (held bool, err error) {
	if s.store == nil {
		opened, err := store.Open(s.path)
		if err != nil {
			return false, err
		}
		s.mu.Lock()
		s.store, s.disk = opened, opened
		s.mu.Unlock()
	}
	_, held, err = s.store.Acquire()
	return held, err
}

// adopt merges the tasks of the session with those that were tracked here before it could be
// used. The latter keep their Seqs, which the screen has; others get new ones if needed.
func (s *Session) adopt(kept []*poller.Task) ([]*poller.Task, error) {
	mine := s.unsaved
	if len(mine) == 0 {
		return kept, nil
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
	all, moved = slices.Clone(mine), map[int32]int32{}
	places, next := map[queue.Key]int{}, int32(0)
	for i, t := range mine {
		places[t.Request.Key()] = i
		next = max(next, t.Seq+1)
	}
	for _, t := range kept {
		merged := *t
		place, twice := places[t.Request.Key()]
		if !twice {
			place, all = len(all), append(all, nil)
			merged.Seq = next
			next++
		} else {
			own := mine[place]
			if !t.State.Terminal() && (own.State.Terminal() || t.Seen <= own.Seen) {
				merged = *own
			}
			merged.Seq, merged.Request.Label = own.Seq, cmp.Or(own.Request.Label, t.Request.Label)
		}
		moved[t.Seq], all[place] = merged.Seq, &merged
	}
	return all, moved
}
