package session

import (
	"cmp"
	"context"

	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/queue"
)

// owner is the role of the process that polls.
type owner struct {
	*poller.Poller
	session *Session
	dropped []int32 // tasks that this process showed and the session does not have
}

// Next returns the poller's next update, and how the tasks are kept.
func (o *owner) Next(ctx context.Context) (poller.Update, bool) {
	u, ok := o.Poller.Next(ctx)
	persistence, why := o.session.state()
	u.Persistence, u.StoreErr = persistence, cmp.Or(why, u.StoreErr)
	if ok {
		u.Dropped, o.dropped = o.dropped, nil
	}
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
		if r == nil {
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
		if r == nil {
			return poller.Tracked{First: -1}
		}
		if tracked := r.Track(requests); tracked.Added+tracked.Known > 0 || len(requests) == 0 {
			return tracked
		}
		<-changed.Done() // its poller had ended
	}
}

// do calls f with the role, once there is one.
func (s *Session) do(f func(poller.Tracker)) {
	if r, _ := s.role(); r != nil {
		f(r)
	}
}

// ask is do for a function with a result.
func ask[T any](s *Session, f func(poller.Tracker) T) (result T) {
	s.do(func(r poller.Tracker) { result = f(r) })
	return result
}

// These are the methods of a poller.Tracker. Where another process polls, what it is to do is left
// for it; pausing, removing and what else it can't be asked for do nothing.

func (s *Session) PollNow(seqs ...int32)     { s.do(func(r poller.Tracker) { r.PollNow(seqs...) }) }
func (s *Session) TogglePause()              { s.do(func(r poller.Tracker) { r.TogglePause() }) }
func (s *Session) Fetch(seq int32)           { s.do(func(r poller.Tracker) { r.Fetch(seq) }) }
func (s *Session) FetchLogs(seq int32)       { s.do(func(r poller.Tracker) { r.FetchLogs(seq) }) }
func (s *Session) Cancel(seqs ...int32)      { s.do(func(r poller.Tracker) { r.Cancel(seqs...) }) }
func (s *Session) DropCancels(seqs ...int32) { s.do(func(r poller.Tracker) { r.DropCancels(seqs...) }) }
func (s *Session) Unblock()                  { s.do(func(r poller.Tracker) { r.Unblock() }) }
func (s *Session) GiveUp(numbers ...int64)   { s.do(func(r poller.Tracker) { r.GiveUp(numbers...) }) }
func (s *Session) SetViewed(opened int32, visible []int32) {
	s.do(func(r poller.Tracker) { r.SetViewed(opened, visible) })
}
func (s *Session) ClaimHook(seq int32) bool {
	return ask(s, func(r poller.Tracker) bool { return r.ClaimHook(seq) })
}
func (s *Session) Logs(seq int32) []queue.LogLine {
	return ask(s, func(r poller.Tracker) []queue.LogLine { return r.Logs(seq) })
}
func (s *Session) Untrack(seqs ...int32) []*poller.Task {
	return ask(s, func(r poller.Tracker) []*poller.Task { return r.Untrack(seqs...) })
}
func (s *Session) Restore(tasks []*poller.Task) []*poller.Task {
	return ask(s, func(r poller.Tracker) []*poller.Task { return r.Restore(tasks) })
}
func (s *Session) Resubmit(numbers ...int64) int {
	return ask(s, func(r poller.Tracker) int { return r.Resubmit(numbers...) })
}
func (s *Session) Body(seq int32) (body []byte, ok bool) {
	s.do(func(r poller.Tracker) { body, ok = r.Body(seq) })
	return body, ok
}
func (s *Session) Result(seq int32) (f poller.Fetched, ok bool) {
	s.do(func(r poller.Tracker) { f, ok = r.Result(seq) })
	return f, ok
}

// AddPayloads adds the payloads that next returns with their parameters, until io.EOF, and has
// the process that polls send them. They are on disk when it returns. On an error none is added.
func (s *Session) AddPayloads(next func() (*poller.Payload, []byte, error)) (n int, err error) {
	kept, _ := s.kept()
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
	s.do(func(r poller.Tracker) {
		// Another process finds the order that Confirm left.
		if o, polls := r.(*owner); polls {
			err = s.submit(o.Poller, batch)
		}
	})
	return n, err
}

// Input returns the parameters in a payload, and whether they are stored.
func (s *Session) Input(number int64) ([]byte, bool) {
	if kept, _ := s.kept(); kept != nil {
		return kept.Input(number)
	}
	return nil, false
}
