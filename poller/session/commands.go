package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// Next waits for the next update, from the poller or from disk. It returns false when ctx ends
// or Run has ended. Only one goroutine at a time may call it.
func (s *Session) Next(ctx context.Context) (poller.Update, bool) {
	for {
		r, changed := s.awaitRole()
		if changed == nil {
			return poller.Update{}, false
		}
		within, cancel := context.WithCancel(ctx)
		stop := context.AfterFunc(changed, guard.Func(cancel))
		u, ok := r.Next(within)
		stop()
		cancel()
		if ok {
			u.Stats = s.sumStats(u.Stats)
			persistence, fault := s.state()
			persistence.PolledBy, persistence.OwnerSilent = u.Persistence.PolledBy, u.Persistence.OwnerSilent
			u.Persistence, u.StoreErr = persistence, cmp.Or(fault, u.StoreErr)
			s.mu.Lock()
			s.shown = r
			s.mu.Unlock()
		}
		if ok || ctx.Err() != nil {
			return u, ok
		}
	}
}

// sumStats adds the counts of earlier roles to those of the present one, because each role starts at
// zero.
func (s *Session) sumStats(latest poller.Stats) poller.Stats {
	if latest.Requests < s.roleStats.Requests {
		s.pastStats = s.pastStats.Plus(s.roleStats)
	}
	s.roleStats = latest
	return s.pastStats.Plus(latest)
}

// command calls f with a role that does not end before f returns. Between two roles it waits for the
// next one. After Run it calls f with the last role, which does nothing.
func (s *Session) command(f func(r role)) {
	s.commands.RLock()
	defer s.commands.RUnlock()
	f(s.present())
}

// commandOn is command with the Seqs of tasks in the role. The user is told of tasks that the role does
// not have.
func (s *Session) commandOn(seqs []int32, f func(r role, seqs ...int32)) {
	s.command(func(r role) {
		seqs, missing := s.translate(r, seqs)
		f(r, seqs...)
		if len(missing) > 0 {
			s.Report(fmt.Sprintf("another polltop polls now, and does not have %d tasks of the last command yet: give it again", len(missing)))
		}
	})
}

// translate returns the Seqs that tasks have in a role, and the tasks that the role does not have. seqs
// are those of the screen, which may still show the role before: there the same Seqs may be other tasks.
func (s *Session) translate(r role, seqs []int32) (translated []int32, missing []*poller.Task) {
	s.mu.Lock()
	shown := s.shown
	s.mu.Unlock()
	if shown == nil || shown == r {
		return seqs, nil
	}
	seqOf := map[queue.Key]int32{}
	for _, t := range r.Tasks() {
		seqOf[t.Request.Key()] = t.Seq
	}
	selected := map[int32]bool{}
	for _, seq := range seqs {
		selected[seq] = true
	}
	for _, t := range shown.Tasks() {
		seq, ok := seqOf[t.Request.Key()]
		switch {
		case !selected[t.Seq]:
		case ok:
			translated = append(translated, seq)
		default:
			missing = append(missing, t)
		}
	}
	return translated, missing
}

// Cancel cancels tasks as poller.Poller.Cancel does. If another process polls and does not have some of
// them yet, or Run has ended, it leaves an order that names their requests.
func (s *Session) Cancel(seqs ...int32) {
	s.command(func(r role) {
		seqs, missing := s.translate(r, seqs)
		r.Cancel(seqs...)
		if _, polled := r.(*poller.Poller); polled && s.hasEnded() {
			for _, t := range r.Tasks() {
				if slices.Contains(seqs, t.Seq) {
					missing = append(missing, t)
				}
			}
		}
		var order store.Order
		for _, t := range missing {
			if !t.State.Terminal() {
				request := store.Requests([]queue.Request{t.Request})[0]
				request.Cancel = true
				order.Track = append(order.Track, request)
			}
		}
		st := s.openStore()
		if len(order.Track) == 0 || st == nil {
			return
		}
		if err := st.Post(order); err != nil {
			s.Report(fmt.Sprintf("the last command can't be stored: %v: give it again", err))
		}
	})
}

