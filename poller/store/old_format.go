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

// Formats 1 and 2 kept a task as a binary record, and bodies compressed with a
// dictionary. They had no checksums.

// errOldRecord is a record that no polltop wrote so.
var errOldRecord = errors.New("its record is damaged")

// leaseFresh is how long after its last write a polltop that has no lock is taken to
// live: formats 1 and 2 wrote a beat every two seconds. It is longer for file servers
// whose clock differs.
const leaseFresh = time.Minute

// oldDictionary holds what answers and results have in common.
const oldDictionary = `"request_id": "request_id":"mmsu_","response_url": "response_url":"https://cloud.seaart.ai/model/v1/queue//requests/mmsu_/response","status_url":"cancel_url":"queue_position":0,"logs":null,` +
	`"metadata":{"prompt":"","seed":"model":"duration":"width":1024,"height":1024,"file_size":"file_name":"output.mp4.png","content_type":"video/mp4","content_type":"image/png","type":"image","type":"video","url":"https://cdn."outputs":[{"outputs": [{"` +
	`INTERNAL_SERVER_ERROR"INFERENCE_TIMEOUT"REQUEST_INVALID"CONTENT_BLOCKED"CANCELED""error":"Task execution failed","error_type":"INFERENCE_FAILURE"}"metrics":{"inference_time":{"status":"COMPLETED","request_id":"mmsu_01`

// unpackOld returns a compressed body as it was.
func unpackOld(packed []byte, k kind) ([]byte, error) {
	reader := flate.NewReaderDict(bytes.NewReader(packed), []byte(oldDictionary))
	body, err := io.ReadAll(io.LimitReader(reader, int64(bodyMost[k])+1))
	if err == nil && len(body) > bodyMost[k] {
		err = errOldRecord
	}
	return body, err
}

// claimOld makes sure that nobody uses a database of an earlier format, and keeps
// others from migrating it until release is called.
func claimOld(path string, db *sql.DB, format int) (release func(), err error) {
	lock := flock.New(path+lockSuffix, flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	switch {
	case noLocks(err):
	case err != nil:
		return nil, err
	case !locked:
		return nil, fmt.Errorf("another polltop uses it, or is bringing it up to date: %w", errLocked)
	}
	if err = nil; format <= 2 { // later ones have the lock
		err = each(db, "SELECT pid, host FROM lease", func(r []any) error {
			if recentlyWritten(path) {
				return fmt.Errorf("%w: end process %v on %v, or wait for it", ErrInUseByOlder, r[0], r[1])
			}
			return nil // its process is gone
		})
	}
	if err != nil {
		lock.Close()
	}
	return func() { lock.Close() }, err
}

// recentlyWritten reports whether a database was written to a short while ago.
func recentlyWritten(path string) bool {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(path + suffix); err == nil && time.Since(info.ModTime()) < leaseFresh {
			return true
		}
	}
	return false
}

// oldTables are the tables of formats 1 and 2: what is read of them, and the rows to make of that.
var oldTables = []struct {
	to           table
	names, query string
	convert      func(r []any, bases BaseOf) ([]any, error)
}{
	{
		tasksTable, "seq, id, endpoint, base, state, rev, record",
		"SELECT t.seq, t.id, t.endpoint, b.url, t.state, t.rev, t.record FROM old_tasks t LEFT JOIN bases b ON b.id = t.base ORDER BY t.seq", fromOldTask,
	},
	{answersTable, "seq, kind, at, body", "SELECT seq, kind, at, body FROM old_answers ORDER BY at", fromOldAnswer},
	{ordersTable, "body", "SELECT CAST(body AS TEXT) FROM inbox ORDER BY id", func(r []any, _ BaseOf) ([]any, error) {
		return []any{nil, r[0], checksum(r)}, nil
	}},
}

// fromRecords migrates formats 1 and 2. A row that can't be used is put aside.
func fromRecords(tx *sql.Tx) error {
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
				err = putRowAside(tx, t.to.name, why, t.to.name == tasksTable.name, strings.Split(t.names, ", "), r)
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

func fromOldTask(r []any, bases BaseOf) ([]any, error) {
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

func fromOldAnswer(r []any, _ BaseOf) ([]any, error) {
	seq, isSeq := r[0].(int64)
	k, isKind := r[1].(int64)
	at, isAt := r[2].(int64)
	packed, isBlob := r[3].([]byte)
	if !isSeq || !isKind || !isAt || !isBlob || k < 0 || k >= int64(kinds) {
		return nil, errOldRecord
	}
	body, err := unpackOld(packed, kind(k))
	return summed(seq, k, at, string(body)), err
}

// addMissing migrates formats 3 to 5, which lacked columns and the tables of payloads. The
// checksums of format 3 depended on how many columns there are.
func addMissing(tx *sql.Tx, format int) error {
	for _, column := range []string{"cancel_due INTEGER", "hook_due INTEGER", "label TEXT", "payload INTEGER", "attempt INTEGER", "retry_of TEXT"} {
		name, _, _ := strings.Cut(column, " ")
		var there bool
		err := tx.QueryRow("SELECT count(*) FROM pragma_table_info('tasks') WHERE name = ?", name).Scan(&there)
		if err == nil && !there {
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
		if err := tasksTable.put(tx, row(r[:len(r)-atIdentitySum]).sum()...); err != nil {
			return err
		}
	}
	return err
}
