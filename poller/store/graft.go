package store

import (
	"encoding/binary"
	"errors"
	"os"
)

// pageSize is the size of SQLite's pages in the sessions, in bytes: its default.
const pageSize = 4096

// graft opens a copy of a database that SQLite can't read with the first page of a new one,
// which tells where the tables begin: they begin at the same pages in all sessions of the
// present version. It is an error if no row of tasks matches its checksum then.
func graft(path, damaged string) (*Store, error) {
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
