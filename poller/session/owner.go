package session

import (
	"context"
	"sync/atomic"

	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/queue"
)

// owner is the role of the process that polls.
type owner struct {
	*poller.Poller
	persistence func() poller.Persistence
	dropped     []int32               // tasks that this process showed and the session does not have
	storeErr    atomic.Pointer[error] // why nothing is kept at all; nil where it is
}

// setStoreErr sets why nothing is kept.
func (o *owner) setStoreErr(why error) { o.storeErr.Store(&why) }

// Next returns the poller's next update, and how the tasks are kept.
func (o *owner) Next(ctx context.Context) (poller.Update, bool) {
	u, ok := o.Poller.Next(ctx)
	u.Persistence = o.persistence()
	if ok {
		u.Dropped, o.dropped = o.dropped, nil
	}
	if why := o.storeErr.Load(); why != nil {
		u.StoreErr = *why
	}
	return u, ok
}

// Track tracks requests as the poller does.
func (o *owner) Track(requests []queue.Request) poller.Tracked {
	tracked := o.Poller.Track(requests)
	if why := o.storeErr.Load(); why != nil {
		tracked.StoreErr = *why
	}
	return tracked
}

// Next waits for the next update, from the poller or from disk. It returns false when ctx ends
// or Run has ended. Only one goroutine at a time may call it.
func (s *Session) Next(ctx context.Context) (poller.Update, bool) {
	for {
		r, changed := s.role()
		if r == nil {
			return poller.Update{}, false
		}
		within, cancel := context.WithCancel(ctx)
		guard.Go(func() {
			select {
			case <-changed:
				cancel()
			case <-within.Done():
			}
		})
		u, ok := r.Next(within)
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
	if r, _ := s.role(); r != nil {
		return r.Track(requests)
	}
	return poller.Tracked{First: -1}
}

// PollNow asks for the given tasks before all others.
func (s *Session) PollNow(seqs ...int32) { s.do(func(r poller.Tracker) { r.PollNow(seqs...) }) }

// TogglePause stops all polling, or lets it go on; a viewer can't.
func (s *Session) TogglePause() { s.do(func(r poller.Tracker) { r.TogglePause() }) }

// Fetch asks for the result of a task.
func (s *Session) Fetch(seq int32) { s.do(func(r poller.Tracker) { r.Fetch(seq) }) }

// Cancel asks the service to cancel the given tasks.
func (s *Session) Cancel(seqs ...int32) { s.do(func(r poller.Tracker) { r.Cancel(seqs...) }) }

// DropCancels takes back cancels that the service has not answered; a viewer can't.
func (s *Session) DropCancels(seqs ...int32) { s.do(func(r poller.Tracker) { r.DropCancels(seqs...) }) }

// ClaimHook reports whether this process should run the hook of an ended task now; false in a
// viewer.
func (s *Session) ClaimHook(seq int32) (claimed bool) {
	s.do(func(r poller.Tracker) { claimed = r.ClaimHook(seq) })
	return claimed
}

// Unblock resumes what refusals of the key have stopped; a viewer can't.
func (s *Session) Unblock() { s.do(func(r poller.Tracker) { r.Unblock() }) }

// SetViewed says which task the user has open, -1 for none, and which are on the screen.
func (s *Session) SetViewed(opened int32, visible []int32) {
	s.do(func(r poller.Tracker) { r.SetViewed(opened, visible) })
}

// FetchLogs fetches the log of an ended task; a viewer can't.
func (s *Session) FetchLogs(seq int32) { s.do(func(r poller.Tracker) { r.FetchLogs(seq) }) }

// Logs returns the known log lines of a task.
func (s *Session) Logs(seq int32) (lines []queue.LogLine) {
	s.do(func(r poller.Tracker) { lines = r.Logs(seq) })
	return lines
}

// Body returns the raw last answer about a task, and whether it is kept.
func (s *Session) Body(seq int32) (body []byte, ok bool) {
	s.do(func(r poller.Tracker) { body, ok = r.Body(seq) })
	return body, ok
}

// Result returns the outcome of fetching a task's result, and false where there is none.
func (s *Session) Result(seq int32) (f poller.Fetched, ok bool) {
	s.do(func(r poller.Tracker) { f, ok = r.Result(seq) })
	return f, ok
}

// Untrack stops tracking the given tasks, and returns their last snapshots; a
// viewer can't.
func (s *Session) Untrack(seqs ...int32) (gone []*poller.Task) {
	s.do(func(r poller.Tracker) { gone = r.Untrack(seqs...) })
	return gone
}

// Restore tracks tasks again that Untrack returned, and returns those that came
// back; a viewer can't.
func (s *Session) Restore(tasks []*poller.Task) (back []*poller.Task) {
	s.do(func(r poller.Tracker) { back = r.Restore(tasks) })
	return back
}

func (s *Session) do(f func(poller.Tracker)) {
	if r, _ := s.role(); r != nil {
		f(r)
	}
}
