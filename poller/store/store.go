package store

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gofrs/flock"

	"polltop/poller"
)

// lazily bounds how long a change waits to be written if the next poll brings it again.
const lazily = time.Second

// Store is a session on disk. It is a poller.Store. Its methods may be called from any
// goroutine.
type Store struct {
	path string
	WriteBuffer
	writing sync.Mutex                // held by the one that writes
	db      atomic.Pointer[sql.DB]    // another one after Rewrite and Reopen
	files   [len(watched)]os.FileInfo // the session's files, by watched; nil for none
	damage  error                     // why LoadAndRepair writes the session anew
	aside   string                    // the damaged database that this was made from, "" for none
	gone    error                     // why nothing is written until Rewrite
	lock    *flock.Flock              // nil while this process has no lock
	locker  func(*flock.Flock) (bool, error)
	own     Lease // its Holder distinguishes this process from others
	alone   bool  // the file system knows no locks
	held    bool  // this process polls, or did
	rev     int64
	data    int64        // SQLite's data_version at the last look
	kept    [kinds]int64 // bytes of answers and results
	bodyAt  int64        // the number of the body that was kept last
	err     error        // why the last Sync failed
	failed  time.Time    // when it did
}

var _ poller.Store = (*Store)(nil)

// Open opens the session in a file, and creates file and directory where there are none. A
// file that SQLite can't read is put aside, and LoadAndRepair uses what can be read in it. A file of
// a newer polltop is ErrNewer. Retry after an error that is Passing.
func Open(path string) (*Store, error) {
	if err := makeDir(filepath.Dir(path)); err != nil {
		return nil, plainly(err)
	}
	s, err := open(path, connect)
	if !Damaged(err) {
		return s, plainly(err)
	}
	damage := err
	aside, err := putAside(path, ".damaged")
	if err != nil {
		return nil, fmt.Errorf("%w, and could not be put aside: %w", plainly(damage), plainly(err))
	}
	if s, err = graft(path, aside); err != nil {
		if err = remove(path); err == nil {
			s, err = open(path, connect) // a new one
		}
	}
	if err != nil {
		return nil, plainly(err)
	}
	s.damage, s.aside = damage, aside
	return s, nil
}

// OpenReadOnly opens an existing session for reading, even if it can't be written to, as on a full
// disk. A damaged one is an error.
func OpenReadOnly(path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	s, err := open(path, connect)
	if err == nil && s.damage != nil {
		err = s.damage
		s.conn().Close()
	}
	if err == nil || Damaged(err) || errors.Is(err, ErrNewer) || errors.Is(err, ErrNotFile) || errors.Is(err, ErrInUseByOlder) {
		return s, plainly(err)
	}
	if s, frozenErr := open(path, connectFrozen); frozenErr == nil {
		return s, nil
	}
	return nil, plainly(err)
}

// makeDir creates the sessions' directory, or restricts an existing one to the user.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() == 0o700 {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// open opens a database and reads all that is needed to resume, so that damage is found
// first.
func open(path string, connect func(path string) (*sql.DB, error)) (*Store, error) {
	db, err := connect(path)
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname()
	s := &Store{path: path, WriteBuffer: NewWriteBuffer(), own: Lease{Holder: rand.Text(), Host: host, Pid: os.Getpid()}, locker: (*flock.Flock).TryLock}
	s.db.Store(db)
	if err := s.inspect(); Damaged(err) {
		s.damage = err // LoadAndRepair uses what can be read
	} else if err != nil {
		db.Close()
		return nil, err
	}
	s.remember()
	return s, nil
}

func (s *Store) conn() *sql.DB { return s.db.Load() }

// inspect reads the counters that the store continues.
func (s *Store) inspect() error {
	// The task that was dropped last has no row: its number is stored apart.
	if err := s.conn().QueryRow("SELECT max(coalesce((SELECT max(rev) FROM tasks WHERE typeof(rev) = 'integer'), 0), coalesce((SELECT max(rev) FROM payloads WHERE typeof(rev) = 'integer'), 0), CAST(coalesce((SELECT value FROM facts WHERE name = 'dropped'), 0) AS INTEGER))").Scan(&s.rev); err != nil {
		return err
	}
	return s.measure()
}

// Check searches the file for damage that reading may not notice. It takes some 60 ms for
// 100,000 tasks.
func (s *Store) Check() error {
	if s.damage != nil {
		return s.damage
	}
	var found string
	if err := s.conn().QueryRow("PRAGMA quick_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("%w: %s", errDamaged, found)
	}
	return nil
}

// Close writes everything, gives up the lease if this process has it, and closes the
// database. Its error is why something could not be written.
func (s *Store) Close() error {
	err := s.Flush()
	s.writing.Lock()
	defer s.writing.Unlock()
	if err == nil && s.held {
		err = plainly(s.transact(false, s.leave))
	}
	err = errors.Join(err, s.conn().Close())
	s.unlock()
	return err
}

// Path returns the file of the database.
func (s *Store) Path() string { return s.path }
