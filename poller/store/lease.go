package store

import (
	"database/sql"
	"errors"
	"os"
	"time"
)

// Lease says which process polls a session. The others view it.
type Lease struct {
	// Holder is the process's mark, Pid its number on the machine Host.
	Holder, Host string
	Pid          int
	// Beat grows while the process lives. No clock is compared: those of two
	// machines differ, and either may be set.
	Beat int64
}

// Acquire takes the lease if nobody holds it, or one whose end can be seen does:
// a process of this machine that is not there any more, or the one that stalled
// names, whose beat the caller has seen stand still for too long. It returns who
// holds the lease then, and whether that is this process.
func (s *Store) Acquire(stalled Lease) (Lease, bool, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	host, _ := os.Hostname()
	own := Lease{Holder: s.holder, Host: host, Pid: os.Getpid(), Beat: 1}
	var found Lease
	err := s.transact(func(tx *sql.Tx) error {
		err := tx.QueryRow("SELECT holder, host, pid, beat FROM lease").Scan(&found.Holder, &found.Host, &found.Pid, &found.Beat)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		free := err != nil || found == stalled || found.Host == host && (found.Pid == own.Pid || !alive(found.Pid))
		if found.Holder == s.holder || !free {
			return nil
		}
		found = own
		if _, err = tx.Exec("INSERT OR REPLACE INTO lease (id, holder, host, pid, beat) VALUES (1, ?, ?, ?, ?)", own.Holder, own.Host, own.Pid, own.Beat); err != nil {
			return err
		}
		return setUsed(tx)
	})
	held := err == nil && found.Holder == s.holder
	if held && found == own {
		// What was noted before is older than what the last holder has written, and
		// so are the numbers that it went on from.
		s.discard()
		s.held = true
		clear(s.bases)
		err = s.inspect()
	}
	return found, held && err == nil, plainly(err)
}

// Holder returns who holds the lease; the zero Lease if nobody does.
func (s *Store) Holder() (Lease, error) {
	var found Lease
	err := s.db.QueryRow("SELECT holder, host, pid, beat FROM lease").Scan(&found.Holder, &found.Host, &found.Pid, &found.Beat)
	if errors.Is(err, sql.ErrNoRows) {
		return Lease{}, nil
	}
	return found, plainly(err)
}

// leave gives up the lease, if this process holds it.
func (s *Store) leave(tx *sql.Tx) error {
	done, err := tx.Exec("DELETE FROM lease WHERE holder = ?", s.holder)
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
// has taken the lease.
func (s *Store) Beat() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	done, err := s.db.Exec("UPDATE lease SET beat = beat + 1 WHERE holder = ?", s.holder)
	if err != nil {
		return plainly(err)
	}
	if n, err := done.RowsAffected(); err == nil && n == 0 {
		return ErrLost
	}
	return nil
}

// Changed reports whether another process has written since it last said so.
func (s *Store) Changed() (bool, error) {
	var version int64
	if err := s.db.QueryRow("PRAGMA data_version").Scan(&version); err != nil {
		return false, plainly(err)
	}
	changed := version != s.data
	s.data = version
	return changed, nil
}

// Living reports whether somebody holds the lease who is there, as far as can be
// told: a process on another machine is taken to be.
func (l Lease) Living() bool {
	host, _ := os.Hostname()
	return l.Holder != "" && (l.Host != host || alive(l.Pid))
}
