package store

import (
	"context"
	"database/sql"
	"iter"
	"slices"

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
// that there were, of which those dropped since are reported.
func (s *Store) Since(last Snapshot, bases BaseOf, known iter.Seq[int32]) (Snapshot, error) {
	next := Snapshot{rev: last.rev, dropped: last.dropped}
	var version int64 // changes once another process has written
	err := s.conn().QueryRow("PRAGMA data_version").Scan(&version)
	if err == nil && (version != s.data || last.rev < 0) {
		err = s.readSince(&next, bases, known)
	}
	if err != nil {
		return last, plainly(err)
	}
	s.data = version
	return next, nil
}

// readSince does the work of Since, in one transaction.
func (s *Store) readSince(next *Snapshot, bases BaseOf, known iter.Seq[int32]) error {
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
	dropped, err := fact(tx, "dropped")
	if next.dropped, _ = dropped.(int64); err == nil && known != nil && next.dropped != last.dropped {
		next.Dropped, err = missing(tx, known)
	}
	return err
}

// readTasks reads the tasks that changed after next.rev, and raises that. Rows that
// can't be used are counted in next.Unreadable.
func readTasks(tx *sql.Tx, bases BaseOf, next *Snapshot) error {
	where := " WHERE rev > ? ORDER BY seq"
	if next.rev < 0 {
		where = " WHERE ? < 0 ORDER BY seq"
	}
	err := each(tx, tasksTable.query()+where, func(r []any) error {
		read, err := row(r).task(bases)
		if err != nil {
			next.Unreadable++
			return nil
		}
		rev, _ := r[atRev].(int64)
		next.rev = max(next.rev, rev)
		next.Tasks = append(next.Tasks, &read)
		return nil
	}, next.rev)
	next.rev = max(next.rev, 0)
	return err
}

// querier is a database or a transaction.
type querier interface {
	Query(query string, values ...any) (*sql.Rows, error)
}

// each calls f with each row of a query. A row is used again for the next one.
func each(of querier, query string, f func(r []any) error, values ...any) error {
	rows, err := of.Query(query, values...)
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

func allRows(of querier, query string, values ...any) (all [][]any, err error) {
	err = each(of, query, func(r []any) error {
		all = append(all, slices.Clone(r))
		return nil
	}, values...)
	return all, err
}

// fact returns a fact, nil for none.
func fact(of querier, name string) (value any, err error) {
	err = each(of, "SELECT value FROM facts WHERE name = ?", func(r []any) error {
		value = r[0]
		return nil
	}, name)
	return value, err
}

// missing returns which of the known tasks are not there any more.
func missing(tx *sql.Tx, known iter.Seq[int32]) (gone []int32, err error) {
	there := map[int64]bool{}
	err = each(tx, "SELECT seq FROM tasks", func(r []any) error {
		seq, _ := r[0].(int64)
		there[seq] = true
		return nil
	})
	for seq := range known {
		if !there[int64(seq)] {
			gone = append(gone, seq)
		}
	}
	return gone, err
}
