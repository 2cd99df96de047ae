package session

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// poll polls until ctx ends, or the session is lost to another process.
func (s *Session) poll(ctx context.Context) error {
	loaded, err := s.load()
	if err != nil {
		return err
	}
	o := s.options
	o.Store = s.store
	o.Tasks, o.Payloads = loaded.Tasks, loaded.Payloads
	beaten := time.Now()
	p, ended := s.pollWith(ctx, o, loaded.Dropped, look, func(p *poller.Poller) error { return s.look(p, &beaten) })
	if s.moved() != nil {
		// The files went at the very end: write everything once more.
		err = s.rewrite(p)
	}
	if errors.Is(errors.Join(err, ended), store.ErrLost) {
		return s.handOver(p.Tasks())
	}
	return nil
}

// pollWith runs a poller until ctx ends. It calls tend at an interval: until it returns errUsable or
// store.ErrLost, which ends polling and is returned. Its other errors are shown.
func (s *Session) pollWith(
	ctx context.Context, o poller.Options, dropped []int32, interval time.Duration, tend func(*poller.Poller) error,
) (*poller.Poller, error) {
	p := poller.NewPoller(o)
	inner, cancel := context.WithCancelCause(ctx)
	var tending sync.WaitGroup
	tending.Go(guard.Func(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for shown := fmt.Sprint(nil, ""); ; {
			err := tend(p)
			if errors.Is(err, errUsable) || errors.Is(err, store.ErrLost) {
				cancel(err)
				return
			}
			persistence, _ := s.state()
			if text := fmt.Sprint(err, persistence.Damage); text != shown {
				shown = text
				p.Wake() // makes an update
			}
			select {
			case <-ticker.C:
			case <-inner.Done():
				return
			}
		}
	}))
	s.setRole(&owner{Poller: p, session: s, dropped: dropped})
	p.Run(inner)
	cancel(nil)
	tending.Wait()
	return p, context.Cause(inner)
}

// load returns what is in the session, with the tasks that were tracked before it could be used.
// Damaged records are put aside.
func (s *Session) load() (loaded store.Snapshot, err error) {
	if loaded, err = s.loadSound(); err != nil {
		return loaded, err
	}
	if loaded.Payloads, err = s.dropPayloads(loaded); err != nil {
		return loaded, err
	}
	loaded.Tasks, err = s.adopt(loaded.Tasks)
	return loaded, err
}

// loadSound returns the usable tasks. In a file it puts damaged records aside.
func (s *Session) loadSound() (store.Snapshot, error) {
	if s.disk == nil {
		return s.store.Load(s.base)
	}
	loaded, found, err := s.disk.LoadSound(s.base)
	if text := found.Text(s.persistence.Session); err == nil && text != "" {
		s.Report(text)
	}
	return loaded, err
}

// moved returns an error if the session's files were deleted, moved or replaced.
func (s *Session) moved() error {
	if s.disk == nil {
		return nil
	}
	return s.disk.Moved()
}

// dropPayloads deletes the payloads that were given up, and those whose tasks are not tracked
// any more, and returns the others.
func (s *Session) dropPayloads(loaded store.Snapshot) ([]*poller.Payload, error) {
	used := map[int64]bool{}
	for _, t := range loaded.Tasks {
		used[t.Payload] = true
	}
	var kept []*poller.Payload
	var gone []int64
	for _, payload := range loaded.Payloads {
		if (payload.State == poller.PayloadSubmitted || payload.State == poller.PayloadGivenUp) && !used[payload.Number] {
			gone = append(gone, payload.Number)
			continue
		}
		kept = append(kept, payload)
	}
	return kept, s.store.DropPayloads(gone)
}

// look writes signs of life, executes the orders of viewers and checks that the session's files
// are in place. It returns store.ErrLost when the session is lost to another process.
func (s *Session) look(p *poller.Poller, beaten *time.Time) error {
	if s.moved() != nil {
		if err := s.rewrite(p); err != nil {
			return err
		}
	}
	err := s.store.Orders(func(o store.Order) error { return s.execute(p, o) })
	if s.disk == nil || time.Since(*beaten) >= beat {
		err, *beaten = errors.Join(err, s.store.Beat()), time.Now()
	}
	err = errors.Join(err, s.store.SyncSoon())
	if s.disk != nil && store.Damaged(err) {
		err = s.rewrite(p)
	}
	return err
}

// rewrite writes the session anew from memory after its files were lost or damaged.
func (s *Session) rewrite(p *poller.Poller) error {
	why := s.moved()
	if why == nil {
		why = fmt.Errorf("%s is damaged", s.path)
	}
	aside, err := s.disk.Rewrite(p.Tasks(), nil)
	if err != nil {
		return err
	}
	for _, payload := range p.Payloads() {
		s.store.PutPayload(payload)
	}
	// With the time, so that a second loss is a new message; without the folder, so that it
	// fits into 80 columns.
	what := strings.ReplaceAll(why.Error(), s.path, filepath.Base(s.path))
	text := fmt.Sprintf("%s: written anew at %s, nothing is lost", what, time.Now().Format(time.TimeOnly))
	if aside != "" {
		text += "; the file that lay there is kept as " + filepath.Base(aside)
	}
	s.Report(text)
	return nil
}

// handOver has the process that polls now track the tasks of this one.
func (s *Session) handOver(tasks []*poller.Task) error {
	if s.disk == nil {
		return nil // Acquire leaves what is not stored
	}
	requests := make([]queue.Request, len(tasks))
	for i, t := range tasks {
		requests[i] = t.Request
	}
	err := s.disk.Reopen()
	if err == nil && len(tasks) > 0 {
		err = s.store.Post(store.Order{Track: store.Requests(requests)})
	}
	if err != nil {
		s.unsaved = tasks
	}
	return err
}

// execute executes a viewer's order. It returns why requests could not be stored, so that the
// order stays.
func (s *Session) execute(p *poller.Poller, o store.Order) error {
	if len(o.Track) > 0 {
		if tracked := p.Track(s.requests(o.Track)); tracked.StoreErr != nil {
			return tracked.StoreErr
		}
	}
	p.PollNow(o.PollNow...)
	p.Cancel(o.Cancel...)
	for _, seq := range o.Fetch {
		p.Fetch(seq)
	}
	p.Resubmit(o.Resubmit...)
	p.GiveUp(o.GiveUp...)
	return s.submit(p, o.Submit)
}

// submit has the poller send a batch that is in the session; 0 for none.
func (s *Session) submit(p *poller.Poller, batch int64) error {
	if batch == 0 {
		return nil
	}
	payloads, err := s.store.Payloads(batch, s.base)
	if err == nil {
		p.Submit(payloads)
	}
	return err
}

// requests returns the requests of an order. It skips those with an invalid base URL, which no
// viewer writes.
func (s *Session) requests(kept []store.Request) []queue.Request {
	var out []queue.Request
	for _, r := range kept {
		if base, err := s.base(r.Base); err == nil {
			out = append(out, queue.Request{ID: r.ID, Endpoint: r.Endpoint, Base: base, URLs: r.URLs, Assumed: r.Assumed, Label: r.Label, Input: r.Input})
		}
	}
	return out
}
