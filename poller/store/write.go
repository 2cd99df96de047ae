package store

import (
	"context"
	"database/sql"
	"errors"

	"polltop/poller"
	"polltop/poller/queue"
)

// ErrLost is a lease that another process has taken meanwhile: nothing is
// written any more.
var ErrLost = errors.New("another polltop has taken over the session")

// Sync puts on disk what was noted and matters. It returns when that is there;
// what was pasted or read is there even if the machine loses its power now.
func (s *Store) Sync() error { return s.write(false) }

// Flush puts everything on disk that was noted.
func (s *Store) Flush() error { return s.write(true) }

func (s *Store) write(all bool) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	taken := s.take(all)
	if taken.empty() {
		return s.err
	}
	err := s.commit(taken)
	if errors.Is(err, ErrLost) {
		// What this process knows is older than what the other has learned. Only
		// what was given here and never written is still to be done, there.
		s.discard()
		if requests := neverWritten(taken.tasks); len(requests) > 0 {
			err = s.post(Order{Track: requests})
		}
		return err
	}
	if err != nil {
		s.putBack(taken)
		clear(s.bases) // among them may be a row that was taken back
		err = plainly(err)
	}
	s.err = err
	return err
}

// commit writes in one transaction.
func (s *Store) commit(n notice) error {
	if fresh(n.tasks) {
		// A transaction that others follow is safe from the end of this
		// process, not of the machine. What the user gave is to be safe from both.
		if _, err := s.db.Exec("PRAGMA synchronous = FULL"); err != nil {
			return err
		}
		defer s.db.Exec("PRAGMA synchronous = NORMAL")
	}
	return s.transact(func(tx *sql.Tx) error {
		if err := s.holds(tx); err != nil {
			return err
		}
		if err := s.writeTasks(tx, n.tasks); err != nil {
			return err
		}
		return s.writeAnswers(tx, n.answers)
	})
}

// fresh reports whether a task among them was never written before.
func fresh(tasks map[int32]*poller.Task) bool {
	for _, t := range tasks {
		if t != nil && t.Polls == 0 {
			return true
		}
	}
	return false
}

// neverWritten returns the requests of those tasks that were given and are not
// on disk yet.
func neverWritten(tasks map[int32]*poller.Task) []Request {
	var requests []queue.Request
	for _, t := range tasks {
		if t != nil && t.Polls == 0 && !t.State.Terminal() {
			requests = append(requests, t.Request)
		}
	}
	return Requests(requests)
}

// transact runs f in a transaction.
func (s *Store) transact(f func(tx *sql.Tx) error) error {
	tx, err := s.db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// holds returns ErrLost where this process had the lease and has it no more: one
// that slept while its lease was taken must not write over what the other has
// learned, also when that one has left.
func (s *Store) holds(tx *sql.Tx) error {
	var holder string
	switch err := tx.QueryRow("SELECT holder FROM lease").Scan(&holder); {
	case errors.Is(err, sql.ErrNoRows) && !s.held:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return ErrLost
	case err != nil:
		return err
	case holder != s.holder:
		return ErrLost
	}
	return nil
}

func (s *Store) writeTasks(tx *sql.Tx, tasks map[int32]*poller.Task) error {
	if len(tasks) == 0 {
		return nil
	}
	put, err := tx.Prepare(`INSERT INTO tasks (seq, base, id, endpoint, state, rev, record) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (seq) DO UPDATE SET base = excluded.base, id = excluded.id, endpoint = excluded.endpoint, state = excluded.state, rev = excluded.rev, record = excluded.record`)
	if err != nil {
		return err
	}
	defer put.Close()
	// A change that is rolled back leaves a gap in the numbers, which is none to
	// those who look for higher ones.
	s.rev++
	var record []byte
	dropped := false
	for seq, t := range tasks {
		if t == nil {
			dropped = true
			if _, err := tx.Exec("DELETE FROM tasks WHERE seq = ?", seq); err != nil {
				return err
			}
			continue
		}
		base, err := s.baseRow(tx, t.Request.Base.String())
		if err != nil {
			return err
		}
		record = encode(record[:0], t)
		if _, err := put.Exec(seq, base, t.Request.ID, t.Request.Endpoint, int(stateCodes[t.State]), s.rev, record); err != nil {
			return err
		}
	}
	if dropped {
		_, err = tx.Exec("INSERT INTO facts (name, value) VALUES ('dropped', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", s.rev)
	}
	return err
}

// baseRow returns the row of a base URL, which it makes where there is none.
func (s *Store) baseRow(tx *sql.Tx, address string) (int64, error) {
	if row, ok := s.bases[address]; ok {
		return row, nil
	}
	var row int64
	err := tx.QueryRow("INSERT INTO bases (url) VALUES (?) ON CONFLICT (url) DO UPDATE SET url = excluded.url RETURNING id", address).Scan(&row)
	if err == nil {
		s.bases[address] = row
	}
	return row, err
}
