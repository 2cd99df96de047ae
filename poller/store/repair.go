package store

import (
	"cmp"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"polltop/poller/queue"
)

// Damage is the damage that a repair found, and what the repair did about it.
type Damage struct {
	// BackupPath is the new path of the damaged file, "" if the file was sound. Cause is what was wrong
	// with it, and Recovered how many tasks could be read in it.
	BackupPath string
	Cause      error
	Recovered  int
	// Unusable is the number of unusable records. They are set aside, unless AsideErr is why they are not.
	Unusable int
	AsideErr error
}

// Text describes the damage for people; "" for none.
func (d Damage) Text(session string) string {
	var parts []string
	switch {
	case d.BackupPath != "" && d.Recovered == 0:
		parts = append(parts, fmt.Sprintf("the session's file could not be used (%v): it is kept as %s, and a new one was begun", d.Cause, d.BackupPath))
	case d.BackupPath != "":
		parts = append(parts, fmt.Sprintf("the session's file was damaged: %d tasks could be read and are in a new one, the damaged one is kept as %s", d.Recovered, d.BackupPath))
	}
	switch {
	case d.Unusable > 0 && d.AsideErr != nil:
		parts = append(parts, fmt.Sprintf("%s: they stay where they are, as they can't be kept aside: %v", UnreadableText(d.Unusable, session), d.AsideErr))
	case d.Unusable > 0:
		parts = append(parts, AsideText(d.Unusable, session))
	}
	return strings.Join(parts, "; ")
}

// LoadAndRepair returns the usable tasks and payloads of the session. If something is damaged, it
// writes a new file with what can be read. The process must hold the session's lock.
func (s *Store) LoadAndRepair(bases BaseResolver) (Snapshot, Damage, error) {
	damage := s.Check()
	var loaded Snapshot
	if damage == nil {
		loaded, damage = s.Load(bases)
	}
	if damage == nil {
		damage = ordersTable.read(s.conn(), true, func(r []any) error {
			if ordersTable.check(r, nil) != nil {
				loaded.Unreadable++
			}
			return nil
		})
	}
	if damage == nil && loaded.Unreadable == 0 {
		return loaded, Damage{}, nil
	}
	found, err := s.repair(damage, bases)
	if err != nil && damage == nil {
		return loaded, Damage{Unusable: loaded.Unreadable, AsideErr: err}, nil // the other records are usable
	}
	if err == nil {
		loaded, err = s.Load(bases)
	}
	return loaded, found, err
}

// Repair sets all damaged rows aside, also those that LoadAndRepair does not read. It does nothing while
// another process polls the session.
func (s *Store) Repair() (Damage, error) {
	s.writeMu.Lock()
	locked, err := s.tryLock()
	s.writeMu.Unlock()
	if !locked {
		if noLocks(err) {
			err = nil
		}
		return Damage{}, err
	}
	return s.repair(s.Check(), queue.BaseResolver(nil))
}

// repair writes a new file with the rows that can be read, and sets unusable rows aside. It keeps the
// old file if that has damage, which is nil for none.
func (s *Store) repair(damage error, bases BaseResolver) (found Damage, err error) {
	if damage != nil && !Damaged(damage) {
		return found, explain(damage)
	}
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if found, err = s.salvage(damage, bases); damage == nil && Damaged(err) {
		damage = err
		found, err = s.salvage(damage, bases)
	}
	return found, explain(err)
}

// salvage does the work of repair. If damage is nil, it returns an error if something can't be read.
func (s *Store) salvage(damage error, bases BaseResolver) (Damage, error) {
	found := Damage{Cause: explain(damage)}
	if damage != nil && s.damagedCopy == "" {
		s.openFiles[0] = nil // replace sets the file aside
	}
	backup, err := s.replace(".damaged", func(old *sql.DB, tx *sql.Tx) error {
		return s.copyTables(slices.Concat(tablesBesideTasks, []table{tasksTable}), old, tx, damage == nil, func(t table, r []any) (bool, error) {
			if why := t.check(r, bases); why != nil {
				found.Unusable++
				return false, t.setAside(tx, why, r)
			}
			if t.name == tasksTable.name {
				found.Recovered++
			}
			return true, nil
		})
	})
	if err != nil {
		return Damage{}, err
	}
	found.BackupPath = cmp.Or(s.damagedCopy, backup)
	s.damage, s.damagedCopy = nil, ""
	return found, nil
}

const (
	// pageSize is the size of SQLite's pages in the sessions, in bytes: its default.
	pageSize = 4096
	// maxHeaderRepair bounds a database that replaceHeader reads into memory, in bytes. A session of a
	// million tasks is smaller.
	maxHeaderRepair = 1 << 30
)

// replaceHeader opens a copy of a database that SQLite can't read, with the first page of a new one. That
// page lists where the tables begin, which is the same in all sessions of the present version. It returns
// an error if no row of tasks matches its checksum after that.
func replaceHeader(path, damaged string) (*Store, error) {
	if info, err := os.Stat(damaged); err != nil || info.Size() > maxHeaderRepair {
		return nil, errors.Join(errDamaged, err)
	}
	db, err := connect(path)
	if err != nil {
		return nil, err
	}
	db.Close()
	fresh, freshErr := os.ReadFile(path)
	content, err := os.ReadFile(damaged)
	log, logErr := os.ReadFile(damaged + "-wal")
	if err = errors.Join(freshErr, err, remove(path)); err != nil || len(content) < 2*pageSize {
		return nil, errors.Join(errDamaged, err)
	}
	copy(content, fresh[:pageSize])
	const pageCount = 28 // the offset of the number of pages
	binary.BigEndian.PutUint32(content[pageCount:], uint32(len(content)/pageSize))
	err = os.WriteFile(path, content, 0o600)
	if logErr == nil {
		err = errors.Join(err, os.WriteFile(path+"-wal", log, 0o600))
	}
	var s *Store
	if err == nil {
		s, err = open(path, connect)
	}
	if err != nil {
		return nil, err
	}
	sound := false
	err = tasksTable.read(s.conn(), false, func(r []any) error {
		sound = sound || row(r).check() == nil
		return nil
	})
	if !sound {
		s.conn().Close()
		err = errors.Join(errDamaged, err)
	}
	return s, err
}
