package session

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/store"
)

const (
	// checkInterval is the time between two checks of what others have written, and of whether the
	// session's files are still in place.
	checkInterval = 500 * time.Millisecond
	// beatInterval is the time between two signs of life that the polling process writes into a file.
	beatInterval = 2 * time.Second
	// silentAfter is how long after the last sign of life the others report that the process is silent.
	silentAfter = 10 * time.Second
	// retryInterval is the time between two attempts to open an unusable session.
	retryInterval = 2 * time.Second
)

// Session tracks the tasks of a session that is stored in a Store. It is a poller.Runner, whether this
// process polls or another one does. Its methods may be called from any goroutine. Those of a
// poller.Tracker wait for Run.
type Session struct {
	path    string // the path of the file; "" for a store that is not in a file
	options poller.Options

	// The goroutine of Run owns these.
	unstored      []*poller.Task // tasks that are tracked here and not in the store yet
	unsentCancels store.Order    // the cancels that the last role had not sent
	paused        bool           // the last role that polled ended paused

	// The goroutine of Next owns these.
	roleStats poller.Stats // the counts of the present role
	pastStats poller.Stats // the sums of the counts of earlier roles

	// commands is held for reading by each command. It is held for writing while no role could execute
	// one: before the first role and between two roles.
	commands sync.RWMutex

	mu           sync.Mutex   // guards all below
	store        Store        // nil until it can be opened
	file         *store.Store // the same store if it is in a file; nil otherwise
	bases        store.BaseResolver
	persistence  poller.Persistence
	fault        error           // why the session can't be used; nil if it can
	current      role            // nil before the first role
	shown        role            // the role whose update Next returned last; nil before the first
	changed      context.Context // ends when current changes
	change       context.CancelFunc
	openedTask   int32   // the Seq of the task that the user has open, -1 for none
	visibleTasks []int32 // the Seqs of the tasks on the screen
	ended        bool    // Run has ended
}

// role is what this process is to the session: the poller of the process that polls, or a viewer. If Run
// ended before the first of these it is a poller that has ended.
type role interface {
	poller.Tracker
	Tasks() []*poller.Task
}

// New returns a session over an open store, which it closes when Run ends. bases are the configured
// ones. It ignores the Store and Tasks of the options.
func New(name string, st Store, bases []*queue.Base, o poller.Options) *Session {
	s := NewPending(name, "", nil, bases, o)
	s.store = st
	if s.file, _ = st.(*store.Store); s.file != nil {
		s.path = s.file.Path()
	}
	return s
}

// NewPending returns a session whose file can't be opened now because of why. It polls without a store
// until the file can be opened, and then stores what it tracks.
func NewPending(name, path string, why error, bases []*queue.Base, o poller.Options) *Session {
	s := &Session{path: path, persistence: poller.Persistence{Session: name}, fault: why, bases: queue.BaseResolver(bases), options: o, openedTask: -1}
	s.commands.Lock()
	s.changed, s.change = context.WithCancel(context.Background())
	return s
}

// Report shows a text to the user with the next update.
func (s *Session) Report(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.persistence.Damage = text
	if v, ok := s.current.(*viewer); ok {
		v.Forward(poller.Update{})
	}
}

// state returns how the tasks are stored, and why they can't be; nil if they can.
func (s *Session) state() (poller.Persistence, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault == nil {
		return s.persistence, nil
	}
	return s.persistence, fmt.Errorf("the session %s can't be used: %w; it is tried again every %s", s.persistence.Session, s.fault, retryInterval)
}

func (s *Session) setFault(why error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = why
	return why
}

// Run polls, or views while another process polls, until ctx ends. Everything is stored when it
// returns.
func (s *Session) Run(ctx context.Context) {
	defer s.end()
	for ctx.Err() == nil {
		if _, why := s.state(); why != nil {
			s.pollWithoutStore(ctx)
			continue
		}
		lease, polls, err := s.store.Acquire()
		switch {
		case err != nil:
		case polls:
			err = s.poll(ctx)
		default:
			err = s.view(ctx, lease)
		}
		if !errors.Is(err, store.ErrLeaseLost) {
			s.setFault(err)
		}
	}
}

// hasEnded reports whether Run has ended.
func (s *Session) hasEnded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// openStore returns the store; nil while it can't be opened.
func (s *Session) openStore() Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store
}

