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

// Rewrite writes a new database from the tasks in memory, after the old one was deleted or replaced. It
// copies everything else that can be read from the old one. moved maps old Seqs to new ones; nil for
// none. It returns the new path of a foreign file that had the session's name, "" for none. It returns
// ErrLeaseLost if another process polls the session.
func (s *Store) Rewrite(tasks []*poller.Task, moved map[int32]int32) (aside string, err error) {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	defer func() {
		if err = explain(err); err != nil && s.filesLost != nil {
			s.filesLost = fmt.Errorf("%w, and can't be written anew: %w", s.checkFiles(), err)
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
	label := ".replaced"
	if s.filesLost == nil && moved == nil {
		label, s.openFiles[0] = ".damaged", nil // set the damaged file aside
	}
	s.rev++
	aside, err = s.replace(label, func(old *sql.DB, tx *sql.Tx) error {
		if err := s.putTasks(tx, tasks); err != nil {
			return err
		}
		// Also rows that don't match their checksums: they are found again when they are read.
		return s.copyTables(tablesBesideTasks, old, tx, false, func(t table, r []any) (bool, error) {
			renumber(t, r, moved)
			return true, nil
		})
	})
	if err == nil {
		s.filesLost, s.writeErr = nil, nil
	}
	return aside, err
}

// renumber sets the new Seq of its task in the row of an answer.
func renumber(t table, r []any, moved map[int32]int32) {
	seq, ok := r[0].(int64)
	newSeq, differs := moved[int32(seq)]
	if ok && differs && t.name == answersTable.name && t.check(r, nil) == nil {
		r[0] = int64(newSeq)
		r[4] = checksum(r[:4])
	}
}

// replace fills a new database and gives it the session's name. It sets a foreign file of that name
// aside, with the label in its new name. The new one is complete before it gets the name, so that the
// process may end at any time.
func (s *Store) replace(label string, fill func(old *sql.DB, tx *sql.Tx) error) (aside string, err error) {
	temporary := s.path + ".new"
	if err := remove(temporary); err != nil {
		return "", err
	}
	fresh, err := connect(temporary)
	if err != nil {
		return "", err
	}
	old := s.conn()
	if err = inTransaction(fresh, func(tx *sql.Tx) error { return fill(old, tx) }); err == nil {
		_, err = fresh.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	}
	if err = errors.Join(err, fresh.Close()); err != nil {
		return "", errors.Join(err, remove(temporary))
	}
	if s.openFiles[0] != nil {
		old.Exec("PRAGMA wal_checkpoint(TRUNCATE)") // the process may end before the rename
	}
	// Close it before another file has its name: closing the last handle deletes the -wal
	// of that name.
	old.Close()
	if aside, err = s.clearPath(label); err != nil {
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
	s.dataVersion = -1
	s.recordFiles()
	return s.readCounters()
}

// clearPath sets the file with the session's name aside, unless it is this store's own database, which
// the rename replaces. It deletes a -wal of this store, because another database would replay it.
func (s *Store) clearPath(label string) (aside string, err error) {
	own := func(i int) bool {
		info, err := os.Lstat(s.path + fileSuffixes[i])
		return err == nil && s.openFiles[0] != nil && s.openFiles[i] != nil && os.SameFile(s.openFiles[i], info)
	}
	replaced := own(0)
	for i, suffix := range fileSuffixes[1:] {
		if replaced || own(i+1) {
			err = errors.Join(err, removeFile(s.path+suffix))
		}
	}
	if err != nil || replaced {
		return "", err
	}
	return setAside(s.path, label)
}

// Reopen opens the file that has the session's name now.
func (s *Store) Reopen() error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if _, err := os.Stat(s.path); err != nil {
		return explain(err)
	}
	s.conn().Close()
	s.filesLost, s.isOwner = nil, false
	return explain(s.reconnect())
}

// remove deletes a database and what belongs to it.
func remove(path string) error {
	return errors.Join(removeFile(path+"-wal"), removeFile(path+"-shm"), removeFile(path))
}

// removeFile deletes a file if it exists.
func removeFile(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// setAside renames a database and its other files to a name with a label and the time. It
// returns the new path, "" if there is no database.
func setAside(path, label string) (string, error) {
	stamp := path + label + time.Now().Format("-20060102-150405")
	aside := stamp
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s-%d", stamp, n)
	}
	renamed := ""
	for _, suffix := range []string{"-wal", "-shm", ""} {
		switch err := os.Rename(path+suffix, aside+suffix); {
		case err == nil && suffix == "":
			renamed = aside
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
	}
	return renamed, nil
}

// copyTables copies tables, as table.copy does, and the facts that can be read. It writes the lease of
// this process if it polls.
func (s *Store) copyTables(all []table, old *sql.DB, tx *sql.Tx, strict bool, f func(t table, r []any) (bool, error)) error {
	for _, t := range all {
		if err := t.copy(old, tx, strict, func(r []any) (bool, error) { return f(t, r) }); err != nil {
			return err
		}
	}
	facts, _ := allRows(old, "SELECT name, value FROM facts") // the session works without them
	for _, r := range facts {
		if err := setFact(tx, fmt.Sprint(r[0]), r[1]); err != nil {
			return err
		}
	}
	if s.isOwner {
		return s.writeLease(tx)
	}
	return nil
}
