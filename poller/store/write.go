package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

// retryAfter is how long after a lock of another program Sync waits before it tries again: the screen
// waits for each try.
const retryAfter = 2 * time.Second

// Sync puts on disk what was noted and matters. It returns when that is there;
// what was pasted or read is there even if the machine loses its power now.
func (s *Store) Sync() error { return s.write(false) }

// Flush puts everything on disk that was noted.
func (s *Store) Flush() error { return s.write(true) }

func (s *Store) write(all bool) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.gone != nil {
		return s.gone
	}
	if !all && errors.Is(s.err, errLocked) && time.Since(s.failed) < retryAfter {
		return s.err
	}
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
		s.failed = time.Now()
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
		if _, err := s.conn().Exec("PRAGMA synchronous = FULL"); err != nil {
			return err
		}
		defer s.conn().Exec("PRAGMA synchronous = NORMAL")
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
func (s *Store) transact(f func(tx *sql.Tx) error) error { return transactIn(s.conn(), f) }

func transactIn(db *sql.DB, f func(tx *sql.Tx) error) error {
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// writeTasks writes tasks, and deletes those that are nil.
func (s *Store) writeTasks(tx *sql.Tx, tasks map[int32]*poller.Task) error {
	if len(tasks) == 0 {
		return nil
	}
	// A change that is rolled back leaves a gap in the numbers, which is none to
	// those who look for higher ones.
	s.rev++
	dropped, there := false, make([]*poller.Task, 0, len(tasks))
	for seq, t := range tasks {
		if t != nil {
			there = append(there, t)
			continue
		}
		dropped = true
		if _, err := tx.Exec("DELETE FROM tasks WHERE seq = ?", seq); err != nil {
			return err
		}
	}
	err := s.putTasks(tx, there)
	if err == nil && dropped {
		_, err = tx.Exec("INSERT INTO facts (name, value) VALUES ('dropped', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", s.rev)
	}
	return err
}

// putTasks writes tasks with the number of the present change.
func (s *Store) putTasks(tx *sql.Tx, tasks []*poller.Task) error {
	put, err := tx.Prepare(insertTask)
	if err != nil {
		return err
	}
	defer put.Close()
	for _, t := range tasks {
		if _, err := put.Exec(rowOf(t, s.rev)...); err != nil {
			return err
		}
	}
	return nil
}
