package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// owner is the role of the process that polls.
type owner struct {
	*poller.Poller
	session *Session
	ended   context.Context // ends with the poller
}

// Next returns the poller's next update, and how the tasks are kept.
func (o *owner) Next(ctx context.Context) (poller.Update, bool) {
	u, ok := o.Poller.Next(ctx)
	persistence, why := o.session.state()
	u.Persistence, u.StoreErr = persistence, cmp.Or(why, u.StoreErr)
	return u, ok
}

// Track tracks requests as the poller does.
func (o *owner) Track(requests []queue.Request) poller.Tracked {
	tracked := o.Poller.Track(requests)
	_, why := o.session.state()
	tracked.StoreErr = cmp.Or(why, tracked.StoreErr)
	return tracked
}

// Next waits for the next update, from the poller or from disk. It returns false when ctx ends
// or Run has ended. Only one goroutine at a time may call it.
func (s *Session) Next(ctx context.Context) (poller.Update, bool) {
	for {
		r, changed := s.role()
		if changed == nil {
			return poller.Update{}, false
		}
		within, cancel := context.WithCancel(ctx)
		stop := context.AfterFunc(changed, guard.Func(cancel))
		u, ok := r.Next(within)
		stop()
		cancel()
		if ok {
			u.Stats = s.sum(u.Stats)
		}
		if ok || ctx.Err() != nil {
			return u, ok
		}
	}
}

// sum adds the counts of the present role to those of the roles before: each starts at zero.
func (s *Session) sum(now poller.Stats) poller.Stats {
	if now.Requests < s.counted.Requests {
		s.earlier = s.earlier.Plus(s.counted)
	}
	s.counted = now
	return s.earlier.Plus(now)
}

// Track adds requests, as poller.Poller.Track does. They are on disk when it returns, even
// where another process will poll them.
func (s *Session) Track(requests []queue.Request) poller.Tracked {
	for {
		r, changed := s.role()
		if tracked := r.Track(requests); tracked.Added+tracked.AlreadyTracked > 0 || len(requests) == 0 || changed == nil {
			return tracked
		}
		<-changed.Done() // its poller had ended
	}
}

// leave posts an order for the next role where that of r has ended, and so may not have done what
// it was asked for. It reports whether it did.
func (s *Session) leave(r poller.Tracker, order func(p *poller.Poller) store.Order) bool {
	o, polled := r.(*owner)
	kept := s.kept()
	if !polled || o.ended.Err() == nil || kept == nil {
		return false
	}
	if err := kept.Post(order(o.Poller)); err != nil {
		s.Report(fmt.Sprintf("the last command can't be stored: %v: give it again", err))
	}
	return true
}

// Cancel cancels tasks as poller.Poller.Cancel does. Between two roles they may get other Seqs, so
// that an order names their requests.
func (s *Session) Cancel(seqs ...int32) {
	r, _ := s.role()
	r.Cancel(seqs...)
	s.leave(r, func(p *poller.Poller) store.Order {
		var due []*poller.Task
		for _, t := range p.Tasks() {
			if slices.Contains(seqs, t.Seq) && !t.State.Terminal() {
				next := *t
				next.CancelDue, next.Canceling = true, true
				due = append(due, &next)
			}
		}
		return store.TrackOrder(slices.Values(due))
	})
}

// GiveUp gives payloads up as poller.Poller.GiveUp does.
func (s *Session) GiveUp(numbers ...int64) {
	r, _ := s.role()
	r.GiveUp(numbers...)
	s.leave(r, func(*poller.Poller) store.Order { return store.Order{GiveUp: numbers} })
}

// Resubmit sends payloads again as poller.Poller.Resubmit does.
func (s *Session) Resubmit(numbers ...int64) int {
	r, _ := s.role()
	n := r.Resubmit(numbers...)
	if n == 0 && s.leave(r, func(*poller.Poller) store.Order { return store.Order{Resubmit: numbers} }) {
		n = len(numbers)
	}
	return n
}

// These are the other methods of a poller.Tracker. Where another process polls, what it is to do is
// left for it; pausing, removing and what else it can't be asked for do nothing.

func (s *Session) PollNow(seqs ...int32)     { s.now().PollNow(seqs...) }
func (s *Session) TogglePause()              { s.now().TogglePause() }
func (s *Session) Fetch(seq int32)           { s.now().Fetch(seq) }
func (s *Session) FetchLogs(seq int32)       { s.now().FetchLogs(seq) }
func (s *Session) DropCancels(seqs ...int32) { s.now().DropCancels(seqs...) }
func (s *Session) Unblock()                  { s.now().Unblock() }
func (s *Session) ClaimHook(seq int32) bool  { return s.now().ClaimHook(seq) }
func (s *Session) SetViewed(opened int32, visible []int32) {
	s.now().SetViewed(opened, visible)
}
func (s *Session) Logs(seq int32) []queue.LogLine                { return s.now().Logs(seq) }
func (s *Session) Untrack(seqs ...int32) []*poller.Task          { return s.now().Untrack(seqs...) }
func (s *Session) Restore(tasks []*poller.Task) []*poller.Task   { return s.now().Restore(tasks) }
func (s *Session) Body(seq int32) ([]byte, bool)                 { return s.now().Body(seq) }
func (s *Session) Result(seq int32) (poller.FetchedResult, bool) { return s.now().Result(seq) }
func (s *Session) Input(number int64) ([]byte, bool)             { return s.now().Input(number) }
func (s *Session) now() poller.Tracker                           { r, _ := s.role(); return r }

// AddPayloads adds the payloads that next returns with their parameters, until io.EOF, and has
// the process that polls send them. They are on disk when it returns. On an error none is added.
func (s *Session) AddPayloads(next func() (*poller.Payload, []byte, error)) (n int, err error) {
	kept := s.kept()
	if kept == nil {
		_, err := s.state()
		return 0, err
	}
	batch, n, err := kept.AddPayloads(next)
	if err != nil || n == 0 {
		return 0, err
	}
	if err := kept.Confirm(batch); err != nil {
		return 0, err
	}
	// Another process finds the order that Confirm left.
	if o, polls := s.now().(*owner); polls {
		err = s.submit(o.Poller, batch)
	}
	return n, err
}
