package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"polltop/poller"
)

// Rewrite makes the session's file anew from the tasks in memory, where the one that
// there was is gone or another lies in its place. The answers and the rest are taken
// from the old one as far as it can still be read. moved tells which tasks have
// another Seq than before; nil for none. It returns where a file that lay in the
// place was put, "" for none. ErrLost is a session that another process has taken.
func (s *Store) Rewrite(tasks []*poller.Task, moved map[int32]int32) (aside string, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if err := makeDir(filepath.Dir(s.path)); err != nil {
		if s.gone != nil {
			s.gone = fmt.Errorf("%w, and can't be written anew: %w", s.moved(), cause(err))
		}
		return "", cause(err)
	}
	if locked, err := s.tryLock(); err != nil && !noLocks(err) {
		return "", err
	} else if err == nil && !locked {
		return "", ErrLost
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
		if err := s.copyRest(old, tx, moved); err != nil {
			return err
		}
		return s.enter(tx)
	})
	if err == nil {
		s.gone, s.err = nil, nil
	} else if s.gone != nil {
		s.gone = fmt.Errorf("%w, and can't be written anew: %w", s.moved(), plainly(cause(err)))
	}
	return aside, plainly(cause(err))
}

// replace makes a new database, which fill fills, and puts it in the place of the
// session's. A file there that is not this store's own is put aside with a word in
// its name. The new one is whole before it has the session's name, so that the
// process may end at any moment.
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
	// Closed before another file has its name: the last one that closes a database
	// deletes the -wal of that name.
	old.Close()
	if aside, err = s.makeRoom(word); err != nil {
		return "", err
	}
	if err := os.Rename(temporary, s.path); err != nil {
		return aside, err
	}
	db, err := connect(s.path)
	if err != nil {
		return aside, err
	}
	s.db.Store(db)
	s.data = -1
	s.remember()
	return aside, s.measure()
}

// makeRoom makes room for a new database: it deletes the files that are this store's own,
// and puts others aside. A log of this store's must not stay with another database,
// which would take it for its own.
func (s *Store) makeRoom(word string) (aside string, err error) {
	if s.files[0] != nil {
		for i, suffix := range watched {
			info, statErr := os.Lstat(s.path + suffix)
			if statErr == nil && s.files[i] != nil && os.SameFile(s.files[i], info) {
				err = errors.Join(err, os.Remove(s.path+suffix))
			}
		}
	}
	if err != nil {
		return "", err
	}
	return putAside(s.path, word)
}

// Reopen opens the file that has the session's name now, in place of the one that
// had it before.
func (s *Store) Reopen() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if _, err := os.Stat(s.path); err != nil {
		return cause(err)
	}
	s.conn().Close()
	db, err := connect(s.path)
	if err != nil {
		return plainly(cause(err))
	}
	s.db.Store(db)
	s.data, s.gone, s.held = -1, nil, false
	err = s.inspect()
	s.remember()
	return plainly(err)
}

// remove deletes a database and what belongs to it.
func remove(path string) error {
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// putAside moves a database, with what belongs to it, to a name that tells why and
// when, and returns that name, "" where there is none.
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

// copyRest copies all but the tasks from an old database, as far as it can be read.
// Rows that do not match their checksums are copied too: they are found again where
// they are read.
func (s *Store) copyRest(old *sql.DB, tx *sql.Tx, moved map[int32]int32) error {
	for _, table := range []string{"answers", "orders", "facts", "aside"} {
		rows, err := old.Query("SELECT * FROM " + table)
		if err != nil {
			continue
		}
		names, _ := rows.Columns()
		insert := "INSERT OR REPLACE INTO " + table + " VALUES (?" + strings.Repeat(", ?", len(names)-1) + ")"
		for rows.Next() {
			values := make([]any, len(names))
			if rows.Scan(pointers(values)...) != nil {
				break
			}
			if table == "answers" {
				values = movedBody(values, moved)
			}
			if _, err := tx.Exec(insert, values...); err != nil {
				rows.Close()
				return err
			}
		}
		rows.Close() // what comes after a damaged page is lost with it
	}
	return nil
}

// movedBody returns a row of answers for the Seq that its task has now.
func movedBody(r []any, moved map[int32]int32) []any {
	seq, ok := r[0].(int64)
	now, differs := moved[int32(seq)]
	if !ok || !differs || r[4] != checksum(r[:4]) {
		return r
	}
	r[0] = int64(now)
	r[4] = checksum(r[:4])
	return r
}
