package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

const (
	// version is the version of the tables below, the database's user_version. A database with a lower
	// one is migrated, and one with a higher one is ErrNewer.
	version = 6
	// maxVersion is the highest version that is taken for a newer polltop's. A higher one is damage.
	maxVersion = 1000
	// applicationID marks a database as polltop's: "ptop".
	applicationID = 0x70746f70
	// busyTimeout bounds how long a statement waits for a lock that another program holds. It is short
	// because the screen waits meanwhile. Callers retry.
	busyTimeout = time.Second
)

// tables are the tables of a session. A task's rev is the number of the change that wrote it last, by
// which viewers find what is new. The sums are checksums: a row that does not match its own is set aside.
// A new column of tasks must be the last here, because its migration adds it there and replaceHeader
// relies on the order.
//
// Only tasks, answers and facts may have names that formats 1 and 2 used: an old polltop that was
// suspended during the migration must find no table named lease.
const tables = `
CREATE TABLE tasks (
	seq INTEGER PRIMARY KEY,
	id TEXT, endpoint TEXT, base TEXT, urls TEXT, assumed INTEGER,
	state INTEGER, position INTEGER, polls INTEGER, failures INTEGER, canceling INTEGER, fetched INTEGER,
	added INTEGER, queued INTEGER, started INTEGER, ended INTEGER, seen INTEGER,
	inference_time REAL, error TEXT, error_type TEXT, trouble TEXT,
	word TEXT, unrecognized INTEGER, next_step TEXT, provider_error TEXT, service_request_id TEXT,
	progress REAL, cost REAL, cost_unit TEXT, cancel_due INTEGER, hook_due INTEGER,
	rev INTEGER, identity_sum INTEGER, sum INTEGER, label TEXT,
	payload INTEGER, attempt INTEGER, retry_of TEXT);
CREATE INDEX tasks_rev ON tasks (rev);
CREATE TABLE answers (seq INTEGER, kind INTEGER, at INTEGER, body TEXT, sum INTEGER, PRIMARY KEY (seq, kind));
CREATE TABLE orders (id INTEGER PRIMARY KEY, body TEXT, sum INTEGER);
CREATE TABLE owner (id INTEGER PRIMARY KEY CHECK (id = 1), holder TEXT, host TEXT, pid INTEGER, beat INTEGER);
CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
CREATE TABLE aside (id INTEGER PRIMARY KEY, at INTEGER, origin TEXT, why TEXT, identified INTEGER, content TEXT);
` + payloadTables

// connect opens the database of a file. It creates the file if there is none, readable for the user
// alone. The database has a single connection.
func connect(path string) (*sql.DB, error) {
	if err := createFile(path); err != nil {
		return nil, err
	}
	return openWith(path, url.Values{
		"_pragma": {fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "journal_mode(WAL)", "synchronous(NORMAL)", "temp_store(MEMORY)"},
		"_txlock": {"immediate"},
	}, func(db *sql.DB) error { return migrate(path, db) })
}

// openWith opens a database with the query parameters of the SQLite driver, unless check returns an
// error.
func openWith(path string, query url.Values, check func(*sql.DB) error) (*sql.DB, error) {
	address := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	db, err := sql.Open("sqlite", address.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	if err := check(db); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// createFile creates a session's file, or restricts an existing one to the user, whatever the umask is.
// It does not open an existing file: closing that would release the locks that SQLite has on it in this
// process, and opening a FIFO would wait for its other end.
func createFile(path string) error {
	info, err := os.Stat(path)
	if err == nil {
		if !info.Mode().IsRegular() {
			kind := map[os.FileMode]string{os.ModeDir: "a directory", os.ModeNamedPipe: "a FIFO", os.ModeSocket: "a socket"}[info.Mode().Type()]
			return fmt.Errorf("%s is %s, %w: move it away, or name another session with --session", path, cmp.Or(kind, "a device"), ErrNotFile)
		}
		if info.Mode().Perm() == 0o600 {
			return nil
		}
		return os.Chmod(path, 0o600)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if os.IsExist(err) {
		return nil // another process was faster
	}
	if err != nil {
		return err
	}
	return file.Close()
}

// connectReadOnly opens a database without writing anything. It returns an error if there is a -wal
// file, because SQLite would have to apply that.
func connectReadOnly(path string) (*sql.DB, error) {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return nil, fmt.Errorf("its log has changes that are not applied")
	}
	return openWith(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}, func(db *sql.DB) error {
		found, err := schemaVersion(db)
		if err == nil && found != version {
			err = errDamaged // OpenReadOnly returns the error of the migration instead
		}
		return err
	})
}

// schemaVersion returns the version of a database's tables, 0 for an empty database.
func schemaVersion(db *sql.DB) (int, error) {
	var found, application, objects int
	err := db.QueryRow("SELECT (SELECT user_version FROM pragma_user_version), (SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_schema)").Scan(&found, &application, &objects)
	switch {
	case err != nil:
		return 0, err
	case objects == 0:
		return 0, nil
	case application != applicationID:
		return 0, errForeign
	case found < 0 || found > maxVersion:
		return 0, errDamaged
	case found > version:
		return 0, fmt.Errorf("%w (its format is %d, this one knows %d)", ErrNewer, found, version)
	}
	return found, nil
}

// migrate creates the tables, or brings them to the present version. It returns an error for a
// database of another program, and for one that an older polltop is using.
func migrate(path string, db *sql.DB) error {
	found, err := schemaVersion(db)
	if err != nil || found == version {
		return err
	}
	if found != 0 {
		release, err := lockForMigration(path, db, found)
		if err != nil {
			return err
		}
		defer release()
	}
	return inTransaction(db, func(tx *sql.Tx) error {
		err := tx.QueryRow("PRAGMA user_version").Scan(&found)
		switch {
		case err != nil || found == version: // another process was faster
			return err
		case found > version:
			return ErrNewer
		case found == 0:
			_, err = tx.Exec(tables)
		case found < 3:
			err = migrateRecords(tx)
		default:
			err = addMissingColumns(tx, found)
		}
		if err == nil {
			_, err = tx.Exec(fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d", version, applicationID))
		}
		return err
	})
}
