package session

import (
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

// poll polls until ctx ends, or the session is lost to another process.
func (s *Session) poll(ctx context.Context) error {
	loaded, err := s.load()
	if err != nil {
		return err
	}
	o := s.options
	o.Store = s.store
	o.Tasks, o.Payloads = loaded.Tasks, loaded.Payloads
	beatAt := time.Now()
	p, ended := s.pollWith(ctx, o, checkInterval, func(p *poller.Poller) error { return s.maintain(p, &beatAt) })
	if s.checkFiles() != nil {
		err = s.rewrite(p) // the files were lost just before the end
	}
	if errors.Is(errors.Join(err, ended), store.ErrLeaseLost) {
		return s.orderTracking(p.Tasks())
	}
	return nil
}

// pollWith runs a poller until ctx ends, or until f, which it calls at an interval, returns an error
// that ends it: see repeat. It returns the poller and that error.
func (s *Session) pollWith(ctx context.Context, o poller.Options, interval time.Duration, f func(*poller.Poller) error) (*poller.Poller, error) {
	o.Paused = s.paused
	p := poller.NewPoller(o)
	if stale := s.staleSeqs(o.Tasks); len(stale) > 0 {
		p.Forward(poller.Update{Dropped: stale})
	}
	// The poller ends after the last call of f and after all commands that it was given, so that it
	// executes each of them.
	inner, end := context.WithCancelCause(context.WithoutCancel(ctx))
	ctx, stop := context.WithCancel(ctx)
	var repeating sync.WaitGroup
	defer repeating.Wait() // also after a panic of the poller, so that commands is locked when the role has ended
	defer stop()
	repeating.Go(guard.Func(func() {
		var cause error
		defer func() {
			s.commands.Lock()
			end(cause)
		}()
		p.SetViewed(s.viewed())
		cause = s.repeat(ctx, p, interval, f)
	}))
	s.setRole(p)
	p.Run(inner)
	s.paused = p.Paused()
	if ctx.Err() == nil {
		s.unsentCancels = store.TrackOrder(slices.Values(p.Tasks()))
		s.unsentCancels.Track = slices.DeleteFunc(s.unsentCancels.Track, func(r store.Request) bool { return !r.Cancel })
	}
	return p, context.Cause(inner)
}

// postCancels leaves the cancels that the last role had not sent as an order.
func (s *Session) postCancels() error {
	if len(s.unsentCancels.Track) == 0 {
		return nil
	}
	err := s.store.Post(s.unsentCancels)
	if err == nil {
		s.unsentCancels = store.Order{}
	}
	return err
}

// repeat calls f at an interval until ctx ends, or until f returns errStoreUsable or store.ErrLeaseLost,
// which repeat returns. The updates of the poller show other errors of f.
func (s *Session) repeat(ctx context.Context, p *poller.Poller, interval time.Duration, f func(*poller.Poller) error) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for shown := fmt.Sprint(nil, ""); ; {
		err := f(p)
		if errors.Is(err, errStoreUsable) || errors.Is(err, store.ErrLeaseLost) {
			return err
		}
		persistence, _ := s.state()
		if text := fmt.Sprint(err, persistence.Damage); text != shown {
			shown = text
			p.Wake()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// load returns what is stored, with the tasks that were tracked before the store could be opened. In a
// file it sets damaged records aside.
func (s *Session) load() (loaded store.Snapshot, err error) {
	if s.file == nil {
		loaded, err = s.store.Load(s.baseOf)
	} else {
		var found store.Damage
		loaded, found, err = s.file.LoadAndRepair(s.baseOf)
		if text := found.Text(s.persistence.Session); err == nil && text != "" {
			s.Report(text)
		}
	}
	if err == nil {
		loaded.Payloads, err = s.dropPayloads(loaded)
	}
	if err == nil {
		loaded.Tasks, err = s.addUnstored(loaded.Tasks)
	}
	return loaded, err
}

// checkFiles returns why the session's file must be written again; nil if it is in place.
func (s *Session) checkFiles() error {
	if s.file == nil {
		return nil
	}
	return s.file.CheckFiles()
}

// dropPayloads deletes the payloads that were given up, and those whose tasks are no longer tracked. It
// returns the others.
func (s *Session) dropPayloads(loaded store.Snapshot) ([]*poller.Payload, error) {
	used := map[int64]bool{}
	for _, t := range loaded.Tasks {
		used[t.Payload] = true
	}
	var dropped []int64
	needed := slices.DeleteFunc(loaded.Payloads, func(p *poller.Payload) bool {
		unused := (p.State == poller.PayloadSubmitted || p.State == poller.PayloadGivenUp) && !used[p.Number]
		if unused {
			dropped = append(dropped, p.Number)
		}
		return unused
	})
	return needed, s.store.DropPayloads(dropped)
}

// maintain writes signs of life, executes orders, and writes the session's files again if they were lost.
// beatAt is the time of the last sign of life. It returns store.ErrLeaseLost if another process polls now.
func (s *Session) maintain(p *poller.Poller, beatAt *time.Time) error {
	if s.checkFiles() != nil {
		if err := s.rewrite(p); err != nil {
			return err
		}
	}
	err := errors.Join(s.postCancels(), s.store.Orders(func(o store.Order) error { return s.execute(p, o) }))
	if s.file == nil || time.Since(*beatAt) >= beatInterval {
		err, *beatAt = errors.Join(err, s.store.Beat()), time.Now()
	}
	err = errors.Join(err, s.store.SyncSoon())
	if s.file != nil && store.Damaged(err) {
		err = s.rewrite(p)
	}
	return err
}

// rewrite writes a new file from memory after the session's files were lost or damaged.
func (s *Session) rewrite(p *poller.Poller) error {
	why := s.checkFiles()
	if why == nil {
		why = fmt.Errorf("%s is damaged", s.path)
	}
	aside, err := s.file.Rewrite(p.Tasks(), nil)
	if err != nil {
		return err
	}
	for _, payload := range p.Payloads() {
		s.store.PutPayload(payload)
	}
	// The time makes a second loss a new message. Without the folder it fits into 80 columns.
	cause := strings.ReplaceAll(why.Error(), s.path, filepath.Base(s.path))
	text := fmt.Sprintf("%s: written anew at %s, nothing is lost", cause, time.Now().Format(time.TimeOnly))
	if aside != "" {
		text += "; the file that lay there is kept as " + filepath.Base(aside)
	}
	s.Report(text)
	return nil
}

// orderTracking leaves an order to track tasks of this process, because another one polls now.
func (s *Session) orderTracking(tasks []*poller.Task) error {
	if s.file == nil {
		return nil // Acquire leaves the order
	}
	err := s.file.Reopen()
	if err == nil && len(tasks) > 0 {
		err = s.store.Post(store.TrackOrder(slices.Values(tasks)))
	}
	if err != nil {
		s.unstored = tasks
	}
	return err
}

// execute executes an order. It returns why requests could not be stored; the order stays then.
func (s *Session) execute(p *poller.Poller, o store.Order) error {
	var requests []queue.Request
	canceled := map[queue.Key]bool{}
	for _, r := range o.Track {
		request, err := r.Resolve(s.baseOf)
		if err != nil {
			continue // no polltop writes such an address
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

// submit gives the payloads of a batch to the poller, which sends them. 0 is no batch.
func (s *Session) submit(p *poller.Poller, batch int64) error {
	if batch == 0 {
		return nil
	}
	payloads, err := s.store.Payloads(batch, s.baseOf)
	if err == nil {
		p.Submit(payloads)
	}
	return err
}
