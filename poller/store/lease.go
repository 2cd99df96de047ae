package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// Lease names the process that polls a session, for people. The lock (see lock.go) keeps two
// processes from polling, except on a file system without locks.
type Lease struct {
	// Holder is the process's random id, Pid its number on the machine Host.
	Holder, Host string
	Pid          int
	// Beat grows while the process lives.
	Beat int64
}

// Process names the process for people, with its machine if that is another one; nobody for none.
func (l Lease) Process() string {
	if l.Pid == 0 {
		return "nobody"
	}
	if host, _ := os.Hostname(); l.Host != "" && l.Host != host {
		return fmt.Sprintf("pid %d on %s", l.Pid, l.Host)
	}
	return fmt.Sprintf("pid %d", l.Pid)
}

// Acquire makes this process the one that polls the session, unless another one does. It
// returns the process that polls, and whether it is this one. ErrNoFileLocks means that another
// process uses the session on a file system without locks.
func (s *Store) Acquire() (Lease, bool, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	locked, err := s.tryLock()
	if s.alone = noLocks(err); s.alone {
		err = s.refuseToShare(err)
	} else if err == nil && !locked {
		found, err := s.Holder()
		return found, false, err
	}
	if err == nil && !s.held {
		// The notes, and the counters in memory, are older than what the last holder
		// wrote.
		s.Discard()
		if err = s.inspect(); Damaged(err) {
			err = nil
		}
	}
	if err != nil {
		return Lease{}, false, plainly(err)
	}
	s.own.Beat++
	// With the lock this process polls even if the lease can't be written, as while
	// another program has locked the database.
	err = s.transact(false, s.enter)
	if s.held = err == nil || !s.alone; !s.held {
		return Lease{}, false, plainly(err)
	}
	return s.own, true, nil
}

// refuseToShare returns ErrNoFileLocks if another process seems to use the session.
func (s *Store) refuseToShare(why error) error {
	found, err := s.inUse()
	if found.Holder != "" && found.Holder != s.own.Holder {
		err = fmt.Errorf("process %d on %s uses it, and %w (%w): end that one, or name another session with --session", found.Pid, found.Host, ErrNoFileLocks, why)
	}
	return err
}

// enter writes the lease of this process.
func (s *Store) enter(tx *sql.Tx) error {
	if _, err := tx.Exec("INSERT OR REPLACE INTO owner (id, holder, host, pid, beat) VALUES (1, ?, ?, ?, ?)", s.own.Holder, s.own.Host, s.own.Pid, s.own.Beat); err != nil {
		return err
	}
	return setUsed(tx)
}

// Holder returns the lease in the database; the zero Lease if there is none.
func (s *Store) Holder() (Lease, error) {
	var found Lease
	err := s.conn().QueryRow("SELECT holder, host, pid, beat FROM owner").Scan(&found.Holder, &found.Host, &found.Pid, &found.Beat)
	if errors.Is(err, sql.ErrNoRows) {
		return Lease{}, nil
	}
	return found, plainly(err)
}

// inUse returns the lease of the process that polls now; the zero Lease for none.
func (s *Store) inUse() (Lease, error) {
	found, err := s.Holder()
	if err != nil || found.Holder == "" {
		return Lease{}, err
	}
	locked, err := s.tryLock()
	if locked {
		s.unlock()
	}
	if locked || noLocks(err) && !recentlyWritten(s.path) {
		return Lease{}, nil
	}
	return found, nil
}

// leave deletes the lease of this process.
func (s *Store) leave(tx *sql.Tx) error {
	if _, err := tx.Exec("DELETE FROM owner WHERE holder = ?", s.own.Holder); err != nil {
		return err
	}
	return setUsed(tx)
}

// setUsed stores when the session was last in use. The file's own time also changes when the
// session is listed.
func setUsed(tx *sql.Tx) error { return setFact(tx, "used", time.Now().UnixMilli()) }

