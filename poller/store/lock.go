package store

import (
	"fmt"
	"os"

	"github.com/gofrs/flock"
)

// lockSuffix ends the name of the file whose lock the process that polls holds. The
// system gives the lock up when the process ends, however it does. The database itself
// is not locked so: SQLite has locks of its own on it, which closing another handle
// of it would drop.
const lockSuffix = ".lock"

// tryLock takes the session's lock unless another process has it, and reports
// whether this one has it now. A lock file that was deleted or replaced since it was
// locked is none: another process may have locked the one that is there now.
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
		return false, cause(err)
	}
	s.lock = lock
	return true, nil
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

// unlock gives the lock up.
func (s *Store) unlock() {
	if s.lock != nil {
		s.lock.Close()
		s.lock = nil
	}
}

// Release puts everything on disk and gives the lock up. The next write takes it again,
// if no other process has had it meanwhile.
func (s *Store) Release() {
	s.Flush() // what it could not write is still noted
	s.writing.Lock()
	defer s.writing.Unlock()
	s.unlock()
}

// watched are the endings of the names of the files that must stay where they are
// while the session is in use: SQLite goes on writing into one that was deleted.
var watched = [...]string{"", "-wal", "-shm"}

// remember notes which files the session has now.
func (s *Store) remember() {
	s.files = [len(watched)]os.FileInfo{}
	for i, suffix := range watched {
		s.files[i], _ = os.Stat(s.path + suffix)
	}
}

// Moved returns an error if the session's files are not there any more, or others in
// their place, and nil if all is well. Until Rewrite has made them anew nothing is
// written.
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
			return cause(err)
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
