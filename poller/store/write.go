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

// retryAfter is how long Sync does not try again after another program had a lock: the screen
// waits for each try.
const retryAfter = 2 * time.Second

// Sync writes the notes that matter, and waits for it. New requests survive a power failure
// then.
func (s *Store) Sync() error { return s.write(false) }

// SyncSoon is Sync, as a disk is near.
func (s *Store) SyncSoon() error { return s.Sync() }

// Flush writes all notes.
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
	taken := s.Drain(all)
	if taken.Empty() {
		return s.err
	}
	err := s.commit(taken)
	if errors.Is(err, ErrLeaseLost) {
		// The other process knows more, but may not know the requests.
		s.Discard()
		if o := TrackOrder(maps.Values(taken.Tasks)); len(o.Track) > 0 {
			err = s.post(o)
		}
		return err
	}
	if err != nil {
		s.Requeue(taken)
		s.failed = time.Now()
		err = plainly(err)
	}
	s.err = err
	return err
}

func (s *Store) commit(n Writes) error {
	added := len(n.Payloads) > 0
	for _, t := range n.Tasks {
		added = added || t != nil && t.Polls == 0
	}
	return s.transact(added, s.owned(func(tx *sql.Tx) error {
		// A rolled back change leaves a gap in the numbers, which does no harm: readers look
		// for higher ones.
		s.rev++
		if err := s.writeTasks(tx, n.Tasks); err != nil {
			return err
		}
		for _, p := range n.Payloads {
			if err := putPayload(tx, p, s.rev, nil); err != nil {
				return err
			}
		}
		return s.writeAnswers(tx, n.Answers)
	}))
}

// change is transact for callers that do not hold the lock on writing.
func (s *Store) change(durable bool, f func(tx *sql.Tx) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return plainly(s.transact(durable, f))
}

// transact runs f in a transaction. If durable is set this survives not only the end of the
// process, but also that of the machine, as new requests must.
func (s *Store) transact(durable bool, f func(tx *sql.Tx) error) error {
	if durable {
		if _, err := s.conn().Exec("PRAGMA synchronous = FULL"); err != nil {
			return err
		}
		defer s.conn().Exec("PRAGMA synchronous = NORMAL")
	}
	return transactIn(s.conn(), f)
}

// owned returns f for the process that polls: it is ErrLeaseLost where another one does.
func (s *Store) owned(f func(tx *sql.Tx) error) func(tx *sql.Tx) error {
	return func(tx *sql.Tx) error {
		if err := s.checkLease(tx); err != nil {
			return err
		}
		return f(tx)
	}
}

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

// writeTasks writes tasks with the number of the present change, and deletes those that are nil.
func (s *Store) writeTasks(tx *sql.Tx, tasks map[int32]*poller.Task) error {
	var there []*poller.Task
	for seq, t := range tasks {
		if t != nil {
			there = append(there, t)
		} else if _, err := tx.Exec("DELETE FROM tasks WHERE seq = ?", seq); err != nil {
			return err
		}
	}
	if len(there) < len(tasks) {
		if err := setFact(tx, "dropped", s.rev); err != nil {
			return err
		}
	}
	return s.putTasks(tx, there)
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

// setFact stores a fact: a number, or a text that is none.
func setFact(tx *sql.Tx, name string, value any) error {
	_, err := tx.Exec("INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
	return err
}

// Display returns how a dashboard showed the session last, in words of its own; "" for not
// known.
func (s *Store) Display() string {
	if text, err := fact(s.conn(), "display"); err == nil && text != nil {
		return fmt.Sprint(text)
	}
	return ""
}

// SetDisplay stores what Display returns.
func (s *Store) SetDisplay(text string) error {
	return s.change(false, func(tx *sql.Tx) error { return setFact(tx, "display", text) })
}
