package store

import (
	"bytes"
	"cmp"
	"compress/flate"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"polltop/poller"
	"polltop/poller/queue"
)

// Formats 1 and 2 stored a task as a binary record, and bodies compressed with a dictionary. They had no
// checksums.

// errOldRecord is the error for a record that no polltop wrote like this.
var errOldRecord = errors.New("its record is damaged")

// oldLeaseLifetime is how long after its last write a polltop without a file lock is assumed to be alive.
// Those of formats 1 and 2 wrote every two seconds; the clocks of file servers may differ by more.
const oldLeaseLifetime = time.Minute

// oldDictionary is the dictionary of the compressed bodies.
const oldDictionary = `"request_id": "request_id":"mmsu_","response_url": "response_url":"https://cloud.seaart.ai/model/v1/queue//requests/mmsu_/response","status_url":"cancel_url":"queue_position":0,"logs":null,` +
	`"metadata":{"prompt":"","seed":"model":"duration":"width":1024,"height":1024,"file_size":"file_name":"output.mp4.png","content_type":"video/mp4","content_type":"image/png","type":"image","type":"video","url":"https://cdn."outputs":[{"outputs": [{"` +
	`INTERNAL_SERVER_ERROR"INFERENCE_TIMEOUT"REQUEST_INVALID"CONTENT_BLOCKED"CANCELED""error":"Task execution failed","error_type":"INFERENCE_FAILURE"}"metrics":{"inference_time":{"status":"COMPLETED","request_id":"mmsu_01`

// decompressOld decompresses a body.
func decompressOld(packed []byte, k kind) ([]byte, error) {
	reader := flate.NewReaderDict(bytes.NewReader(packed), []byte(oldDictionary))
	body, err := io.ReadAll(io.LimitReader(reader, int64(maxBody[k])+1))
	if err == nil && len(body) > maxBody[k] {
		err = errOldRecord
	}
	return body, err
}

// lockForMigration returns an error if a process uses a database of an earlier format. Otherwise no
// other process migrates it before release is called.
func lockForMigration(path string, db *sql.DB, format int) (release func(), err error) {
	lock := flock.New(path+lockSuffix, flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	switch {
	case noLocks(err):
	case err != nil:
		return nil, err
	case !locked:
		return nil, fmt.Errorf("another polltop uses it, or is bringing it up to date: %w", errLocked)
	}
	if err = nil; format <= 2 { // processes of later formats hold the lock
		err = eachRow(db, "SELECT pid, host FROM lease", func(r []any) error {
			if recentlyWritten(path) {
				return fmt.Errorf("%w: end process %v on %v, or wait for it", ErrInUseByOlder, r[0], r[1])
			}
			return nil // its process has ended
		})
	}
	if err != nil {
		lock.Close()
	}
	return func() { lock.Close() }, err
}

// recentlyWritten reports whether a database was written to within oldLeaseLifetime.
func recentlyWritten(path string) bool {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(path + suffix); err == nil && time.Since(info.ModTime()) < oldLeaseLifetime {
			return true
		}
	}
	return false
}

// oldTables are the tables of formats 1 and 2, with their queries, and how their rows are converted.
var oldTables = []struct {
	to           table
	names, query string
	convert      func(r []any, bases BaseResolver) ([]any, error)
}{
	{
		tasksTable, "seq, id, endpoint, base, state, rev, record",
		"SELECT t.seq, t.id, t.endpoint, b.url, t.state, t.rev, t.record FROM old_tasks t LEFT JOIN bases b ON b.id = t.base ORDER BY t.seq", fromOldTask,
	},
	{answersTable, "seq, kind, at, body", "SELECT seq, kind, at, body FROM old_answers ORDER BY at", fromOldAnswer},
	{ordersTable, "body", "SELECT CAST(body AS TEXT) FROM inbox ORDER BY id", func(r []any, _ BaseResolver) ([]any, error) {
		return []any{nil, r[0], checksum(r)}, nil
	}},
}

// migrateRecords migrates formats 1 and 2. It sets unusable rows aside.
func migrateRecords(tx *sql.Tx) error {
	if _, err := tx.Exec("DROP INDEX tasks_rev; ALTER TABLE tasks RENAME TO old_tasks; ALTER TABLE answers RENAME TO old_answers; ALTER TABLE facts RENAME TO old_facts;" +
		tables + "INSERT INTO facts (name, value) SELECT name, value FROM old_facts"); err != nil {
		return err
	}
	bases := queue.BaseResolver(nil)
	for _, t := range oldTables {
		rows, err := allRows(tx, t.query)
		if err != nil {
			return err
		}
		for _, r := range rows {
			values, why := t.convert(r, bases)
			if why != nil {
				err = setRowAside(tx, t.to.name, why, t.to.name == tasksTable.name, strings.Split(t.names, ", "), r)
			} else {
				err = t.to.put(tx, values...)
			}
			if err != nil {
				return err
			}
		}
	}
	_, err := tx.Exec("DROP TABLE old_tasks; DROP TABLE old_answers; DROP TABLE old_facts; DROP TABLE inbox; DROP TABLE bases; DROP TABLE lease")
	return err
}

func fromOldTask(r []any, bases BaseResolver) ([]any, error) {
	seq, isSeq := r[0].(int64)
	endpoint, isText := r[2].(string)
	rev, _ := r[5].(int64)
	record, isBlob := r[6].([]byte)
	if !isSeq || !isText || !isBlob || seq < 0 || seq > math.MaxInt32 {
		return nil, errOldRecord
	}
	t := poller.Task{Seq: int32(seq), Request: queue.Request{Endpoint: intern(endpoint)}}
	err := cmp.Or(setID(&t, r[1], bases), setBase(&t, r[3], bases), setState(&t, r[4], bases), decode(record, &t))
	if err != nil {
		return nil, err
	}
	return rowOf(&t, rev), nil
}

func fromOldAnswer(r []any, _ BaseResolver) ([]any, error) {
	seq, isSeq := r[0].(int64)
	k, isKind := r[1].(int64)
	at, isAt := r[2].(int64)
	packed, isBlob := r[3].([]byte)
	if !isSeq || !isKind || !isAt || !isBlob || k < 0 || k >= int64(kindCount) {
		return nil, errOldRecord
	}
	body, err := decompressOld(packed, kind(k))
	return withChecksum(seq, k, at, string(body)), err
}

// addMissingColumns migrates formats 3 to 5, which lacked columns and the tables of payloads. It writes
// new checksums in format 3, where they depended on the number of columns.
func addMissingColumns(tx *sql.Tx, format int) error {
	for _, column := range []string{"cancel_due INTEGER", "hook_due INTEGER", "label TEXT", "payload INTEGER", "attempt INTEGER", "retry_of TEXT"} {
		name, _, _ := strings.Cut(column, " ")
		var exists bool
		err := tx.QueryRow("SELECT count(*) FROM pragma_table_info('tasks') WHERE name = ?", name).Scan(&exists)
		if err == nil && !exists {
			_, err = tx.Exec("ALTER TABLE tasks ADD COLUMN " + column)
		}
		if err != nil {
			return err
		}
	}
	if _, err := tx.Exec(payloadTables); err != nil || format > 3 {
		return err
	}
	rows, err := allRows(tx, tasksTable.query())
	for _, r := range rows {
		if err := tasksTable.put(tx, row(r[:len(r)-identitySumFromEnd]).withChecksums()...); err != nil {
			return err
		}
	}
	return err
}
