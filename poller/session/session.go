// Package session runs the polling of a session that is kept on disk. Of the
// processes that share one, a single one polls: the one that holds the lease.
// The others view what it learns, and the first of them takes over when it ends.
package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/queue/guard"
	"polltop/poller/store"
)

const (
	// look is how often a process looks at what the others have written.
	look = 500 * time.Millisecond
	// beat is how often the one that polls shows that it lives: each is a write.
	beat = 2 * time.Second
	// stall is how long the beat of a process must stand still before it is taken
	// for dead. Where that can be told by its number, it is told at once.
	stall = 10 * time.Second
)

// Session tracks the tasks of a session on disk. It offers what a poller.Poller
// does, whether this process polls or another. Its methods may be called from
// any goroutine; before Run runs they wait for it.
type Session struct {
	keeping poller.Keeping
	store   *store.Store
	baseOf  store.BaseOf // guarded by mu
	options poller.Options

	// Of Next: the requests that were counted, in this role and in those before.
	counted, earlier poller.Stats

	mu      sync.Mutex
	current role
	changed chan struct{} // closed when current changes
	over    bool
}

// role is what a process does for a session.
type role interface {
	Next(ctx context.Context) (poller.Update, bool)
	Track(requests []queue.Request) poller.Tracked
	PollNow(seqs ...int32)
	TogglePause()
	Body(seq int32) ([]byte, bool)
	Fetch(seq int32)
	Result(seq int32) (poller.Fetched, bool)
	Cancel(seqs ...int32)
	Untrack(seqs ...int32) []*poller.Task
	Restore(tasks []*poller.Task) []*poller.Task
	Unblock()
	Watch(opened int32, visible []int32)
}

// New returns the session that was opened, which it closes when Run ends. bases
// are those that the user configured; the options' Keeper and Tasks are the
// session's own.
func New(name string, opened store.Opened, bases []*queue.Base, o poller.Options) *Session {
	s := &Session{
		keeping: poller.Keeping{Session: name}, store: opened.Store,
		baseOf: queue.BaseOf(bases), options: o, changed: make(chan struct{}),
	}
	s.tellDamage(opened)
	return s
}

// tellDamage notes what is to be told of a damaged file.
func (s *Session) tellDamage(opened store.Opened) {
	if opened.Aside != "" {
		s.keeping.Damage = fmt.Sprintf("the session's file could not be used (%s): it is kept as %s, and a new one was begun", opened.Damage, opened.Aside)
	}
}

// Run polls, or views while another process does, until ctx ends. Then all that
// is known is on disk.
func (s *Session) Run(ctx context.Context) {
	defer s.end()
	var rival watch
	for ctx.Err() == nil {
		lease, held, err := s.store.Acquire(rival.stalled())
		if held {
			err = s.poll(ctx)
		} else if err == nil {
			rival.see(lease)
			err = s.view(ctx, &rival)
		}
		if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrLost) {
			s.pollUnkept(ctx, err)
			return
		}
	}
}

// end closes the store, and lets those go that wait for a role.
func (s *Session) end() {
	s.store.Close() // what it could not keep has been told by the updates
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	close(s.changed)
}

// poll polls until ctx ends, or the lease is lost.
func (s *Session) poll(ctx context.Context) error {
	loaded, err := s.store.Load(s.base)
	if store.Damaged(err) {
		return s.renew()
	}
	if err != nil {
		return err
	}
	o := s.options
	o.Keeper = s.store
	o.Tasks = loaded.Tasks
	p := poller.NewPoller(o)
	ctx, cancel := context.WithCancelCause(ctx)
	var beats sync.WaitGroup
	beats.Go(guard.Func(func() { s.beat(ctx, cancel, p) }))
	defer beats.Wait()
	defer cancel(nil)
	s.take(&owner{Poller: p, keeping: s.keeping})
	p.Run(ctx)
	return context.Cause(ctx)
}

// renew goes on with a new file in place of a damaged one.
func (s *Session) renew() error {
	opened, err := s.store.Renew()
	s.tellDamage(opened)
	if opened.Store != nil {
		s.store = opened.Store
	}
	return err
}

// beat shows the others that this process lives, and does what they ask for,
// until ctx ends. A lost lease ends the polling.
func (s *Session) beat(ctx context.Context, cancel context.CancelCauseFunc, p *poller.Poller) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	failed, beaten := false, time.Now()
	for {
		if changed, err := s.store.Changed(); err == nil && changed {
			s.store.Orders(func(o store.Order) error { return s.obey(p, o) })
		}
		var err error
		if time.Since(beaten) >= beat {
			err, beaten = s.store.Beat(), time.Now()
		}
		if errors.Is(err, store.ErrLost) {
			cancel(err)
			return
		}
		if err = errors.Join(err, s.store.Sync()); (err != nil) != failed {
			// It is told with the next update, for which there may be no other
			// reason.
			failed = err != nil
			p.Wake()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// obey does what a viewer asked for. It returns why what was to be tracked is not
// kept, so that the order stays.
func (s *Session) obey(p *poller.Poller, o store.Order) error {
	if len(o.Track) > 0 {
		if tracked := p.Track(s.requests(o.Track)); tracked.Unkept != nil {
			return tracked.Unkept
		}
	}
	p.PollNow(o.PollNow...)
	p.Cancel(o.Cancel...)
	for _, seq := range o.Fetch {
		p.Fetch(seq)
	}
	return nil
}

// requests returns the requests of an order. One whose base URL can't be read
// was not written by a viewer, and is passed over.
func (s *Session) requests(kept []store.Request) []queue.Request {
	var out []queue.Request
	for _, r := range kept {
		if base, err := s.base(r.Base); err == nil {
			out = append(out, queue.Request{ID: r.ID, Endpoint: r.Endpoint, Base: base, URLs: r.URLs, Assumed: r.Assumed})
		}
	}
	return out
}

// base returns the base with the given URL.
func (s *Session) base(address string) (*queue.Base, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.baseOf(address)
}

// pollUnkept polls without the disk, after it has failed in a way that does not
// pass: the dashboard goes on, and says so.
func (s *Session) pollUnkept(ctx context.Context, why error) {
	o := s.options
	p := poller.NewPoller(o)
	s.take(&owner{Poller: p, keeping: s.keeping, unkept: fmt.Errorf("the session %s can't be used: %w", s.keeping.Session, why)})
	p.Run(ctx)
}

// take makes a role the current one.
func (s *Session) take(r role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = r
	close(s.changed)
	s.changed = make(chan struct{})
}

// role returns the current role, once there is one, and what tells that there is
// another. It returns nil after the end of Run.
func (s *Session) role() (role, chan struct{}) {
	for {
		s.mu.Lock()
		current, changed, over := s.current, s.changed, s.over
		s.mu.Unlock()
		if over {
			return nil, nil
		}
		if current != nil {
			return current, changed
		}
		<-changed
	}
}
