package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"

	"polltop/poller"
	"polltop/poller/queue"
)

// Snapshot is what has changed in a session since another one.
type Snapshot struct {
	// Tasks are those that are new or have changed, in the order of addition.
	Tasks []*poller.Task
	// Payloads are those that are new or have changed, in the order of addition.
	Payloads []*poller.Payload
	// Dropped are the Seqs of those that are not tracked any more, among the
	// ones that Since was given.
	Dropped []int32

	// Unreadable is how many rows could not be used.
	Unreadable int

	rev, dropped int64
}

// BaseOf returns the base with a URL, always the same for the same.
type BaseOf func(address string) (*queue.Base, error)

// Empty reports whether nothing has changed.
func (s Snapshot) Empty() bool {
	return len(s.Tasks)+len(s.Payloads)+len(s.Dropped)+s.Unreadable == 0
}

// All returns the snapshot since which everything has changed.
func (Snapshot) All() Snapshot { return Snapshot{rev: -1, dropped: -1} }

// Load returns all tasks of the session.
func (s *Store) Load(bases BaseOf) (Snapshot, error) {
	return s.Since(Snapshot{}.All(), bases, nil)
}

// Since returns what other processes have changed since a snapshot. known yields the tasks
// that there were, of which those dropped since are told.
func (s *Store) Since(last Snapshot, bases BaseOf, known iter.Seq[int32]) (Snapshot, error) {
	next := last
	next.Tasks, next.Payloads, next.Dropped, next.Unreadable = nil, nil, nil, 0
	var version int64 // changes once another process has written
	if err := s.conn().QueryRow("PRAGMA data_version").Scan(&version); err != nil || version == s.data && last.rev >= 0 {
		return next, plainly(err)
	}
	tx, err := s.conn().BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return last, plainly(err)
	}
	defer tx.Rollback()
	if err := readTasks(tx, bases, &next); err != nil {
		return last, plainly(err)
	}
	if err := readPayloads(tx, bases, &next, fmt.Sprintf("rev > %d", last.rev)); err != nil {
		return last, plainly(err)
	}
	var dropped int64
	if err := tx.QueryRow("SELECT CAST(coalesce((SELECT value FROM facts WHERE name = 'dropped'), 0) AS INTEGER)").Scan(&dropped); err != nil {
		return last, plainly(err)
	}
	if known != nil && dropped != last.dropped {
		if next.Dropped, err = missing(tx, known); err != nil {
			return last, plainly(err)
		}
	}
	next.dropped, s.data = dropped, version
	return next, nil
}

// readTasks reads the tasks that changed after next.rev, and raises that. Rows that
// can't be used are counted in next.Unreadable.
func readTasks(tx *sql.Tx, bases BaseOf, next *Snapshot) error {
	where := " WHERE rev > ? ORDER BY seq"
	if next.rev < 0 {
		where = " WHERE ? < 0 ORDER BY seq"
	}
	rows, err := tx.Query(tasksTable.query()+where, next.rev)
	if err != nil {
		return err
	}
	defer rows.Close()
	r := make(row, len(columns)+around)
	targets := pointers(r)
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		read, err := r.task(bases)
		if err != nil {
			next.Unreadable++
			continue
		}
		rev, _ := r[atRev].(int64)
		next.rev = max(next.rev, rev)
		next.Tasks = append(next.Tasks, &read)
	}
	next.rev = max(next.rev, 0)
	return rows.Err()
}

// pointers returns what a row is scanned into.
func pointers(values []any) []any {
	targets := make([]any, len(values))
	for i := range values {
		targets[i] = &values[i]
	}
	return targets
}

// allRows returns all rows of a query to a database or a transaction.
func allRows(of interface {
	Query(query string, args ...any) (*sql.Rows, error)
}, query string) ([][]any, error) {
	rows, err := of.Query(query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all [][]any
	for rows.Next() {
		values := make([]any, len(names))
		if err := rows.Scan(pointers(values)...); err != nil {
			return nil, err
		}
		all = append(all, values)
	}
	return all, rows.Err()
}

// missing returns which of the known tasks are not there any more.
func missing(tx *sql.Tx, known iter.Seq[int32]) ([]int32, error) {
	rows, err := tx.Query("SELECT seq FROM tasks")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	there := map[int32]bool{}
	for rows.Next() {
		var seq int32
		if err := rows.Scan(&seq); err != nil {
			return nil, err
		}
		there[seq] = true
	}
	var gone []int32
	for seq := range known {
		if !there[seq] {
			gone = append(gone, seq)
		}
	}
	return gone, rows.Err()
}