// Beat shows other processes that this one lives. It returns ErrLeaseLost if another polls now.
func (s *Store) Beat() error {
	return s.change(false, s.owned(func(tx *sql.Tx) error {
		s.own.Beat++
		return s.enter(tx)
	}))
}

// checkLease returns ErrLeaseLost where another process has begun to poll: its state is newer than that
// of this one.
func (s *Store) checkLease(tx *sql.Tx) error {
	if !s.held {
		return nil
	}
	if !s.alone {
		if s.lock != nil {
			return nil
		}
		// After Release the session is still this process's if no other has taken it.
		if locked, err := s.tryLock(); err != nil || !locked {
			return errors.Join(ErrLeaseLost, err)
		}
	}
	held := false
	err := each(tx, "SELECT holder FROM owner", func(r []any) error {
		held = r[0] == s.own.Holder
		return nil
	})
	if err == nil && !held {
		s.unlock()
		return ErrLeaseLost
	}
	return err
}

// lockSuffix is the suffix of the file that the polling process locks. The system releases
// the lock when the process ends in any way. The database itself is not locked, because
// closing the handle would release SQLite's own locks on it.
const lockSuffix = ".lock"

// tryLock acquires the session's lock unless another process has it, and reports whether this
// one has it now. The lock on a file that was deleted or replaced since does not count:
// another process may have locked the new one.
func (s *Store) tryLock() (bool, error) {
	if s.lock != nil {
		if same(s.lock) {
			return true, nil
		}
		s.lock.Close()
		s.lock = nil
	}
	lock := flock.New(s.path+lockSuffix, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	locked, err := s.locker(lock)
	if err != nil || !locked || !same(lock) {
		lock.Close()
		if err != nil {
			err = fmt.Errorf("its lock file can't be locked: %w", plainly(err))
		}
		return false, err
	}
	s.lock = lock
	return true, nil
}

// LockError returns why the session's file system has no file locks; nil where it has them.
func (s *Store) LockError() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	had := s.lock != nil
	locked, err := s.tryLock()
	if locked && !had {
		s.unlock()
	}
	if !noLocks(err) {
		err = nil
	}
	return err
}

// same reports whether a lock file still has its name.
func same(lock *flock.Flock) bool {
	held, err := lock.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(held, there)
}

func (s *Store) unlock() {
	if s.lock != nil {
		s.lock.Close()
		s.lock = nil
	}
}

// Release writes everything and releases the lock. The next write acquires it again if no
// other process had it meanwhile.
func (s *Store) Release() {
	s.Flush() // what it could not write is still noted
	s.writing.Lock()
	defer s.writing.Unlock()
	s.unlock()
}

// watched are the suffixes of the files that must stay in place while the session is in use:
// SQLite would go on writing into a deleted one.
var watched = [...]string{"", "-wal", "-shm"}

// remember stores which files the session has now.
func (s *Store) remember() {
	s.files = [len(watched)]os.FileInfo{}
	for i, suffix := range watched {
		s.files[i], _ = os.Stat(s.path + suffix)
	}
}

// CheckFiles returns an error if the session's files were deleted, moved or replaced. Nothing is
// written then until Rewrite.
func (s *Store) CheckFiles() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	now := s.moved()
	if now == nil || s.gone == nil {
		s.gone = now
	}
	return now
}

func (s *Store) moved() error {
	for i, suffix := range watched {
		path := s.path + suffix
		info, err := os.Stat(path)
		switch {
		case s.files[i] == nil && err == nil:
			s.files[i] = info // made since
		case s.files[i] == nil:
		case os.IsNotExist(err):
			return fmt.Errorf("%s was deleted or moved away", path)
		case err != nil:
			return plainly(err)
		case !os.SameFile(s.files[i], info):
			return fmt.Errorf("%s was replaced by another file", path)
		case suffix == "" && info.Size() < s.files[i].Size():
			return fmt.Errorf("%s was cut", path)
		}
	}
	if s.lock != nil && !same(s.lock) {
		return fmt.Errorf("%s was deleted or replaced", s.path+lockSuffix)
	}
	return nil
}
