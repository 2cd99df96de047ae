package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"

	"polltop/poller"
)

// lockRetryDelay is how long Sync fails at once after another program had a lock, because the screen
// waits for each try.
const lockRetryDelay = 2 * time.Second

// Sync writes the buffer if something in it is urgent or has waited for maxWriteDelay. New requests
// survive a power failure after that. If another process polls now, Sync leaves the requests as an order
// for that one.
func (s *Store) Sync() error { return s.write(false) }

// SyncSoon is Sync, because a disk is fast.
func (s *Store) SyncSoon() error { return s.Sync() }

// Flush writes the whole buffer.
func (s *Store) Flush() error { return s.write(true) }

func (s *Store) write(all bool) error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	if s.filesLost != nil {
		return s.filesLost
	}
	if !all && errors.Is(s.writeErr, errLocked) && time.Since(s.failedAt) < lockRetryDelay {
		return s.writeErr
	}
	writes := s.Drain(all)
	if writes.Empty() {
		return s.writeErr
	}
	err := s.commit(writes)
	if errors.Is(err, ErrLeaseLost) {
		// The snapshots of the other process are newer, but it may not have the requests.
		s.Discard()
		if o := TrackOrder(maps.Values(writes.Tasks)); len(o.Track) > 0 {
			err = s.post(o)
		}
		return err
	}
	if err != nil {
		s.Requeue(writes)
		s.failedAt = time.Now()
		err = explain(err)
	}
	s.writeErr = err
	return err
}

func (s *Store) commit(w Writes) error {
	added := len(w.Payloads) > 0
	for _, t := range w.Tasks {
		added = added || t != nil && t.Polls == 0
	}
	return s.transact(added, s.ifOwner(func(tx *sql.Tx) error {
		// A rollback leaves a gap in the numbers, which does no harm: readers look for higher ones.
		s.rev++
		if err := s.writeTasks(tx, w.Tasks); err != nil {
			return err
		}
		for _, p := range w.Payloads {
			if err := putPayload(tx, p, s.rev, nil); err != nil {
				return err
			}
		}
		return s.writeAnswers(tx, w.Answers)
	}))
}

// change is transact for callers that don't hold writeMu.
func (s *Store) change(durable bool, f func(tx *sql.Tx) error) error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	return explain(s.transact(durable, f))
}

// transact runs f in a transaction. A durable one survives a power failure, and others only the end of
// the process.
func (s *Store) transact(durable bool, f func(tx *sql.Tx) error) error {
	if durable {
		if _, err := s.conn().Exec("PRAGMA synchronous = FULL"); err != nil {
			return err
		}
		defer s.conn().Exec("PRAGMA synchronous = NORMAL")
	}
	return inTransaction(s.conn(), f)
}

// ifOwner returns f for the process that polls. If another one does, it returns ErrLeaseLost.
func (s *Store) ifOwner(f func(tx *sql.Tx) error) func(tx *sql.Tx) error {
	return func(tx *sql.Tx) error {
		if err := s.checkLease(tx); err != nil {
			return err
		}
		return f(tx)
	}
}

func inTransaction(db *sql.DB, f func(tx *sql.Tx) error) error {
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

// writeTasks writes tasks with the present rev, and deletes those that are nil.
func (s *Store) writeTasks(tx *sql.Tx, tasks map[int32]*poller.Task) error {
	var tracked []*poller.Task
	for seq, t := range tasks {
		if t != nil {
			tracked = append(tracked, t)
		} else if _, err := tx.Exec("DELETE FROM tasks WHERE seq = ?", seq); err != nil {
			return err
		}
	}
	if len(tracked) < len(tasks) {
		if err := setFact(tx, "dropped", s.rev); err != nil {
			return err
		}
	}
	return s.putTasks(tx, tracked)
}

func (s *Store) putTasks(tx *sql.Tx, tasks []*poller.Task) error {
	put, err := tx.Prepare(tasksTable.insert())
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

// setFact stores a fact: a number, or a text that is not one.
func setFact(tx *sql.Tx, name string, value any) error {
	_, err := tx.Exec("INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return err
}

// Display returns what SetDisplay stored last; "" for nothing.
func (s *Store) Display() string {
	if text, err := readFact(s.conn(), "display"); err == nil && text != nil {
		return fmt.Sprint(text)
	}
	return ""
}

// SetDisplay stores how the dashboard shows the session, in its own words.
func (s *Store) SetDisplay(text string) error {
	return s.change(false, func(tx *sql.Tx) error { return setFact(tx, "display", text) })
}
