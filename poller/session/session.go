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
	path    string // of the file; "" for none
	options poller.Options
	unsaved []*poller.Task // those that are tracked here and not on disk yet
	due     store.Order    // cancels that the last role had not sent

	// For Next: the counts of this role and of those before.
	counted, earlier poller.Stats

	// commands is held for reading by each command, and for writing while there is no role that could
	// execute one: before the first and between two.
	commands sync.RWMutex
	paused   bool // the last role ended paused

	mu           sync.Mutex   // guards all below
	store        Store        // nil until it can be opened
	disk         *store.Store // store where that is in a file, nil for another
	baseOf       store.BaseResolver
	persistence  poller.Persistence
	fault        error           // why the session can't be used; nil if it can
	current      role            // nil before the first
	shown        role            // the one whose update Next returned last; nil before the first
	changed      context.Context // ends when current changes
	change       context.CancelFunc
	openedTask   int32   // the Seq of the task that the user has open, -1 for none
	visibleTasks []int32 // the Seqs of those on the screen
	over         bool    // Run has ended
}

// role is what this process is to the session: an owner, a viewer, or an ended poller where Run ended
// before it was either.
type role interface {
	poller.Tracker
	Tasks() []*poller.Task
}

// New returns a session over an opened store, which it closes when Run ends. bases are the
// configured ones. It sets the Store and Tasks of the options itself.
func New(name string, kept Store, bases []*queue.Base, o poller.Options) *Session {
	s := NewPending(name, "", nil, bases, o)
	s.store = kept
	if s.disk, _ = kept.(*store.Store); s.disk != nil {
		s.path = s.disk.Path()
	}
	return s
}

// NewPending returns a session whose file can't be opened now because of why. It polls what is
// tracked meanwhile, and stores it once the file can be opened.
func NewPending(name, path string, why error, bases []*queue.Base, o poller.Options) *Session {
	s := &Session{path: path, persistence: poller.Persistence{Session: name}, fault: why, baseOf: queue.BaseResolver(bases), options: o, openedTask: -1}
	s.commands.Lock()
	s.changed, s.change = context.WithCancel(context.Background())
	return s
}

// Report shows the user what happened to the session.
func (s *Session) Report(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.persistence.Damage = text
	if v, ok := s.current.(*viewer); ok {
		v.Forward(poller.Update{})
	}
}

// state returns how the tasks are kept, and why they can't be.
func (s *Session) state() (poller.Persistence, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault == nil {
		return s.persistence, nil
	}
	return s.persistence, fmt.Errorf("the session %s can't be used: %w; it is tried again every %s", s.persistence.Session, s.fault, retry)
}

func (s *Session) setFault(why error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = why
	return why
}

// Run polls, or views while another process polls, until ctx ends. Everything is on disk when
// it returns.
func (s *Session) Run(ctx context.Context) {
	defer s.end()
	for ctx.Err() == nil {
		if _, why := s.state(); why != nil {
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
		if !errors.Is(err, store.ErrLeaseLost) {
			s.setFault(err)
		}
	}
}

func (s *Session) opened() Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store
}

// Release lets another process poll the session, as before this one is suspended. This one
// resumes by itself if no other has begun to poll.
func (s *Session) Release() {
	if opened := s.opened(); opened != nil {
		opened.Release()
	}
}

// Display returns how a dashboard showed the session last; "" for not known, as where it is in
// no file.
func (s *Session) Display() string {
	if disk, ok := s.opened().(*store.Store); ok {
		return disk.Display()
	}
	return ""
}

// SetDisplay stores what Display returns, unless there is no file or it can't be opened.
func (s *Session) SetDisplay(text string) error {
	if disk, ok := s.opened().(*store.Store); ok {
		return disk.SetDisplay(text)
	}
	return nil
}

// end closes the store, and wakes those that wait for a role.
func (s *Session) end() {
	if s.store != nil {
		s.store.Close() // what it could not keep has been reported by the updates
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over = true; s.current == nil {
		s.current = endedPoller(nil)
	}
	s.change()
	s.commands.Unlock()
}

// endedPoller returns a poller that has ended, so that it does nothing but read the store.
func endedPoller(kept poller.Store) *poller.Poller {
	p := poller.NewPoller(poller.Options{Store: kept})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.Run(ctx)
	return p
}

func (s *Session) base(address string) (*queue.Base, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.baseOf(address)
}

// gone returns which tasks of the screen are not among those of the next role, or are others there.
func (s *Session) gone(next []*poller.Task) (seqs []int32) {
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

// setRole begins a role, and has it execute the commands that waited.
func (s *Session) setRole(r role) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = r
	s.change()
	s.changed, s.change = context.WithCancel(context.Background())
	s.commands.Unlock()
}

// awaitRole waits for the first role. It returns the present one, which may have ended, with a context
// that ends when the next begins. After the end of Run it is the last role, without a context.
func (s *Session) awaitRole() (role, context.Context) {
	for {
		s.mu.Lock()
		current, changed, over := s.current, s.changed, s.over
		s.mu.Unlock()
		if over {
			return current, nil
		}
		if current != nil {
			return current, changed
		}
		<-changed.Done()
	}
}

// Store keeps a session where several processes can reach it: a store.Store in a file. One of
// them holds the lease and writes; what another one writes is refused with store.ErrLeaseLost.
type Store interface {
	poller.Store

	// Acquire makes this process the one that polls, unless another one does. It returns the
	// process that polls, and whether it is this one.
	Acquire() (store.Lease, bool, error)
	// Beat shows the others that this process lives. It returns store.ErrLeaseLost if this one must
	// not poll any more.
	Beat() error
	// Release lets another process poll, until this one writes again before that.
	Release()
	// Close writes everything, and lets another process poll.
	Close() error

	// Load returns all tasks and payloads, Since those that have changed since a snapshot, of
	// known tasks also which are gone.
	Load(bases store.BaseResolver) (store.Snapshot, error)
	Since(last store.Snapshot, bases store.BaseResolver, known iter.Seq[int32]) (store.Snapshot, error)

	// Post leaves an order for the process that polls. Orders calls f with each, and removes
	// those without an error.
	Post(o store.Order) error
	Orders(f func(store.Order) error) error

	// Confirm has a batch that AddPayloads added sent, and Payloads returns it.
	Confirm(batch int64) error
	Payloads(batch int64, bases store.BaseResolver) ([]*poller.Payload, error)
	DropPayloads(numbers []int64) error
}
