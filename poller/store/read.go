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
	// Dropped are the Seqs of those that are not tracked any more, among the
	// ones that Since was given.
	Dropped []int32

	rev, dropped int64
}

// slab is how many ended tasks are made at once: a hundred thousand single ones
// would take the collector longer. A live one is single, as its next snapshot takes
// its place, and it would keep the slab.
const slab = 256

// BaseOf returns the base with a URL, always the same for the same.
type BaseOf func(address string) (*queue.Base, error)

// Load returns all tasks of the session.
func (s *Store) Load(bases BaseOf) (Snapshot, error) {
	return s.Since(Snapshot{rev: -1, dropped: -1}, bases, nil)
}

// Since returns what has changed since a snapshot. known yields the tasks that
// there were, of which those dropped since are told.
func (s *Store) Since(last Snapshot, bases BaseOf, known iter.Seq[int32]) (Snapshot, error) {
	next := last
	next.Tasks, next.Dropped = nil, nil
	tx, err := s.db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return last, plainly(err)
	}
	defer tx.Rollback()
	baseOf, err := readBases(tx, bases)
	if err != nil {
		return last, plainly(err)
	}
	if err := readTasks(tx, baseOf, &next); err != nil {
		return last, plainly(err)
	}
	var dropped int64
	if err := tx.QueryRow("SELECT coalesce((SELECT value FROM facts WHERE name = 'dropped'), 0)").Scan(&dropped); err != nil {
		return last, plainly(err)
	}
	if known != nil && dropped != last.dropped {
		if next.Dropped, err = missing(tx, known); err != nil {
			return last, plainly(err)
		}
	}
	next.dropped = dropped
	return next, nil
}

// readBases returns the bases by their rows.
func readBases(tx *sql.Tx, bases BaseOf) (map[int64]*queue.Base, error) {
	rows, err := tx.Query("SELECT id, url FROM bases")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[int64]*queue.Base{}
	for rows.Next() {
		var row int64
		var address string
		if err := rows.Scan(&row, &address); err != nil {
			return nil, err
		}
		if found[row], err = bases(address); err != nil {
			return nil, fmt.Errorf("%w: %w", errRecord, err)
		}
	}
	return found, rows.Err()
}

// readTasks reads the tasks that changed after next.rev, and raises that.
func readTasks(tx *sql.Tx, baseOf map[int64]*queue.Base, next *Snapshot) error {
	query := "SELECT seq, base, id, endpoint, state, rev, record FROM tasks WHERE rev > ? ORDER BY seq"
	if next.rev < 0 {
		query = "SELECT seq, base, id, endpoint, state, rev, record FROM tasks WHERE ? < 0 ORDER BY seq"
	}
	rows, err := tx.Query(query, next.rev)
	if err != nil {
		return err
	}
	defer rows.Close()
	var texts poller.Texts
	var tasks []poller.Task
	var read poller.Task
	var endpoint, record sql.RawBytes
	for rows.Next() {
		var base, rev int64
		var state int64
		read = poller.Task{}
		if err := rows.Scan(&read.Seq, &base, &read.Request.ID, &endpoint, &state, &rev, &record); err != nil {
			return err
		}
		t := &read
		var known bool
		t.Request.Base = baseOf[base]
		t.State, known = stateOf(state)
		if t.Request.Base == nil || !known || t.Seq < 0 {
			return errRecord
		}
		t.Request.Endpoint = texts.SameBytes(endpoint)
		if err := decode(record, t, &texts); err != nil {
			return err
		}
		next.rev = max(next.rev, rev)
		next.Tasks = append(next.Tasks, place(&tasks, read))
	}
	next.rev = max(next.rev, 0)
	return rows.Err()
}

// place gives a task a place in memory: an ended one in a slab.
func place(tasks *[]poller.Task, read poller.Task) *poller.Task {
	if !read.State.Terminal() {
		live := read
		return &live
	}
	if len(*tasks) == cap(*tasks) {
		*tasks = make([]poller.Task, 0, slab)
	}
	*tasks = append(*tasks, read)
	return &(*tasks)[len(*tasks)-1]
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
