package store

import (
	"bytes"
	"compress/flate"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
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
	release = func() { lock.Close() }
	if format > 2 {
		return release, nil // who uses it has the lock
	}
	var pid int
	var host string
	err = db.QueryRow("SELECT pid, host FROM lease").Scan(&pid, &host)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return release, nil
	case err == nil && recentlyWritten(path):
		err = fmt.Errorf("%w: end process %d on %s, or wait for it", ErrOlder, pid, host)
	case err == nil:
		return release, nil // its process is gone
	}
	release()
	return nil, err
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

// fromRecords migrates formats 1 and 2.
func fromRecords(ctx context.Context, tx *sql.Tx) (int, error) {
	for _, statement := range []string{
		"DROP INDEX tasks_rev", "ALTER TABLE tasks RENAME TO old_tasks", "ALTER TABLE answers RENAME TO old_answers", "ALTER TABLE facts RENAME TO old_facts",
		tables,
		"INSERT INTO facts (name, value) SELECT name, value FROM old_facts",
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return 0, err
		}
	}
	for _, migrate := range []func(*sql.Tx) error{migrateTasks, migrateAnswers, migrateOrders} {
		if err := migrate(tx); err != nil {
			return 0, err
		}
	}
	_, err := tx.ExecContext(ctx, "DROP TABLE old_tasks; DROP TABLE old_answers; DROP TABLE old_facts; DROP TABLE inbox; DROP TABLE bases; DROP TABLE lease")
	return version, err
}

// migrateTasks makes rows of records.
func migrateTasks(tx *sql.Tx) error {
	old, err := allRows(tx, "SELECT t.seq, t.id, t.endpoint, b.url, t.state, t.rev, t.record FROM old_tasks t LEFT JOIN bases b ON b.id = t.base ORDER BY t.seq")
	if err != nil {
		return err
	}
	put, err := tx.Prepare(insertTask)
	if err != nil {
		return err
	}
	defer put.Close()
	known := newShared(queue.BaseOf(nil))
	for _, r := range old {
		t, err := taskOfOld(r, known)
		if err != nil {
			err = putRowAside(tx, badRow{origin: "tasks", why: err.Error(), names: []string{"seq", "id", "endpoint", "base", "state", "rev", "record"}, values: r, identified: true})
		} else {
			rev, _ := r[5].(int64)
			_, err = put.Exec(rowOf(&t, rev)...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// taskOfOld returns the task of a row of format 1 or 2.
func taskOfOld(r []any, known *shared) (poller.Task, error) {
	var t poller.Task
	seq, _ := r[0].(int64)
	t.Seq = int32(seq)
	if int64(t.Seq) != seq || t.Seq < 0 {
		return t, fmt.Errorf("%v is no place in a list of tasks", r[0])
	}
	if err := setID(&t, r[1], known); err != nil {
		return t, err
	}
	endpoint, ok := r[2].(string)
	record, isBlob := r[6].([]byte)
	if !ok || !isBlob {
		return t, errOldRecord
	}
	t.Request.Endpoint = intern(endpoint)
	if err := setBase(&t, r[3], known); err != nil {
		return t, err
	}
	if err := setState(&t, r[4], known); err != nil {
		return t, err
	}
	return t, decode(record, &t)
}

// migrateAnswers unpacks the bodies.
func migrateAnswers(tx *sql.Tx) error {
	old, err := allRows(tx, "SELECT seq, kind, at, body FROM old_answers ORDER BY at")
	if err != nil {
		return err
	}
	for _, r := range old {
		seq, isSeq := r[0].(int64)
		k, isKind := r[1].(int64)
		at, isAt := r[2].(int64)
		packed, isBlob := r[3].([]byte)
		why := errOldRecord
		var body []byte
		if isSeq && isKind && isAt && isBlob && k >= 0 && k < int64(kinds) {
			body, why = unpackOld(packed, kind(k))
		}
		if why != nil {
			err = putRowAside(tx, badRow{origin: "answers", why: why.Error(), names: []string{"seq", "kind", "at", "body"}, values: r})
		} else {
			err = putBody(tx, seq, k, at, string(body))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// migrateOrders takes over what viewers have asked for.
func migrateOrders(tx *sql.Tx) error {
	old, err := allRows(tx, "SELECT body FROM inbox ORDER BY id")
	if err != nil {
		return err
	}
	for _, r := range old {
		body, ok := r[0].([]byte)
		if !ok {
			body = fmt.Append(nil, r[0])
		}
		if err := putOrder(tx, string(body)); err != nil {
			return err
		}
	}
	return nil
}

// sumAnew migrates format 3, whose checksums depended on how many columns there are.
func sumAnew(ctx context.Context, tx *sql.Tx) (int, error) {
	for _, name := range []string{"cancel_due", "hook_due"} {
		if err := addColumn(tx, name, "INTEGER"); err != nil {
			return 0, err
		}
	}
	if err := addColumn(tx, "label", "TEXT"); err != nil {
		return 0, err
	}
	if _, err := addPayloadTables(ctx, tx); err != nil {
		return 0, err
	}
	rows, err := allRows(tx, selectTasks)
	if err != nil {
		return 0, err
	}
	for _, r := range rows {
		if _, err := tx.Exec(insertTask, row(r[:len(r)-atIdentitySum]).sum()...); err != nil {
			return 0, err
		}
	}
	return version, nil
}

// addLabel migrates format 4, whose tasks had no label.
func addLabel(_ context.Context, tx *sql.Tx) (int, error) {
	return 5, addColumn(tx, "label", "TEXT")
}

// addPayloadTables migrates format 5, which knew no payloads.
func addPayloadTables(_ context.Context, tx *sql.Tx) (int, error) {
	_, err := tx.Exec(payloadTables)
	return version, errors.Join(err, addColumn(tx, "payload", "INTEGER"), addColumn(tx, "attempt", "INTEGER"), addColumn(tx, "retry_of", "TEXT"))
}

// addColumn adds a column to tasks unless it is there.
func addColumn(tx *sql.Tx, name, kind string) error {
	var there int
	err := tx.QueryRow("SELECT count(*) FROM pragma_table_info('tasks') WHERE name = ?", name).Scan(&there)
	if err == nil && there == 0 {
		_, err = tx.Exec("ALTER TABLE tasks ADD COLUMN " + name + " " + kind)
	}
	return err
}
