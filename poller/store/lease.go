package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// Lease names the process that polls a session, for people. The lock (see lock.go) keeps two
// processes from polling, except on a file system without locks.
type Lease struct {
	// Holder is the process's random id, Pid its number on the machine Host.
	Holder, Host string
	Pid          int
	// Beat grows while the process lives.
	Beat int64
}

// Process names the process for people, with its machine if that is another one; nobody for none.
func (l Lease) Process() string {
	if l.Pid == 0 {
		return "nobody"
	}
	if host, _ := os.Hostname(); l.Host != "" && l.Host != host {
		return fmt.Sprintf("pid %d on %s", l.Pid, l.Host)
	}
	return fmt.Sprintf("pid %d", l.Pid)
}

// Acquire makes this process the one that polls the session, unless another one does. It
// returns the process that polls, and whether it is this one. ErrAlone means that another
// process uses the session on a file system without locks.
func (s *Store) Acquire() (Lease, bool, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	held, err := s.tryLock()
	alone := noLocks(err)
	switch {
	case alone:
		if err := s.refuseToShare(err); err != nil {
			return Lease{}, false, err
		}
	case err != nil:
		return Lease{}, false, plainly(err)
	case !held:
		found, err := s.Holder()
		return found, false, err
	}
	if !s.held {
		// The notes, and the counters in memory, are older than what the last holder
		// wrote.
		s.Discard()
		if err := s.inspect(); err != nil && !Damaged(err) {
			return Lease{}, false, plainly(err)
		}
	}
	s.held, s.alone = true, alone
	s.own.Beat++
	// With the lock this process polls even if the lease can't be written, as while
	// another program has locked the database.
	if err := s.transact(s.enter); err != nil && alone {
		s.held = false
		return Lease{}, false, plainly(err)
	}
	return s.own, true, nil
}

// refuseToShare returns ErrAlone if another process seems to use the session.
func (s *Store) refuseToShare(why error) error {
	found, err := s.Holder()
	if err == nil && found.Holder != "" && found.Holder != s.own.Holder && recentlyWritten(s.path) {
		err = fmt.Errorf("process %d on %s uses it, and %w (%w): end that one, or name another session with --session", found.Pid, found.Host, ErrAlone, why)
	}
	return err
}

// enter writes the lease of this process.
func (s *Store) enter(tx *sql.Tx) error {
	if _, err := tx.Exec("INSERT OR REPLACE INTO owner (id, holder, host, pid, beat) VALUES (1, ?, ?, ?, ?)", s.own.Holder, s.own.Host, s.own.Pid, s.own.Beat); err != nil {
		return err
	}
	return setUsed(tx)
}

// Holder returns the lease in the database; the zero Lease if there is none.
func (s *Store) Holder() (Lease, error) {
	var found Lease
	err := s.conn().QueryRow("SELECT holder, host, pid, beat FROM owner").Scan(&found.Holder, &found.Host, &found.Pid, &found.Beat)
	if errors.Is(err, sql.ErrNoRows) {
		return Lease{}, nil
	}
	return found, plainly(err)
}

// inUse returns the lease of the process that polls now; the zero Lease for none.
func (s *Store) inUse() (Lease, error) {
	found, err := s.Holder()
	if err != nil || found.Holder == "" {
		return Lease{}, err
	}
	locked, err := s.tryLock()
	if locked {
		s.unlock()
		return Lease{}, nil
	}
	if noLocks(err) && !recentlyWritten(s.path) {
		return Lease{}, nil
	}
	return found, nil
}

// leave deletes the lease of this process.
func (s *Store) leave(tx *sql.Tx) error {
	if _, err := tx.Exec("DELETE FROM owner WHERE holder = ?", s.own.Holder); err != nil {
		return err
	}
	return setUsed(tx)
}

// setUsed stores when the session was last in use. The file's own time also changes when the
// session is listed.
func setUsed(tx *sql.Tx) error { return setFact(tx, "used", time.Now().UnixMilli()) }

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
	return s.change(func(tx *sql.Tx) error { return setFact(tx, "display", text) })
}

// Beat shows other processes that this one lives. It returns ErrLost if another polls now.
func (s *Store) Beat() error {
	return s.change(func(tx *sql.Tx) error {
		if err := s.holds(tx); err != nil {
			return err
		}
		s.own.Beat++
		return s.enter(tx)
	})
}

// holds returns ErrLost where another process has begun to poll: its state is newer than that
// of this one.
func (s *Store) holds(tx *sql.Tx) error {
	if !s.held {
		return nil
	}
	if !s.alone {
		if s.lock != nil {
			return nil
		}
		// After Release the session is still this process's if no other has taken it.
		if locked, err := s.tryLock(); err != nil || !locked {
			return errors.Join(ErrLost, err)
		}
	}
	var holder string
	err := tx.QueryRow("SELECT holder FROM owner").Scan(&holder)
	if errors.Is(err, sql.ErrNoRows) || err == nil && holder != s.own.Holder {
		s.unlock()
		return ErrLost
	}
	return err
}
