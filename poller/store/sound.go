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

// Damage is what was found damaged in a session, and what was done about it.
type Damage struct {
	// BackupPath is the new name of a damaged file, "" for a sound one, Why what was wrong with it,
	// and Rows the number of tasks that could be read in it.
	BackupPath string
	Cause      error
	Recovered  int
	// Unusable is the number of unusable records. They were put aside unless Lacking says
	// why not.
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

// LoadAndRepair returns the usable tasks of the session. If something is damaged it writes the
// session anew from what can be read. The process must hold the session's lock.
func (s *Store) LoadAndRepair(bases BaseOf) (Snapshot, Damage, error) {
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
	found, err := s.renew(damage, bases)
	if err != nil && damage == nil {
		return loaded, Damage{Unusable: loaded.Unreadable, AsideErr: err}, nil // the rest can be used
	}
	if err == nil {
		loaded, err = s.Load(bases)
	}
	return loaded, found, err
}

// Repair puts all damaged rows aside, also those that normal use reads late, unless another
// process polls the session.
func (s *Store) Repair() (Damage, error) {
	s.writing.Lock()
	locked, err := s.tryLock()
	s.writing.Unlock()
	if !locked {
		if noLocks(err) {
			err = nil
		}
		return Damage{}, err
	}
	return s.renew(s.Check(), queue.BaseResolver(nil))
}

// renew writes the session anew with the rows that can be read, and puts those aside that can't
// be used. A file with damage, which is nil for none, is kept.
func (s *Store) renew(damage error, bases BaseOf) (found Damage, err error) {
	if damage != nil && !Damaged(damage) {
		return found, plainly(damage)
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	if found, err = s.copyAll(damage, bases); damage == nil && Damaged(err) {
		damage = err
		found, err = s.copyAll(damage, bases)
	}
	return found, plainly(err)
}

// copyAll does the work of renew. Without damage it is an error if something can't be read.
func (s *Store) copyAll(damage error, bases BaseOf) (Damage, error) {
	found := Damage{Cause: plainly(damage)}
	if damage != nil && s.aside == "" {
		s.files[0] = nil // it is kept
	}
	kept, err := s.replace(".damaged", func(old *sql.DB, tx *sql.Tx) error {
		return s.copyTables(slices.Concat(otherTables, []table{tasksTable}), old, tx, damage == nil, func(t table, r []any) (bool, error) {
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
	found.BackupPath = cmp.Or(s.aside, kept)
	s.damage, s.aside = nil, ""
	return found, nil
}

const (
	// pageSize is the size of SQLite's pages in the sessions, in bytes: its default.
	pageSize = 4096
	// graftMost bounds a database that graft reads into memory, in bytes: a session of a million
	// tasks has less.
	graftMost = 1 << 30
)

// graft opens a copy of a database that SQLite can't read with the first page of a new one,
// which says where the tables begin: they begin at the same pages in all sessions of the
// present version. It is an error if no row of tasks matches its checksum then.
func graft(path, damaged string) (*Store, error) {
	if info, err := os.Stat(damaged); err != nil || info.Size() > graftMost {
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
	const pages = 28 // the place of their number in the header
	binary.BigEndian.PutUint32(content[pages:], uint32(len(content)/pageSize))
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
