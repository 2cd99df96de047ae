package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// owner is the role of the process that polls.
type owner struct {
	*poller.Poller
	session *Session
}

// Next returns the poller's next update, and how the tasks are stored.
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
	p, ended := s.pollWith(ctx, o, look, func(p *poller.Poller) error { return s.look(p, &beaten) })
	if s.moved() != nil {
		// The files went at the very end: write everything once more.
		err = s.rewrite(p)
	}
	if errors.Is(errors.Join(err, ended), store.ErrLeaseLost) {
		return s.handOver(p.Tasks())
	}
	return nil
}

// pollWith runs a poller until ctx ends, or tend ends it.
func (s *Session) pollWith(ctx context.Context, o poller.Options, interval time.Duration, tend func(*poller.Poller) error) (*poller.Poller, error) {
	o.Paused = s.paused
	p := poller.NewPoller(o)
	if gone := s.gone(o.Tasks); len(gone) > 0 {
		p.Forward(poller.Update{Dropped: gone})
	}
	// The poller ends after what tends it and after all commands that it was given, so that it has
	// executed each of them.
	inner, end := context.WithCancelCause(context.WithoutCancel(ctx))
	ctx, stop := context.WithCancel(ctx)
	var tending sync.WaitGroup
	defer tending.Wait() // also after a panic of the poller, so that commands is locked when the role has ended
	defer stop()
	tending.Go(guard.Func(func() {
		var cause error
		defer func() {
			s.commands.Lock()
			end(cause)
		}()
		s.mu.Lock()
		opened, visible := s.openedTask, s.visibleTasks
		s.mu.Unlock()
		p.SetViewed(opened, visible)
		cause = s.tend(ctx, p, interval, tend)
	}))
	s.setRole(&owner{Poller: p, session: s})
	p.Run(inner)
	s.paused = p.Paused()
	if ctx.Err() == nil {
		s.due = store.TrackOrder(slices.Values(p.Tasks()))
		s.due.Track = slices.DeleteFunc(s.due.Track, func(r store.Request) bool { return !r.Cancel })
	}
	return p, context.Cause(inner)
}

// postDue leaves the cancels that the last role had not sent for whoever polls.
func (s *Session) postDue() error {
	if len(s.due.Track) == 0 {
		return nil
	}
	err := s.store.Post(s.due)
	if err == nil {
		s.due = store.Order{}
	}
	return err
}

// tend calls f at an interval until ctx ends, or f returns errUsable or store.ErrLeaseLost, which it
// returns. Other errors of f are shown.
func (s *Session) tend(ctx context.Context, p *poller.Poller, interval time.Duration, f func(*poller.Poller) error) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for shown := fmt.Sprint(nil, ""); ; {
		err := f(p)
		if errors.Is(err, errUsable) || errors.Is(err, store.ErrLeaseLost) {
			return err
		}
		persistence, _ := s.state()
		if text := fmt.Sprint(err, persistence.Damage); text != shown {
			shown = text
			p.Wake() // makes an update
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// load returns what is in the session, with the tasks that were tracked before it could be used.
// In a file it puts damaged records aside.
func (s *Session) load() (loaded store.Snapshot, err error) {
	if s.disk == nil {
		loaded, err = s.store.Load(s.base)
	} else {
		var found store.Damage
		loaded, found, err = s.disk.LoadAndRepair(s.base)
		if text := found.Text(s.persistence.Session); err == nil && text != "" {
			s.Report(text)
		}
	}
	if err == nil {
		loaded.Payloads, err = s.dropPayloads(loaded)
	}
	if err == nil {
		loaded.Tasks, err = s.adopt(loaded.Tasks)
	}
	return loaded, err
}

func (s *Session) moved() error {
	if s.disk == nil {
		return nil
	}
	return s.disk.CheckFiles()
}

// dropPayloads deletes the payloads that were given up, and those whose tasks are not tracked
// any more, and returns the others.
func (s *Session) dropPayloads(loaded store.Snapshot) ([]*poller.Payload, error) {
	used := map[int64]bool{}
	for _, t := range loaded.Tasks {
		used[t.Payload] = true
	}
	var gone []int64
	kept := slices.DeleteFunc(loaded.Payloads, func(p *poller.Payload) bool {
		unused := (p.State == poller.PayloadSubmitted || p.State == poller.PayloadGivenUp) && !used[p.Number]
		if unused {
			gone = append(gone, p.Number)
		}
		return unused
	})
	return kept, s.store.DropPayloads(gone)
}

// look writes signs of life, executes the orders of viewers and checks that the session's files
// are in place. It returns store.ErrLeaseLost when the session is lost to another process.
func (s *Session) look(p *poller.Poller, beaten *time.Time) error {
	if s.moved() != nil {
		if err := s.rewrite(p); err != nil {
			return err
		}
	}
	err := errors.Join(s.postDue(), s.store.Orders(func(o store.Order) error { return s.execute(p, o) }))
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
	err := s.disk.Reopen()
	if err == nil && len(tasks) > 0 {
		err = s.store.Post(store.TrackOrder(slices.Values(tasks)))
	}
	if err != nil {
		s.unsaved = tasks
	}
	return err
}

// execute executes a viewer's order. It returns why requests could not be stored, so that the
// order stays.
func (s *Session) execute(p *poller.Poller, o store.Order) error {
	var requests []queue.Request
	canceled := map[queue.Key]bool{}
	for _, r := range o.Track {
		request, err := r.Resolve(s.base)
		if err != nil {
			continue // no viewer writes such a base
		}
		requests = append(requests, request)
		canceled[request.Key()] = r.Cancel
	}
	if len(requests) > 0 {
		if tracked := p.Track(requests); tracked.StoreErr != nil {
			return tracked.StoreErr
		}
		for _, t := range p.Tasks() {
			if canceled[t.Request.Key()] {
				o.Cancel = append(o.Cancel, t.Seq)
			}
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
