package store

import (
	"context"
	"database/sql"
	"iter"
	"slices"

	"polltop/poller"
	"polltop/poller/queue"
)

// Snapshot is what has changed in a session since an earlier Snapshot.
type Snapshot struct {
	// Tasks are those that are new or have changed, in the order of addition.
	Tasks []*poller.Task
	// Payloads are those that are new or have changed, in the order of addition.
	Payloads []*poller.Payload
	// Dropped are the Seqs of tasks that are no longer tracked, among those that Since was given.
	Dropped []int32

	// Unreadable is how many rows could not be used.
	Unreadable int

	rev     int64 // the highest rev that was read
	dropped int64 // the number of the last change that deleted a task
}

// BaseResolver returns the base with a URL. It returns the same pointer for the same URL.
type BaseResolver func(address string) (*queue.Base, error)

// Empty reports whether nothing has changed.
func (s Snapshot) Empty() bool {
	return len(s.Tasks)+len(s.Payloads)+len(s.Dropped)+s.Unreadable == 0
}

// BeforeAll returns the snapshot since which everything has changed.
func BeforeAll() Snapshot { return Snapshot{rev: -1, dropped: -1} }

// Load returns all tasks and payloads of the session.
func (s *Store) Load(bases BaseResolver) (Snapshot, error) {
	return s.Since(BeforeAll(), bases, nil)
}

// Since returns what other processes have changed since a snapshot. known yields the Seqs of the
// tasks that the caller has; Dropped will be some of them.
func (s *Store) Since(last Snapshot, bases BaseResolver, known iter.Seq[int32]) (Snapshot, error) {
	next := Snapshot{rev: last.rev, dropped: last.dropped}
	var version int64 // SQLite changes it when another process writes
	err := s.conn().QueryRow("PRAGMA data_version").Scan(&version)
	if err == nil && (version != s.dataVersion || last.rev < 0) {
		err = s.readSince(&next, bases, known)
	}
	if err != nil {
		return last, explain(err)
	}
	s.dataVersion = version
	return next, nil
}

// readSince reads into next what changed after it, in one transaction.
func (s *Store) readSince(next *Snapshot, bases BaseResolver, known iter.Seq[int32]) error {
	tx, err := s.conn().BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	last := *next
	if err := readTasks(tx, bases, next); err != nil {
		return err
	}
	if err := readPayloads(tx, bases, next, "rev > ?", last.rev); err != nil {
		return err
	}
	dropped, err := readFact(tx, "dropped")
	if next.dropped, _ = dropped.(int64); err == nil && known != nil && next.dropped != last.dropped {
		next.Dropped, err = findDropped(tx, known)
	}
	return err
}

// readTasks reads the tasks that changed after next.rev, and raises that. It counts unusable rows in
// next.Unreadable.
func readTasks(tx *sql.Tx, bases BaseResolver, next *Snapshot) error {
	where := " WHERE rev > ? ORDER BY seq"
	if next.rev < 0 {
		where = " WHERE ? < 0 ORDER BY seq"
	}
	err := eachRow(tx, tasksTable.query()+where, func(r []any) error {
		task, err := row(r).task(bases)
		if err != nil {
			next.Unreadable++
			return nil
		}
		rev, _ := r[revIndex].(int64)
		next.rev = max(next.rev, rev)
		next.Tasks = append(next.Tasks, &task)
		return nil
	}, next.rev)
	next.rev = max(next.rev, 0)
	return err
}

// querier is a database or a transaction.
type querier interface {
	Query(query string, values ...any) (*sql.Rows, error)
}

// eachRow calls f with each row of a query. f must not keep the slice, which the next row reuses.
func eachRow(db querier, query string, f func(r []any) error, values ...any) error {
	rows, err := db.Query(query, values...)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	r, targets := make([]any, len(names)), make([]any, len(names))
	for i := range r {
		targets[i] = &r[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return rows.Err()
}

func allRows(db querier, query string, values ...any) (all [][]any, err error) {
	err = eachRow(db, query, func(r []any) error {
		all = append(all, slices.Clone(r))
		return nil
	}, values...)
	return all, err
}

// readFact returns the value of a fact; nil if there is none.
func readFact(db querier, name string) (value any, err error) {
	err = eachRow(db, "SELECT value FROM facts WHERE name = ?", func(r []any) error {
		value = r[0]
		return nil
	}, name)
	return value, err
}

// findDropped returns which of the known tasks have no row.
func findDropped(tx *sql.Tx, known iter.Seq[int32]) (dropped []int32, err error) {
	stored := map[int64]bool{}
	err = eachRow(tx, "SELECT seq FROM tasks", func(r []any) error {
		seq, _ := r[0].(int64)
		stored[seq] = true
		return nil
	})
	for seq := range known {
		if !stored[int64(seq)] {
			dropped = append(dropped, seq)
		}
	}
	return dropped, err
}
