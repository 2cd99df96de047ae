package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"polltop/poller"
)

// Rewrite writes a new database from the tasks in memory, where the old one is gone or was
// replaced. It copies the answers and all else that can be read from the old one. moved maps
// old Seqs to new ones; nil for none. It returns the new name of a file that was in the
// place, "" for none, and ErrLeaseLost for a session that another process polls.
func (s *Store) Rewrite(tasks []*poller.Task, moved map[int32]int32) (aside string, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	defer func() {
		if err = plainly(err); err != nil && s.gone != nil {
			s.gone = fmt.Errorf("%w, and can't be written anew: %w", s.moved(), err)
		}
	}()
	if err := makeDir(filepath.Dir(s.path)); err != nil {
		return "", err
	}
	if locked, err := s.tryLock(); err != nil && !noLocks(err) {
		return "", err
	} else if err == nil && !locked {
		return "", ErrLeaseLost
	}
	word := ".replaced"
	if s.gone == nil && moved == nil {
		word, s.files[0] = ".damaged", nil // it is kept
	}
	s.rev++
	aside, err = s.replace(word, func(old *sql.DB, tx *sql.Tx) error {
		if err := s.putTasks(tx, tasks); err != nil {
			return err
		}
		// Rows that do not match their checksums are detected again when they are read.
		return s.copyTables(otherTables, old, tx, false, func(t table, r []any) (bool, error) {
			renumber(t, r, moved)
			return true, nil
		})
	})
	if err == nil {
		s.gone, s.err = nil, nil
	}
	return aside, err
}

// renumber gives the row of an answer the new Seq of its task.
func renumber(t table, r []any, moved map[int32]int32) {
	seq, ok := r[0].(int64)
	now, differs := moved[int32(seq)]
	if ok && differs && t.name == answersTable.name && t.check(r, nil) == nil {
		r[0] = int64(now)
		r[4] = checksum(r[:4])
	}
}

// replace makes a new database with fill and moves it to the session's place. A foreign file
// there is put aside, with word in its name. The new one is complete before it gets the
// session's name, so that the process may end at any time.
func (s *Store) replace(word string, fill func(old *sql.DB, tx *sql.Tx) error) (aside string, err error) {
	temporary := s.path + ".new"
	if err := remove(temporary); err != nil {
		return "", err
	}
	fresh, err := connect(temporary)
	if err != nil {
		return "", err
	}
	old := s.conn()
	if err = transactIn(fresh, func(tx *sql.Tx) error { return fill(old, tx) }); err == nil {
		_, err = fresh.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	}
	if err = errors.Join(err, fresh.Close()); err != nil {
		return "", errors.Join(err, remove(temporary))
	}
	if s.files[0] != nil {
		old.Exec("PRAGMA wal_checkpoint(TRUNCATE)") // the process may end before the new one is in its place
	}
	// Close it before another file has its name: closing the last handle deletes the -wal
	// of that name.
	old.Close()
	if aside, err = s.makeRoom(word); err != nil {
		return "", err
	}
	if err := os.Rename(temporary, s.path); err != nil {
		return aside, err
	}
	return aside, s.reconnect()
}

func (s *Store) reconnect() error {
	db, err := connect(s.path)
	if err != nil {
		return err
	}
	s.db.Store(db)
	s.data = -1
	s.remember()
	return s.inspect()
}

// makeRoom puts what lies in the session's place aside, unless it is this store's own database,
// which the new one replaces at once. A -wal of this store must not stay beside another database,
// which would replay it.
func (s *Store) makeRoom(word string) (aside string, err error) {
	own := func(i int) bool {
		info, err := os.Lstat(s.path + watched[i])
		return err == nil && s.files[0] != nil && s.files[i] != nil && os.SameFile(s.files[i], info)
	}
	replaced := own(0)
	for i, suffix := range watched[1:] {
		if replaced || own(i+1) {
			err = errors.Join(err, removeFile(s.path+suffix))
		}
	}
	if err != nil || replaced {
		return "", err
	}
	return putAside(s.path, word)
}

// Reopen opens the file that has the session's name now.
func (s *Store) Reopen() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if _, err := os.Stat(s.path); err != nil {
		return plainly(err)
	}
	s.conn().Close()
	s.gone, s.held = nil, false
	return plainly(s.reconnect())
}

// remove deletes a database and what belongs to it.
func remove(path string) error {
	return errors.Join(removeFile(path+"-wal"), removeFile(path+"-shm"), removeFile(path))
}

// removeFile deletes a file, if it is there.
func removeFile(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// putAside renames a database and its other files to a name with a word and the time. It
// returns the name, "" where there is no database.
func putAside(path, word string) (string, error) {
	stamp := path + word + time.Now().Format("-20060102-150405")
	aside := stamp
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s-%d", stamp, n)
	}
	found := ""
	for _, suffix := range []string{"-wal", "-shm", ""} {
		switch err := os.Rename(path+suffix, aside+suffix); {
		case err == nil && suffix == "":
			found = aside
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
	}
	return found, nil
}

// copyTables copies the rows of tables, as table.copy does, and the facts that can be read. It
// writes the lease of this process, if it polls.
func (s *Store) copyTables(all []table, old *sql.DB, tx *sql.Tx, strict bool, f func(t table, r []any) (bool, error)) error {
	for _, t := range all {
		if err := t.copy(old, tx, strict, func(r []any) (bool, error) { return f(t, r) }); err != nil {
			return err
		}
	}
	facts, _ := allRows(old, "SELECT name, value FROM facts") // none is needed
	for _, r := range facts {
		if err := setFact(tx, fmt.Sprint(r[0]), r[1]); err != nil {
			return err
		}
	}
	if s.held {
		return s.enter(tx)
	}
	return nil
}
