package store

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/adrg/xdg"

	"polltop/poller"
	"polltop/poller/queue"
)

// DefaultSession is the name of the session if the user names none.
const DefaultSession = "default"

// suffix is the suffix of sessions' files.
const suffix = ".db"

// namePattern matches the names of sessions, which are file names on every system.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

// devicePattern matches the names of devices on Windows, with any extension.
var devicePattern = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?$`)

// Dir returns the directory of sessions: polltop/sessions in the user's state directory
// (XDG_STATE_HOME).
func Dir() string { return filepath.Join(xdg.StateHome, "polltop", "sessions") }

// PathOf returns the path of a session in a directory, or an error that says which names are valid.
func PathOf(dir, session string) (string, error) {
	if !namePattern.MatchString(session) || strings.HasSuffix(strings.ToLower(session), suffix) || strings.HasSuffix(session, ".") || devicePattern.MatchString(session) {
		return "", fmt.Errorf("%q is no name for a session: up to 64 letters, digits, - _ and . make one, such as batch-7", session)
	}
	return filepath.Join(dir, session+suffix), nil
}

// SessionInfo describes a session in a list.
type SessionInfo struct {
	Name string
	// Counts are the numbers of its tasks by state.
	Counts [poller.StateCount]int
	// LastUsed is when its polling last began or ended, zero for never. Size is its size on disk in
	// bytes.
	LastUsed time.Time
	Size     int64
	// Holder is the lease of the process that polls it now.
	Holder Lease
	// Unreadable is how many records can't be read or were set aside.
	Unreadable int
	// Err is why it can't be read.
	Err error
}

// List returns the sessions of a directory, the one that was used last first. Sessions that can't be read
// have Err set.
func List(dir string) ([]SessionInfo, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, explain(err)
	}
	var list []SessionInfo
	for _, entry := range entries {
		session, ok := strings.CutSuffix(entry.Name(), suffix)
		if !ok || !namePattern.MatchString(session) {
			continue
		}
		list = append(list, describe(filepath.Join(dir, entry.Name()), session))
	}
	slices.SortFunc(list, func(a, b SessionInfo) int {
		return cmp.Or(b.LastUsed.Compare(a.LastUsed), strings.Compare(a.Name, b.Name))
	})
	return list, nil
}

// describe reads a session for a list. It checks all rows, so that it counts no damaged task by its
// state. It counts payloads without a task too.
func describe(path, session string) SessionInfo {
	l := SessionInfo{Name: session}
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(path + suffix); err == nil {
			l.Size += info.Size()
		}
	}
	s, err := OpenReadOnly(path)
	if err != nil {
		l.Err = explain(err)
		return l
	}
	defer s.conn().Close()
	loaded, err := s.Load(queue.BaseResolver(nil))
	for _, t := range loaded.Tasks {
		l.Counts[t.State]++
	}
	for _, payload := range loaded.Payloads {
		if unsent := payload.Placeholder(); unsent != nil {
			l.Counts[unsent.State]++
		}
	}
	asideErr := s.conn().QueryRow("SELECT count(*) FROM aside").Scan(&l.Unreadable)
	l.Unreadable += loaded.Unreadable
	used, usedErr := readFact(s.conn(), "used")
	if at, ok := used.(int64); ok {
		l.LastUsed = poller.Stamp(at).Time()
	}
	var holderErr error
	l.Holder, holderErr = s.activeHolder()
	l.Err = explain(cmp.Or(err, asideErr, usedErr, holderErr))
	return l
}

// Remove deletes a session. If a process polls it, the error names that.
func Remove(dir, session string) error {
	path, err := PathOf(dir, session)
	if err != nil {
		return err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no session %s: polltop sessions lists those there are", session)
	}
	s, err := open(path, connect)
	switch {
	case err == nil:
		holder, _ := s.activeHolder()
		s.conn().Close()
		if holder.Holder != "" {
			return fmt.Errorf("the session %s is in use by process %d on %s: end that first", session, holder.Pid, holder.Host)
		}
	case !Damaged(err):
		// It may be in use.
		return fmt.Errorf("the session %s can't be looked into: %w; delete %s by hand if that is meant", session, explain(err), path)
	}
	return explain(errors.Join(removeFile(path+lockSuffix), remove(path)))
}
