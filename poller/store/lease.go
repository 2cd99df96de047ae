package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// Lease tells which process polls a session. It is for people to read: what keeps two
// from polling is the lock (see lock.go), except on a file system that has none.
type Lease struct {
	// Holder is the process's mark, Pid its number on the machine Host.
	Holder, Host string
	Pid          int
	// Beat grows while the process lives.
	Beat int64
}

// Acquire makes this process the one that polls the session unless another one is. It
// returns which process it is then, and whether that is this one. ErrAlone says
// that another one uses the session on a file system without locks.
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
		// What was noted before is older than what the last holder has written, and
		// so are the numbers that it went on from.
		s.discard()
		if err := s.inspect(); err != nil && !Damaged(err) {
			return Lease{}, false, plainly(err)
		}
	}
	s.held, s.alone = true, alone
	host, _ := os.Hostname()
	s.own = Lease{Holder: s.holder, Host: host, Pid: os.Getpid(), Beat: s.own.Beat + 1}
	// With the lock this process polls though that can't be written down, as while
	// another program has the database locked.
	if err := s.transact(s.enter); err != nil && alone {
		s.held = false
		return Lease{}, false, plainly(err)
	}
	return s.own, true, nil
}

// refuseToShare returns ErrAlone if another process seems to use the session.
func (s *Store) refuseToShare(why error) error {
	found, err := s.Holder()
	if err == nil && found.Holder != "" && found.Holder != s.holder && recentlyWritten(s.path) {
		err = fmt.Errorf("process %d on %s uses it, and %w (%w): end that one, or name another session with --session", found.Pid, found.Host, ErrAlone, why)
	}
	return err
}

// enter writes down that this process polls.
func (s *Store) enter(tx *sql.Tx) error {
	if _, err := tx.Exec("INSERT OR REPLACE INTO owner (id, holder, host, pid, beat) VALUES (1, ?, ?, ?, ?)", s.own.Holder, s.own.Host, s.own.Pid, s.own.Beat); err != nil {
		return err
	}
	return setUsed(tx)
}

// Holder returns which process polls, as it wrote down itself; the zero Lease if
// none did.
func (s *Store) Holder() (Lease, error) {
	var found Lease
	err := s.conn().QueryRow("SELECT holder, host, pid, beat FROM owner").Scan(&found.Holder, &found.Host, &found.Pid, &found.Beat)
	if errors.Is(err, sql.ErrNoRows) {
		return Lease{}, nil
	}
	return found, plainly(err)
}

// inUse returns which process polls the session now, the zero Lease if none does.
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

// leave writes down that this process polls no more, if it did.
func (s *Store) leave(tx *sql.Tx) error {
	done, err := tx.Exec("DELETE FROM owner WHERE holder = ?", s.holder)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return setUsed(tx)
}

// setUsed notes when the session was last in use. The file's own time would also
// tell when it was last listed.
func setUsed(tx *sql.Tx) error {
	_, err := tx.Exec("INSERT INTO facts (name, value) VALUES ('used', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", time.Now().UnixMilli())
	return err
}

// Beat shows the others that this process lives. It returns ErrLost if another
// polls now.
func (s *Store) Beat() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.own.Beat++
	return plainly(s.transact(func(tx *sql.Tx) error {
		if err := s.holds(tx); err != nil {
			return err
		}
		return s.enter(tx)
	}))
}

// holds returns ErrLost where this process polled and another one does now: what it
// knows is older than what that one has learned.
func (s *Store) holds(tx *sql.Tx) error {
	if !s.held {
		return nil
	}
	if !s.alone {
		if s.lock != nil {
			return nil
		}
		// It was released: the session is this process's still if no other has had it.
		if locked, err := s.tryLock(); err != nil || !locked {
			return errors.Join(ErrLost, err)
		}
	}
	var holder string
	err := tx.QueryRow("SELECT holder FROM owner").Scan(&holder)
	if errors.Is(err, sql.ErrNoRows) || err == nil && holder != s.holder {
		s.unlock()
		return ErrLost
	}
	return err
}

// Changed reports whether another process has written since it last said so.
func (s *Store) Changed() (bool, error) {
	var version int64
	if err := s.conn().QueryRow("PRAGMA data_version").Scan(&version); err != nil {
		return false, plainly(err)
	}
	changed := version != s.data
	s.data = version
	return changed, nil
}
