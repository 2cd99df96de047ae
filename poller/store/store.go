// Package store keeps the tracked tasks of a session on disk, in a SQLite
// database of its own, so that nothing is lost when the terminal goes. It never
// sees a key or a header.
package store

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"polltop/poller"
)

// lazily is how long a change may wait that the next poll tells again.
const lazily = time.Second

// Store is a session's tasks on disk. It is a poller.Keeper. Its methods may be
// called from any goroutine.
type Store struct {
	path   string
	holder string // what tells this process from others in the lease

	notes
	writing sync.Mutex // held by the one that writes
	db      *sql.DB
	bases   map[string]int64 // the rows of the base URLs
	rev     int64
	data    int64 // SQLite's data_version at the last look
	packer  packer
	kept    [kinds]int64 // bytes of answers and results
	bodyAt  int64        // the number of the body that was kept last
	err     error        // why the last Sync failed
	held    bool         // this process has had the lease
}

var _ poller.Keeper = (*Store)(nil)

// Opened says what came of opening a session.
type Opened struct {
	Store *Store
	// Aside is where a damaged database was put, "" where there was none, and
	// Damage is what was wrong with it.
	Aside  string
	Damage error
}

// Open opens the session in a file, which it makes where there is none, with its
// directory. A damaged database is put aside, and a new one made in its place;
// one that a newer polltop has written is an error that is ErrNewer.
func Open(path string) (Opened, error) {
	if err := makeDir(filepath.Dir(path)); err != nil {
		return Opened{}, cause(err)
	}
	store, err := open(path)
	if err == nil {
		return Opened{Store: store}, nil
	}
	if !Damaged(err) {
		return Opened{}, plainly(cause(err))
	}
	damage := err
	aside, err := putAside(path)
	if err != nil {
		return Opened{}, fmt.Errorf("%w, and could not be put aside: %w", plainly(damage), cause(err))
	}
	if store, err = open(path); err != nil {
		return Opened{}, plainly(cause(err))
	}
	return Opened{Store: store, Aside: aside, Damage: plainly(damage)}, nil
}

// View opens a session that is there, to be read. A damaged one is an error. One
// that can't be written to, as on a full disk, can be read all the same.
func View(path string) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	s, err := open(path)
	if err == nil || Damaged(err) || errors.Is(err, ErrNewer) {
		return s, plainly(err)
	}
	db, frozenErr := connectFrozen(path)
	if frozenErr != nil {
		return nil, plainly(err)
	}
	if s, frozenErr = over(path, db); frozenErr != nil {
		return nil, plainly(err)
	}
	return s, nil
}

// makeDir makes the sessions' directory, or makes the one that is there the
// user's own.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() == 0o700 {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// open opens a database and looks through all that a resumption needs, so that
// damage shows before anything is built on it.
func open(path string) (*Store, error) {
	db, err := connect(path)
	if err != nil {
		return nil, err
	}
	return over(path, db)
}

// over returns the store over a database, which it closes if there is none.
func over(path string, db *sql.DB) (*Store, error) {
	s := &Store{path: path, db: db, holder: rand.Text(), bases: map[string]int64{}, packer: newPacker()}
	s.notes.clear()
	if err := s.inspect(); err != nil {
		db.Close()
		return nil, err
	}
	return s, nil
}

// inspect reads what the store itself must know of the database.
func (s *Store) inspect() error {
	rows, err := s.db.Query("SELECT id, url FROM bases")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var address string
		if err := rows.Scan(&id, &address); err != nil {
			return err
		}
		s.bases[address] = id
	}
	if err := rows.Err(); err != nil {
		return err
	}
	// A task that was dropped last has left its number behind, and no row.
	if err := s.db.QueryRow("SELECT max(coalesce((SELECT max(rev) FROM tasks), 0), coalesce((SELECT value FROM facts WHERE name = 'dropped'), 0))").Scan(&s.rev); err != nil {
		return err
	}
	return s.measure()
}

// Renew closes a database that turned out to be damaged, puts it aside, and
// opens a new one in its place.
func (s *Store) Renew() (Opened, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.db.Close()
	aside, err := putAside(s.path)
	if err != nil {
		return Opened{}, cause(err)
	}
	fresh, err := open(s.path)
	if err != nil {
		return Opened{Aside: aside, Damage: errDamaged}, plainly(cause(err))
	}
	return Opened{Store: fresh, Aside: aside, Damage: errDamaged}, nil
}

// putAside moves a damaged database, with what belongs to it, to a name that
// tells when, and returns that name.
func putAside(path string) (string, error) {
	aside := path + time.Now().Format(".damaged-20060102-150405")
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s%s-%d", path, time.Now().Format(".damaged-20060102-150405"), n)
	}
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return aside, nil
}

// Close puts everything on disk, gives up the lease if this process holds it,
// and closes the database. It returns why something could not be kept.
func (s *Store) Close() error {
	err := s.Flush()
	s.writing.Lock()
	defer s.writing.Unlock()
	if err == nil {
		err = plainly(s.transact(s.leave))
	}
	return errors.Join(err, s.db.Close())
}

// Path returns the file of the database.
func (s *Store) Path() string { return s.path }

// cause returns a file error without the operation, which the message around it
// tells.
func cause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Path, path.Err)
	}
	return err
}
