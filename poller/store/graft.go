package store

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
)

// pageSize is the size of SQLite's pages in the sessions, in bytes: its default.
const pageSize = 4096

// graft opens a copy of a database that SQLite can't read with the first page of a new one,
// which tells where the tables begin: they begin at the same pages in all sessions of the
// present version. The store is damaged, for Salvage to read. ok is false where no row
// of tasks matches its checksum then.
func graft(path, damaged string) (s *Store, ok bool) {
	page, err := firstPage(path)
	if err != nil {
		return nil, false
	}
	err = errors.Join(copyFile(damaged, path), copyFile(damaged+"-wal", path+"-wal"), replaceFirstPage(path, page))
	if err == nil {
		s, err = open(path)
	}
	if err == nil {
		for _, r := range soundRows(s.conn()) {
			if sum, isSum := r[len(r)-atSum].(int64); isSum && sum == checksum(r[:len(r)-atIdentitySum]) {
				s.damage, s.graftOf = errDamaged, damaged
				return s, true
			}
		}
		s.conn().Close()
	}
	remove(path)
	return nil, false
}

// firstPage returns the first page of a new database, which it makes at a path for that
// and deletes.
func firstPage(path string) ([]byte, error) {
	db, err := connect(path)
	if err != nil {
		return nil, err
	}
	defer remove(path)
	_, err = db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	page := make([]byte, pageSize)
	_, err = io.ReadFull(file, page)
	return page, err
}

// replaceFirstPage writes a database's first page, with the number of its pages.
func replaceFirstPage(path string, page []byte) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	const pages = 28 // the place of the number in the header
	binary.BigEndian.PutUint32(page[pages:], uint32(info.Size()/pageSize))
	_, err = file.WriteAt(page, 0)
	return err
}

// copyFile copies a file that only the user may read, if it is there.
func copyFile(from, to string) error {
	source, err := os.Open(from)
	if os.IsNotExist(err) {
		return nil
	} else if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
