package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"polltop/model/actions"
	"polltop/model/cli/settings"
	"polltop/model/input"
	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/queue"
	"polltop/poller/session"
	"polltop/poller/store"
)

// newTracker returns a session, or a poller without a store where there is no session or the one on
// disk can't be used. The warning says why it can't be used, or can't be shared by processes.
func newTracker(name string, s *settings.Settings, o poller.Options) (tracker poller.Runner, warning string, err error) {
	if s.NoStore || name == "" {
		return poller.NewPoller(o), "", nil
	}
	if natsstore.IsAddress(name) {
		opened, err := openShared(name, s, true)
		if err != nil {
			return nil, "", err
		}
		shared := session.New(natsstore.Redact(name), opened, s.Bases, o)
		opened.Notify(shared.Report)
		return shared, "", nil
	}
	path, err := store.PathOf(store.Dir(), name)
	if err != nil {
		return nil, "", fmt.Errorf("--session: %w", err)
	}
	opened, err := store.Open(path)
	switch {
	case errors.Is(err, store.ErrNotFile):
		return nil, "", fmt.Errorf("session %s: %w", name, err)
	case store.Temporary(err):
		return session.NewPending(name, path, err, s.Bases, o), "", nil
	case err != nil:
		if damaged, err := store.OpenReadOnly(path); err == nil {
			if loaded, err := damaged.Load(queue.BaseResolver(s.Bases)); err == nil {
				o.Tasks = loaded.Tasks // those that are readable
			}
			damaged.Close()
		}
		return poller.NewPoller(o), fmt.Sprintf("nothing is kept on disk: %v (session %s, %s)", err, name, path), nil
	}
	if err := opened.LockError(); err != nil {
		warning = fmt.Sprintf("session %s can't be shared: %v; use it in one polltop at a time", name, err)
	}
	return session.New(name, opened, s.Bases, o), warning, nil
}

// newStreamReader returns the reader of a command's streams and followed files; nil for neither.
func newStreamReader(c *invocation, track func([]queue.Request) poller.Tracked) (actions.Streams, error) {
	if len(c.named.Streams) == 0 && len(c.Follow) == 0 {
		return nil, nil
	}
	reader, err := input.NewReader(input.Options{Source: c.Source(), Track: track, Streams: c.named.Streams, Follow: c.Follow})
	if err != nil {
		return nil, fmt.Errorf("--follow: %w", err)
	}
	return reader, nil
}

// sessionStore is a session on disk or in NATS, to read it or to add a batch.
type sessionStore interface {
	session.Store
	DropBatch(batch int64) error
}

// openStore opens a session to read it. With add it can also be written to, and is created if missing.
func openStore(name string, s *settings.Settings, add bool) (sessionStore, error) {
	if natsstore.IsAddress(name) {
		return openShared(name, s, add)
	}
	path, err := store.PathOf(store.Dir(), name)
	if err != nil {
		return nil, fmt.Errorf("--session: %w", err)
	}
	open := store.OpenReadOnly
	if add {
		open = store.Open
	}
	opened, err := open(path)
	if err != nil {
		return nil, sessionError(name, err)
	}
	return opened, nil
}

// sessionError adds the name of a session and the way out to an error of reading it.
func sessionError(session string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no session %s: polltop sessions lists those there are", session)
	}
	if store.Damaged(err) {
		return fmt.Errorf("session %s: %w: polltop sessions repair %s saves what can be read", session, err, session)
	}
	return fmt.Errorf("session %s: %w", session, err)
}

// openShared connects to a session in NATS. With create, a missing one is created.
func openShared(name string, s *settings.Settings, create bool) (*natsstore.Store, error) {
	address, err := natsstore.ParseAddress(name, os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("--session: %w", err)
	}
	opened, err := natsstore.Open(address, natsstore.Options{SharePayloads: s.SharePayloads, Create: create, Getenv: os.Getenv})
	if err != nil {
		return nil, fmt.Errorf("--session: %w", err)
	}
	return opened, nil
}
