package store

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

var (
	// ErrNewer is the error for a session that a newer polltop wrote.
	ErrNewer = errors.New("it was written by a newer polltop")
	// ErrNotFile is the error for a FIFO, a device or a directory in place of the file.
	ErrNotFile = errors.New("not a file that a session can be kept in")
	// ErrLeaseLost is the error of writing to a session that another process polls now.
	ErrLeaseLost = errors.New("another polltop has taken over the session")
	// ErrNoFileLocks is the error for a session that another process uses, on a file system without
	// locks.
	ErrNoFileLocks = errors.New("its file system knows no locks, so that only one polltop at a time can use it")
	// ErrInUseByOlder is the error for a session that an older polltop is using.
	ErrInUseByOlder = errors.New("an older polltop is using it")

	// errForeign is the error for a database of another program.
	errForeign = errors.New("it is a database, but not polltop's")
	// errDamaged is the error for a file that SQLite can't read.
	errDamaged = errors.New("it is damaged")
	// errLocked is the error for a file that another program has locked.
	errLocked = errors.New("another program keeps it locked")
)

// sqliteCode returns the code of an error of SQLite, 0 for another error.
func sqliteCode(err error) int {
	if failure, ok := errors.AsType[*sqlite.Error](err); ok {
		return failure.Code() & 0xff
	}
	return 0
}

// Damaged reports whether an error means that a session's file is damaged.
func Damaged(err error) bool {
	switch sqliteCode(err) {
	// SQLITE_ERROR means that a table or a column is missing.
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR:
		return true
	}
	return errors.Is(err, errForeign) || errors.Is(err, errDamaged)
}

// Temporary reports whether an error is likely to pass by itself, so that callers should retry Open.
func Temporary(err error) bool {
	return explain(err) == errLocked || errors.Is(err, errLocked) || errors.Is(err, ErrInUseByOlder) || errors.Is(err, ErrNoFileLocks)
}

// explain returns an error of the database or a file in words for people. It leaves the operation out,
// which the callers' messages name.
func explain(err error) error {
	switch sqliteCode(err) {
	case sqlite3.SQLITE_FULL:
		return errors.New("the disk is full")
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return errors.New("it may not be written to")
	case sqlite3.SQLITE_CANTOPEN:
		return errors.New("it can't be opened")
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return errLocked
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return errDamaged
	case sqlite3.SQLITE_IOERR:
		return errors.New("the disk is full, or failed to read or write it")
	}
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", file.Path, file.Err)
	}
	return err
}

// noLocks reports whether an error means that a file system has no locks.
func noLocks(err error) bool {
	return errors.Is(err, syscall.ENOTSUP) || errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.ENOLCK) || errors.Is(err, errors.ErrUnsupported)
}
