package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/store"
)

const (
	// look is how often a process looks at what the others have written, and whether
	// the session's files are still there.
	look = 500 * time.Millisecond
	// beat is how often the one that polls shows that it lives: each is a write.
	beat = 2 * time.Second
	// silence is how long that one must have shown nothing until the others say so.
	silence = 10 * time.Second
	// retry is how often a session is tried again that could not be used.
	retry = 2 * time.Second
)

// Session tracks the tasks of a session on disk. It offers what a poller.Poller
// does, whether this process polls or another. Its methods may be called from
// any goroutine; before Run runs they wait for it.
type Session struct {
	path    string
	store   *store.Store // nil until it can be opened
	baseOf  store.BaseOf // guarded by mu
	options poller.Options
	carried []*poller.Task // those that are tracked here and not on disk yet
	lacking error          // why the session could not be opened

	// Of Next: the requests that were counted, in this role and in those before.
	counted, earlier poller.Stats

	mu          sync.Mutex
	persistence poller.Persistence
	current     role
	changed     chan struct{} // closed when current changes
	over        bool
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
	DropCancels(seqs ...int32)
	ClaimHook(seq int32) bool
	Untrack(seqs ...int32) []*poller.Task
	Restore(tasks []*poller.Task) []*poller.Task
	Unblock()
	SetViewed(opened int32, visible []int32)
	FetchLogs(seq int32)
	Logs(seq int32) []queue.LogLine
}

// New returns the session that was opened, which it closes when Run ends. bases
// are those that the user configured; the options' Store and Tasks are the
// session's own.
func New(name string, opened store.Opened, bases []*queue.Base, o poller.Options) *Session {
	s := newSession(name, opened.Store.Path(), bases, o)
	s.opened(opened)
	return s
}

// NewPending returns a session whose file can't be opened for a while, and why. What
// is tracked meanwhile is polled, and kept once the file can be opened.
func NewPending(name, path string, why error, bases []*queue.Base, o poller.Options) *Session {
	s := newSession(name, path, bases, o)
	s.lacking = why
	return s
}

func newSession(name, path string, bases []*queue.Base, o poller.Options) *Session {
	return &Session{
		path: path, persistence: poller.Persistence{Session: name}, baseOf: queue.BaseOf(bases), options: o, changed: make(chan struct{}),
	}
}

// opened takes over a session that was opened.
func (s *Session) opened(opened store.Opened) {
	s.mu.Lock()
	s.store, s.lacking = opened.Store, nil
	s.mu.Unlock()
	if opened.Aside != "" {
		s.report(fmt.Sprintf("the session's file could not be used (%s): it is kept as %s, and a new one was begun", opened.Damage, opened.Aside))
	}
}

// report has the user told what became of the session's file.
func (s *Session) report(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.persistence.Damage = text
}

// keep returns how the tasks are kept.
func (s *Session) keep() poller.Persistence {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.persistence
}

// Run polls, or views while another process does, until ctx ends. Then all that
// is known is on disk.
func (s *Session) Run(ctx context.Context) {
	defer s.end()
	for ctx.Err() == nil {
		if s.lacking != nil {
			s.pollUnkept(ctx)
			continue
		}
		lease, held, err := s.store.Acquire()
		switch {
		case err != nil:
		case held:
			err = s.poll(ctx)
		default:
			err = s.view(ctx, lease)
		}
		if !errors.Is(err, store.ErrLost) {
			s.lacking = err
		}
	}
}

// Release lets another process poll the session, as before this one is suspended. It
// goes on by itself afterwards, if no other has begun to poll.
func (s *Session) Release() {
	s.mu.Lock()
	kept := s.store
	s.mu.Unlock()
	if kept != nil {
		kept.Release()
	}
}

// end closes the store, and lets those go that wait for a role.
func (s *Session) end() {
	if s.store != nil {
		s.store.Close() // what it could not keep has been told by the updates
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	close(s.changed)
}

// base returns the base with the given URL.
func (s *Session) base(address string) (*queue.Base, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.baseOf(address)
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
