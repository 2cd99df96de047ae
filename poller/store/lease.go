package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// Lease names the process that polls a session. The zero Lease means that none does. On disk a file
// lock keeps two processes from polling, and the lease decides only on file systems without locks.
type Lease struct {
	// Holder is the random id of the process, Pid its number on the machine Host.
	Holder, Host string
	Pid          int
	// Beat grows while the process is alive.
	Beat int64
}

// Process names the process for people, such as "pid 7", with its machine if that is another one. It is
// "nobody" for the zero Lease.
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
// returns the lease of the one that polls, and whether that is this process. It returns
// ErrNoFileLocks if another process uses the session on a file system without locks.
func (s *Store) Acquire() (Lease, bool, error) {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	locked, err := s.tryLock()
	if s.withoutLocks = noLocks(err); s.withoutLocks {
		err = s.checkUnshared(err)
	} else if err == nil && !locked {
		found, err := s.Holder()
		return found, false, err
	}
	if err == nil && !s.isOwner {
		// The last holder may have written newer snapshots and higher numbers.
		s.Discard()
		if err = s.readCounters(); Damaged(err) {
			err = nil
		}
	}
	if err != nil {
		return Lease{}, false, explain(err)
	}
	s.lease.Beat++
	// The lock suffices to poll: the lease can't be written while another program has locked the
	// database.
	err = s.transact(false, s.writeLease)
	if s.isOwner = err == nil || !s.withoutLocks; !s.isOwner {
		return Lease{}, false, explain(err)
	}
	return s.lease, true, nil
}

// checkUnshared returns ErrNoFileLocks, with why, if another process seems to use the session.
func (s *Store) checkUnshared(why error) error {
	found, err := s.activeHolder()
	if found.Holder != "" && found.Holder != s.lease.Holder {
		err = fmt.Errorf("process %d on %s uses it, and %w (%w): end that one, or name another session with --session", found.Pid, found.Host, ErrNoFileLocks, why)
	}
	return err
}

// writeLease writes the lease of this process into the database.
func (s *Store) writeLease(tx *sql.Tx) error {
	if _, err := tx.Exec("INSERT OR REPLACE INTO owner (id, holder, host, pid, beat) VALUES (1, ?, ?, ?, ?)", s.lease.Holder, s.lease.Host, s.lease.Pid, s.lease.Beat); err != nil {
		return err
	}
	return setLastUsed(tx)
}

// Holder returns the lease in the database, which a process that was killed leaves there.
func (s *Store) Holder() (Lease, error) {
	var found Lease
	err := s.conn().QueryRow("SELECT holder, host, pid, beat FROM owner").Scan(&found.Holder, &found.Host, &found.Pid, &found.Beat)
	if errors.Is(err, sql.ErrNoRows) {
		return Lease{}, nil
	}
	return found, explain(err)
}

