package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// version is that of the tables below, kept as the database's user_version.
// A database with a higher one is left alone. Version 2 has states and fields of tasks
// that programs of version 1 would take for damage; its tables are the same.
const version = 2

// applicationID marks a database as polltop's: "ptop".
const applicationID = 0x70746f70

// tables is how a session lies on disk. A task's rev is the number of the
// change that wrote it last, by which a viewer finds what is new.
const tables = `
CREATE TABLE bases (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE);
CREATE TABLE tasks (
	seq INTEGER PRIMARY KEY, base INTEGER NOT NULL, id TEXT NOT NULL, endpoint TEXT NOT NULL,
	state INTEGER NOT NULL, rev INTEGER NOT NULL, record BLOB NOT NULL);
CREATE INDEX tasks_rev ON tasks (rev);
CREATE TABLE answers (
	seq INTEGER NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL,
	PRIMARY KEY (seq, kind)) WITHOUT ROWID;
CREATE TABLE inbox (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE lease (id INTEGER PRIMARY KEY CHECK (id = 1), holder TEXT NOT NULL, host TEXT NOT NULL, pid INTEGER NOT NULL, beat INTEGER NOT NULL);
CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`

// ErrNewer is a database that a newer polltop has written.
var ErrNewer = errors.New("it was written by a newer polltop")

// errForeign is a database of another program's.
var errForeign = errors.New("it is a database, but not polltop's")

// errDamaged is what SQLite calls corrupt, or no database.
var errDamaged = errors.New("it is damaged")

// connect opens the database of a file, which it makes where there is none, with
// the rights for nobody but the user. It holds a single connection.
func connect(path string) (*sql.DB, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	// Another user's look at ids and errors is not wanted, whatever the umask was.
	err = file.Chmod(0o600)
	file.Close()
	if err != nil {
		return nil, err
	}
	address := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	address.RawQuery = url.Values{
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "temp_store(MEMORY)"},
		"_txlock": {"immediate"},
	}.Encode()
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	if err := migrate(db); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// connectFrozen opens a database as it lies there, without writing anything. That
// can't be done while changes wait beside it to be taken in.
func connectFrozen(path string) (*sql.DB, error) {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return nil, errors.New("changes wait to be taken in")
	}
	address := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: "mode=ro&immutable=1"}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	var found int
	if err := db.QueryRow("PRAGMA user_version").Scan(&found); err != nil || found < 1 || found > version {
		db.Close()
		return nil, errors.Join(err, ErrNewer)
	}
	return db, nil
}

// migrate makes the tables in a new database, and refuses those of others.
func migrate(db *sql.DB) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var found, application, things int
	if err := tx.QueryRowContext(ctx, "SELECT (SELECT user_version FROM pragma_user_version), (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)").Scan(&found, &application, &things); err != nil {
		return err
	}
	switch {
	case things > 0 && application != applicationID:
		return errForeign
	case found > version:
		return fmt.Errorf("%w (its format is %d, this one knows %d)", ErrNewer, found, version)
	case found == version:
		return nil
	}
	statements := []string{fmt.Sprintf("PRAGMA user_version = %d", version)}
	if found == 0 {
		statements = append(statements, tables, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	}
	for _, statement := range statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Damaged reports whether an error says that the file of a session is not sound.
func Damaged(err error) bool {
	var failure *sqlite.Error
	if errors.As(err, &failure) {
		switch failure.Code() & 0xff {
		// A statement that makes no sense to it is one about a table or a column
		// that is not there.
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR:
			return true
		}
	}
	return errors.Is(err, errRecord) || errors.Is(err, errForeign) || errors.Is(err, errDamaged)
}

// plainly returns an error of the database's in words for people.
func plainly(err error) error {
	var failure *sqlite.Error
	if !errors.As(err, &failure) {
		return err
	}
	switch failure.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return errors.New("the disk is full")
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return errors.New("it may not be written to")
	case sqlite3.SQLITE_CANTOPEN:
		return errors.New("it can't be opened")
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return errors.New("another program keeps it locked")
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return errDamaged
	case sqlite3.SQLITE_IOERR:
		return errors.New("the disk is full, or failed to read or write it")
	}
	return err
}

// alive reports whether a process of this machine's is there, as far as can be
// told.
func alive(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	if runtime.GOOS == "windows" {
		return true // finding it there is opening it
	}
	err = process.Signal(syscall.Signal(0))
	return err == nil || errors.Is(err, os.ErrPermission)
}