// Untrack stops tracking tasks as poller.Poller.Untrack does. If another process has begun to poll, it
// returns none and tells the user.
func (s *Session) Untrack(seqs ...int32) (removed []*poller.Task) {
	s.commandOn(seqs, func(r role, seqs ...int32) {
		removed = r.Untrack(seqs...)
		_, fault := s.state()
		if len(removed) > 0 && fault == nil && errors.Is(s.openStore().Beat(), store.ErrLeaseLost) {
			removed = nil
			s.Report(fmt.Sprintf("the tasks are not removed: %v: give the command again", store.ErrLeaseLost))
		}
	})
	return removed
}

// AddPayloads adds the payloads that next returns with their parameters, until io.EOF. The process that
// polls sends them. They are stored when it returns. On an error none is added.
func (s *Session) AddPayloads(next func() (*poller.Payload, []byte, error)) (n int, err error) {
	st := s.openStore()
	if st == nil {
		_, err := s.state()
		return 0, err
	}
	batch, n, err := st.AddPayloads(next)
	if err != nil || n == 0 {
		return 0, err
	}
	if err := st.Confirm(batch); err != nil {
		return 0, err
	}
	s.command(func(r role) {
		if p, polls := r.(*poller.Poller); polls { // another process gets the order of Confirm
			err = s.submit(p, batch)
		}
	})
	return n, err
}

// SetViewed sets what the user sees, for this role and for later ones. Calls that wait for the next role
// all give it what the last one set.
func (s *Session) SetViewed(opened int32, visible []int32) {
	s.mu.Lock()
	s.openedTask, s.visibleTasks = opened, visible
	s.mu.Unlock()
	s.command(func(r role) { r.SetViewed(s.viewed()) })
}

// viewed returns what SetViewed set last.
func (s *Session) viewed() (opened int32, visible []int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.openedTask, s.visibleTasks
}

// These commands do what those of poller.Poller do.

func (s *Session) Track(requests []queue.Request) (tracked poller.Tracked) {
	s.command(func(r role) { tracked = r.Track(requests) })
	_, fault := s.state()
	tracked.StoreErr = cmp.Or(fault, tracked.StoreErr)
	return tracked
}
func (s *Session) Restore(tasks []*poller.Task) (restored []*poller.Task) {
	s.command(func(r role) { restored = r.Restore(tasks) })
	return restored
}
func (s *Session) Resubmit(numbers ...int64) (n int) {
	s.command(func(r role) { n = r.Resubmit(numbers...) })
	return n
}
func (s *Session) ClaimHook(seq int32) (claimed bool) {
	s.commandOn([]int32{seq}, func(r role, seqs ...int32) { claimed = len(seqs) > 0 && r.ClaimHook(seqs[0]) })
	return claimed
}
func (s *Session) GiveUp(numbers ...int64)   { s.command(func(r role) { r.GiveUp(numbers...) }) }
func (s *Session) TogglePause()              { s.command(role.TogglePause) }
func (s *Session) Unblock()                  { s.command(role.Unblock) }
func (s *Session) PollNow(seqs ...int32)     { s.commandOn(seqs, role.PollNow) }
func (s *Session) DropCancels(seqs ...int32) { s.commandOn(seqs, role.DropCancels) }
func (s *Session) Fetch(seq int32)           { s.commandOn([]int32{seq}, each(role.Fetch)) }
func (s *Session) FetchLogs(seq int32)       { s.commandOn([]int32{seq}, each(role.FetchLogs)) }

// each returns a command on several tasks that calls f for each.
func each(f func(r role, seq int32)) func(r role, seqs ...int32) {
	return func(r role, seqs ...int32) {
		for _, seq := range seqs {
			f(r, seq)
		}
	}
}

// These methods only read. They don't wait for the next role.

func (s *Session) Logs(seq int32) []queue.LogLine                { return s.present().Logs(seq) }
func (s *Session) Body(seq int32) ([]byte, bool)                 { return s.present().Body(seq) }
func (s *Session) Result(seq int32) (poller.FetchedResult, bool) { return s.present().Result(seq) }
func (s *Session) Input(number int64) ([]byte, bool)             { return s.present().Input(number) }
func (s *Session) present() role                                 { r, _ := s.awaitRole(); return r }