// Release lets another process poll the session, for the time that this one is suspended. This one
// goes on by itself if no other has begun to poll.
func (s *Session) Release() {
	if st := s.openStore(); st != nil {
		st.Release()
	}
}

// Display returns what SetDisplay stored last; "" for nothing.
func (s *Session) Display() string {
	if file, ok := s.openStore().(*store.Store); ok {
		return file.Display()
	}
	return ""
}

// SetDisplay stores how the dashboard shows the session. It does nothing if the store is not in a file
// or can't be opened.
func (s *Session) SetDisplay(text string) error {
	if file, ok := s.openStore().(*store.Store); ok {
		return file.SetDisplay(text)
	}
	return nil
}

// end lets the commands that wait for a role go on without one, and closes the store after them.
func (s *Session) end() {
	s.mu.Lock()
	if s.ended = true; s.current == nil {
		s.current = endedPoller(nil)
	}
	s.change()
	s.mu.Unlock()
	s.commands.Unlock()
	s.commands.Lock() // wait for those commands
	defer s.commands.Unlock()
	if s.store != nil {
		_ = s.postCancels() // nobody is left to see the error
		s.store.Close()     // updates have reported what it could not write
	}
}

// endedPoller returns a poller that has ended. It still reads the store, and does nothing else.
func endedPoller(st poller.Store) *poller.Poller {
	p := poller.NewPoller(poller.Options{Store: st})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.Run(ctx)
	return p
}

// baseOf returns the base with an address. It is a store.BaseResolver for all goroutines.
func (s *Session) baseOf(address string) (*queue.Base, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bases(address)
}

// staleSeqs returns the Seqs of the screen that no task of the next role has, or another one.
func (s *Session) staleSeqs(next []*poller.Task) (seqs []int32) {
	s.mu.Lock()
	last := s.shown
	s.mu.Unlock()
	if last == nil {
		return nil
	}
	shown := map[int32]queue.Key{}
	for _, t := range last.Tasks() {
		shown[t.Seq] = t.Request.Key()
	}
	for _, t := range next {
		if shown[t.Seq] == t.Request.Key() {
			delete(shown, t.Seq)
		}
	}
	return slices.Collect(maps.Keys(shown))
}

// setRole begins a role. The commands that waited for it go on.
func (s *Session) setRole(r role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = r
	s.change()
	s.changed, s.change = context.WithCancel(context.Background())
	s.commands.Unlock()
}

// awaitRole waits for the first role. It returns the present one, which may have ended, and a context
// that ends when the next one begins. After Run it returns the last role and no context.
func (s *Session) awaitRole() (role, context.Context) {
	for {
		s.mu.Lock()
		current, changed, ended := s.current, s.changed, s.ended
		s.mu.Unlock()
		if ended {
			return current, nil
		}
		if current != nil {
			return current, changed
		}
		<-changed.Done()
	}
}

// Store stores a session where several processes can reach it. A store.Store is one. The process that
// holds the lease writes. Writes of another process return store.ErrLeaseLost.
type Store interface {
	poller.Store

	// Acquire makes this process the one that polls, unless another one does. It returns the lease of
	// the process that polls, and whether that is this one.
	Acquire() (lease store.Lease, polls bool, err error)
	// Beat shows the others that this process is alive. It returns store.ErrLeaseLost if this one must
	// not poll any more.
	Beat() error
	// Release lets another process poll. This one goes on with its next write if no other does.
	Release()
	// Close writes everything, and lets another process poll.
	Close() error

	// Load returns all tasks and payloads. Since returns those that have changed since a snapshot, and
	// which of the known tasks are no longer tracked.
	Load(bases store.BaseResolver) (store.Snapshot, error)
	Since(last store.Snapshot, bases store.BaseResolver, known iter.Seq[int32]) (store.Snapshot, error)

	// Post leaves an order for the process that polls. Orders calls f with each order, and removes
	// those for which f returns nil.
	Post(o store.Order) error
	Orders(f func(store.Order) error) error

	// Confirm orders that a batch of AddPayloads is sent. Payloads returns its payloads.
	Confirm(batch int64) error
	Payloads(batch int64, bases store.BaseResolver) ([]*poller.Payload, error)
	DropPayloads(numbers []int64) error
}
