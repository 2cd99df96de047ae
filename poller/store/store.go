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

// maxWriteDelay bounds how long a change that is not urgent waits to be written.
const maxWriteDelay = time.Second

// Store is a session on disk. It is a poller.Store. Its methods may be called from any
// goroutine.
type Store struct {
	WriteBuffer

	path        string
	db          atomic.Pointer[sql.DB] // replaced by Rewrite, Repair and Reopen
	tryFlock    func(*flock.Flock) (bool, error)
	dataVersion int64 // SQLite's data_version at the last Since

	writeMu      sync.Mutex                     // guards all below; held while writing
	openFiles    [len(fileSuffixes)]os.FileInfo // the session's files when it was opened, by fileSuffixes; nil for none
	damage       error                          // damage that LoadAndRepair is to repair; nil for none
	damagedCopy  string                         // the path of the damaged file that this one replaces, "" for none
	filesLost    error                          // why nothing may be written before Rewrite; nil if it may
	lock         *flock.Flock                   // nil while this process does not hold it
	lease        Lease                          // this process's own
	withoutLocks bool                           // the file system has no locks
	isOwner      bool                           // this process has acquired the lease; another may have it since
	rev          int64                          // the number of the last change
	storedBytes  [kindCount]int64               // the total size of the stored bodies of each kind
	lastBody     int64                          // the number of the body that was stored last
	writeErr     error                          // why the last Sync failed; nil for success
	failedAt     time.Time                      // when a Sync failed last
}

var _ poller.Store = (*Store)(nil)

// Open opens the session in a file. It creates file and directory if they don't exist. It sets a file
// aside that SQLite can't read, and LoadAndRepair recovers its rows. It returns ErrNewer for a file of
// a newer polltop. After an error that is Temporary callers should retry.
func Open(path string) (*Store, error) {
	if err := makeDir(filepath.Dir(path)); err != nil {
		return nil, explain(err)
	}
	s, err := open(path, connect)
	if !Damaged(err) {
		return s, explain(err)
	}
	damage := err
	aside, err := setAside(path, ".damaged")
	if err != nil {
		return nil, fmt.Errorf("%w, and could not be put aside: %w", explain(damage), explain(err))
	}
	if s, err = replaceHeader(path, aside); err != nil {
		if err = remove(path); err == nil {
			s, err = open(path, connect) // an empty one
		}
	}
	if err != nil {
		return nil, explain(err)
	}
	s.damage, s.damagedCopy = damage, aside
	return s, nil
}

// OpenReadOnly opens an existing session for reading, also where nothing can be written, as on a full
// disk. It returns an error for a damaged one.
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
		return s, explain(err)
	}
	if s, frozenErr := open(path, connectReadOnly); frozenErr == nil {
		return s, nil
	}
	return nil, explain(err)
}

// makeDir creates the directory of sessions, or restricts an existing one to the user.
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

// open opens a database and reads the counters, which finds most damage.
func open(path string, connect func(path string) (*sql.DB, error)) (*Store, error) {
	db, err := connect(path)
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname()
	s := &Store{path: path, WriteBuffer: NewWriteBuffer(), lease: Lease{Holder: rand.Text(), Host: host, Pid: os.Getpid()}, tryFlock: (*flock.Flock).TryLock}
	s.db.Store(db)
	if err := s.readCounters(); Damaged(err) {
		s.damage = err
	} else if err != nil {
		db.Close()
		return nil, err
	}
	s.recordFiles()
	return s, nil
}

func (s *Store) conn() *sql.DB { return s.db.Load() }

// readCounters reads the numbers of the last change and the last body, and the sizes of the bodies.
func (s *Store) readCounters() error {
	// The fact dropped is the number of the last change that deleted a task.
	if err := s.conn().QueryRow("SELECT max(coalesce((SELECT max(rev) FROM tasks WHERE typeof(rev) = 'integer'), 0), coalesce((SELECT max(rev) FROM payloads WHERE typeof(rev) = 'integer'), 0), CAST(coalesce((SELECT value FROM facts WHERE name = 'dropped'), 0) AS INTEGER))").Scan(&s.rev); err != nil {
		return err
	}
	return s.sumBodySizes()
}

// Check searches the file for damage that reading may miss. It takes some 60 ms for 100,000 tasks.
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

// Close writes everything, releases the lease if this process has it, and closes the database. It
// returns why something could not be written.
func (s *Store) Close() error {
	err := s.Flush()
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if err == nil && s.isOwner {
		err = explain(s.transact(false, s.deleteLease))
	}
	err = errors.Join(err, s.conn().Close())
	s.unlock()
	return err
}

// Path returns the file of the database.
func (s *Store) Path() string { return s.path }
