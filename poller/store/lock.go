package store

import (
	"fmt"
	"os"

	"github.com/gofrs/flock"
)

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
	if noLocks(err) {
		return err
	}
	return nil
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

// unlock releases the lock.
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

// Moved returns an error if the session's files were deleted, moved or replaced. Nothing is
// written then until Rewrite.
func (s *Store) Moved() error {
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
