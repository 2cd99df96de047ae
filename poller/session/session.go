package session

import (
	"context"
	"errors"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/store"
)

const (
	// look is the interval at which a process checks what others have written, and whether
	// the session's files are still in place.
	look = 500 * time.Millisecond
	// beat is the interval at which the polling process writes a sign of life into a file.
	beat = 2 * time.Second
	// silence is after how long without a sign of life the others say so.
	silence = 10 * time.Second
	// retry is the interval at which an unusable session is tried again.
	retry = 2 * time.Second
)

// Session tracks the tasks of a session that is kept in a Store. It has the methods of a poller.Poller,
// whether this process polls or another one does. They may be called from any goroutine;
// before Run they wait for it.
type Session struct {
	path    string       // of the file; "" for none
	store   Store        // nil until it can be opened
	disk    *store.Store // store where that is in a file, nil for another
	baseOf  store.BaseOf // guarded by mu
	options poller.Options
	unsaved []*poller.Task // those that are tracked here and not on disk yet
	openErr error          // why the session could not be opened

	// For Next: the counts of this role and of those before.
	counted, earlier poller.Stats

	mu          sync.Mutex
	persistence poller.Persistence
	current     poller.Tracker // an owner or a viewer
	changed     chan struct{}  // closed when current changes
	over        bool
}

// New returns a session over an opened store, which it closes when Run ends. bases are the
// configured ones. It sets the Store and Tasks of the options itself.
func New(name string, opened *store.Store, bases []*queue.Base, o poller.Options) *Session {
	s := newSession(name, opened.Path(), bases, o)
	s.opened(opened)
	return s
}

// NewShared returns a session over a store that is no file, which it closes when Run ends.
func NewShared(name string, kept Store, bases []*queue.Base, o poller.Options) *Session {
	s := newSession(name, "", bases, o)
	s.store = kept
	return s
}

// NewPending returns a session whose file can't be opened now because of why. It polls what is
// tracked meanwhile, and stores it once the file can be opened.
func NewPending(name, path string, why error, bases []*queue.Base, o poller.Options) *Session {
	s := newSession(name, path, bases, o)
	s.openErr = why
	return s
}

func newSession(name, path string, bases []*queue.Base, o poller.Options) *Session {
	return &Session{
		path: path, persistence: poller.Persistence{Session: name}, baseOf: queue.BaseOf(bases), options: o, changed: make(chan struct{}),
	}
}

// opened sets the opened store.
func (s *Session) opened(opened *store.Store) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store, s.disk, s.openErr = opened, opened, nil
}

// Report shows the user what happened to the session.
func (s *Session) Report(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.persistence.Damage = text
	if v, ok := s.current.(*viewer); ok {
		v.report(text)
	}
}

// persistenceNow returns how the tasks are kept.
func (s *Session) persistenceNow() poller.Persistence {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.persistence
}

// Run polls, or views while another process polls, until ctx ends. Everything is on disk when
// it returns.
func (s *Session) Run(ctx context.Context) {
	defer s.end()
	for ctx.Err() == nil {
		if s.openErr != nil {
			s.pollWithoutStore(ctx)
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
			s.openErr = err
		}
	}
}

// Release lets another process poll the session, as before this one is suspended. This one
// resumes by itself if no other has begun to poll.
func (s *Session) Release() {
	s.mu.Lock()
	kept := s.store
	s.mu.Unlock()
	if kept != nil {
		kept.Release()
	}
}

// Display returns how a dashboard showed the session last; "" for not known, as where it is in
// no file.
func (s *Session) Display() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.disk == nil {
		return ""
	}
	return s.disk.Display()
}

// SetDisplay stores what Display returns, unless there is no file or it can't be opened.
func (s *Session) SetDisplay(text string) error {
	s.mu.Lock()
	kept := s.disk
	s.mu.Unlock()
	if kept == nil {
		return nil
	}
	return kept.SetDisplay(text)
}

// end closes the store, and wakes those that wait for a role.
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

// setRole sets the current role.
func (s *Session) setRole(r poller.Tracker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = r
	close(s.changed)
	s.changed = make(chan struct{})
}

// role waits for a role and returns it, with a channel that is closed at the next change. It
// returns nil after the end of Run.
func (s *Session) role() (poller.Tracker, chan struct{}) {
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
