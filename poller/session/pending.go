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

// errStoreUsable ends polling without a store.
var errStoreUsable = errors.New("the session can be used")

// pollWithoutStore polls without a store until the session can be used or ctx ends, and then stores
// what it tracks. Until then updates have the reason in StoreErr.
func (s *Session) pollWithoutStore(ctx context.Context) {
	o := s.options
	o.Tasks = s.unstored
	p, _ := s.pollWith(ctx, o, retryInterval, func(*poller.Poller) error {
		if _, err := s.tryOpen(); err != nil {
			return s.setFault(err)
		}
		return errStoreUsable
	})
	s.unstored = p.Tasks()
	polls, err := s.tryOpen()
	switch {
	case err != nil || ctx.Err() == nil:
		s.setFault(err)
	case polls:
		s.load()
	default:
		s.orderTracking(s.unstored)
	}
}

// tryOpen opens the session if it is not open, and reports whether this process polls it.
func (s *Session) tryOpen() (polls bool, err error) {
	if s.store == nil {
		opened, err := store.Open(s.path)
		if err != nil {
			return false, err
		}
		s.mu.Lock()
		s.store, s.file = opened, opened
		s.mu.Unlock()
	}
	_, polls, err = s.store.Acquire()
	return polls, err
}

// addUnstored merges the stored tasks with those that were tracked here before the store could be used.
func (s *Session) addUnstored(stored []*poller.Task) ([]*poller.Task, error) {
	if len(s.unstored) == 0 {
		return stored, nil
	}
	all, moved := merge(stored, s.unstored)
	if _, err := s.file.Rewrite(all, moved); err != nil {
		return nil, err
	}
	s.unstored = nil
	return all, nil
}

// merge returns the tasks of both, each request once. Unstored tasks keep their Seqs, which the screen
// has. moved maps the old Seqs of the stored ones to their new ones.
func merge(stored, unstored []*poller.Task) (all []*poller.Task, moved map[int32]int32) {
	all, moved = slices.Clone(unstored), map[int32]int32{}
	indices, next := map[queue.Key]int{}, int32(0)
	for i, t := range unstored {
		indices[t.Request.Key()] = i
		next = max(next, t.Seq+1)
	}
	for _, t := range stored {
		merged := *t
		i, both := indices[t.Request.Key()]
		if !both {
			i, all = len(all), append(all, nil)
			merged.Seq = next
			next++
		} else {
			own := unstored[i]
			if !t.State.Terminal() && (own.State.Terminal() || t.Seen <= own.Seen) {
				merged = *own
			}
			merged.Seq, merged.Request.Label = own.Seq, cmp.Or(own.Request.Label, t.Request.Label)
		}
		moved[t.Seq], all[i] = merged.Seq, &merged
	}
	return all, moved
}
