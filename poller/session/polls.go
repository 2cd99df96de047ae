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
	p := poller.NewPoller(o)
	inner, cancel := context.WithCancelCause(ctx)
	var beats sync.WaitGroup
	beats.Go(guard.Func(func() { s.beat(inner, cancel, p) }))
	s.setRole(&owner{Poller: p, persistence: s.persistenceNow, dropped: loaded.Dropped})
	p.Run(inner)
	cancel(nil)
	beats.Wait()
	if s.moved() != nil {
		// The files went at the very end: write everything once more.
		err = s.rewrite(p)
	}
	if errors.Is(errors.Join(err, context.Cause(inner)), store.ErrLost) {
		return s.handOver(p.Tasks())
	}
	return nil
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
	if text := found.Text(s.persistenceNow().Session); err == nil && text != "" {
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

// beat writes signs of life, executes the orders of viewers and checks that the session's files
// are in place, until ctx ends. It cancels the polling when the session is lost to another
// process.
func (s *Session) beat(ctx context.Context, cancel context.CancelCauseFunc, p *poller.Poller) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	failure, beaten := "", time.Now()
	for {
		err := s.look(p, &beaten)
		if errors.Is(err, store.ErrLost) {
			cancel(err)
			return
		}
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text += s.persistenceNow().Damage; text != failure {
			// Make an update, which shows it.
			failure = text
			p.Wake()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// look does one round of beat.
func (s *Session) look(p *poller.Poller, beaten *time.Time) error {
	if s.moved() != nil {
		if err := s.rewrite(p); err != nil {
			return err
		}
	}
	if changed, err := s.store.Changed(); err == nil && changed {
		s.store.Orders(func(o store.Order) error { return s.execute(p, o) })
	}
	var err error
	if s.disk == nil || time.Since(*beaten) >= beat {
		err, *beaten = s.store.Beat(), time.Now()
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
	requests := make([]queue.Request, len(tasks))
	for i, t := range tasks {
		requests[i] = t.Request
	}
	err := s.store.HandOver(store.Requests(requests))
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