// activeHolder returns the lease of the process that polls now.
func (s *Store) activeHolder() (Lease, error) {
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

// deleteLease deletes the lease of this process from the database.
func (s *Store) deleteLease(tx *sql.Tx) error {
	if _, err := tx.Exec("DELETE FROM owner WHERE holder = ?", s.lease.Holder); err != nil {
		return err
	}
	return setLastUsed(tx)
}

// setLastUsed stores the present time as that of the last use. The file's own time also changes when
// the session is listed.
func setLastUsed(tx *sql.Tx) error { return setFact(tx, "used", time.Now().UnixMilli()) }

// Beat shows other processes that this one is alive. It returns ErrLeaseLost if another one polls now.
func (s *Store) Beat() error {
	return s.change(false, s.ifOwner(func(tx *sql.Tx) error {
		s.lease.Beat++
		return s.writeLease(tx)
	}))
}

// checkLease returns ErrLeaseLost if another process has begun to poll since this one acquired the
// lease: what that one wrote must not be overwritten.
func (s *Store) checkLease(tx *sql.Tx) error {
	if !s.isOwner {
		return nil
	}
	if !s.withoutLocks {
		if s.lock != nil {
			return nil
		}
		// After Release this process may go on if no other has acquired the session.
		if locked, err := s.tryLock(); err != nil || !locked {
			return errors.Join(ErrLeaseLost, err)
		}
	}
	held := false
	err := eachRow(tx, "SELECT holder FROM owner", func(r []any) error {
		held = r[0] == s.lease.Holder
		return nil
	})
	if err == nil && !held {
		s.unlock()
		return ErrLeaseLost
	}
	return err
}

// lockSuffix is the suffix of the file that the polling process locks. The system releases the lock
// however the process ends. The database itself can't be used, because closing a second handle on it
// would release SQLite's own locks.
const lockSuffix = ".lock"

// tryLock acquires the session's lock unless another process holds it, and reports whether this
// one holds it now. A lock on a file that was deleted or replaced does not count, because another
// process may have locked the new file.
func (s *Store) tryLock() (bool, error) {
	if s.lock != nil {
		if inPlace(s.lock) {
			return true, nil
		}
		s.lock.Close()
		s.lock = nil
	}
	lock := flock.New(s.path+lockSuffix, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
	locked, err := s.tryFlock(lock)
	if err != nil || !locked || !inPlace(lock) {
		lock.Close()
		if err != nil {
			err = fmt.Errorf("its lock file can't be locked: %w", explain(err))
		}
		return false, err
	}
	s.lock = lock
	return true, nil
}

// LockError returns why the session's file system has no file locks; nil if it has them.
func (s *Store) LockError() error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	hadLock := s.lock != nil
	locked, err := s.tryLock()
	if locked && !hadLock {
		s.unlock()
	}
	if !noLocks(err) {
		err = nil
	}
	return err
}

// inPlace reports whether the file of a lock still has its name.
func inPlace(lock *flock.Flock) bool {
	locked, err := lock.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(lock.Path())
	return err == nil && os.SameFile(locked, named)
}

func (s *Store) unlock() {
	if s.lock != nil {
		s.lock.Close()
		s.lock = nil
	}
}

// Release writes everything and releases the lock. The next write acquires it again if no
// other process held it meanwhile.
func (s *Store) Release() {
	s.Flush() // the buffer keeps what could not be written
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	s.unlock()
}

// fileSuffixes are the suffixes of the files that must stay in place while the session is in use.
// SQLite would go on writing into a deleted file.
var fileSuffixes = [...]string{"", "-wal", "-shm"}

// recordFiles records which files the session has now, for checkFiles.
func (s *Store) recordFiles() {
	s.openFiles = [len(fileSuffixes)]os.FileInfo{}
	for i, suffix := range fileSuffixes {
		s.openFiles[i], _ = os.Stat(s.path + suffix)
	}
}

// CheckFiles returns an error if the session's files were deleted, moved or replaced. Nothing is
// written after that before Rewrite or Reopen.
func (s *Store) CheckFiles() error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	err := s.checkFiles()
	if err == nil || s.filesLost == nil {
		s.filesLost = err
	}
	return err
}

func (s *Store) checkFiles() error {
	for i, suffix := range fileSuffixes {
		path := s.path + suffix
		info, err := os.Stat(path)
		switch {
		case s.openFiles[i] == nil && err == nil:
			s.openFiles[i] = info // SQLite has created it since
		case s.openFiles[i] == nil:
		case os.IsNotExist(err):
			return fmt.Errorf("%s was deleted or moved away", path)
		case err != nil:
			return explain(err)
		case !os.SameFile(s.openFiles[i], info):
			return fmt.Errorf("%s was replaced by another file", path)
		case suffix == "" && info.Size() < s.openFiles[i].Size():
			return fmt.Errorf("%s was cut", path)
		}
	}
	if s.lock != nil && !inPlace(s.lock) {
		return fmt.Errorf("%s was deleted or replaced", s.path+lockSuffix)
	}
	return nil
}
