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

// track returns the tracker of tasks: a session, or a poller without a store. If the session on
// disk can't be used it is the poller. The warning says why, or why it can't be shared.
func track(name string, s *settings.Settings, o poller.Options) (tracker poller.Runner, warning string, err error) {
	if s.NoStore || name == "" {
		return poller.NewPoller(o), "", nil
	}
	if natsstore.Is(name) {
		kept, err := openShared(name, s, true)
		if err != nil {
			return nil, "", err
		}
		shared := session.New(natsstore.Redact(name), kept, s.Bases, o)
		kept.Notify(shared.Report)
		return shared, "", nil
	}
	path, err := store.PathOf(store.Dir(), name)
	if err != nil {
		return nil, "", fmt.Errorf("--session: %w", err)
	}
	opened, err := store.Open(path)
	switch {
	case errors.Is(err, store.ErrSpecial):
		return nil, "", fmt.Errorf("session %s: %w", name, err)
	case store.Passing(err):
		return session.NewPending(name, path, err, s.Bases, o), "", nil
	case err != nil:
		if kept, err := store.View(path); err == nil {
			if loaded, err := kept.Load(queue.BaseOf(s.Bases)); err == nil {
				o.Tasks = loaded.Tasks // those that are readable
			}
			kept.Close()
		}
		return poller.NewPoller(o), fmt.Sprintf("nothing is kept on disk: %v (session %s, %s)", err, name, path), nil
	}
	if err := opened.LockError(); err != nil {
		warning = fmt.Sprintf("session %s can't be shared: %v; use it in one polltop at a time", name, err)
	}
	return session.New(name, opened, s.Bases, o), warning, nil
}

// streams returns the reader of a command's streams and followed files; nil for neither.
func streams(c *invocation, track func([]queue.Request) poller.Tracked) (actions.Streams, error) {
	if len(c.given.Streams) == 0 && len(c.Follow) == 0 {
		return nil, nil
	}
	reader, err := input.NewReader(input.Options{Source: c.Source(), Track: track, Streams: c.given.Streams, Follow: c.Follow})
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

// openStore opens a session to read it, or also to add a batch, which makes one that is not there.
func openStore(name string, s *settings.Settings, add bool) (sessionStore, error) {
	if natsstore.Is(name) {
		return openShared(name, s, add)
	}
	path, err := store.PathOf(store.Dir(), name)
	if err != nil {
		return nil, fmt.Errorf("--session: %w", err)
	}
	open := store.View
	if add {
		open = store.Open
	}
	kept, err := open(path)
	if err != nil {
		return nil, sessionError(name, err)
	}
	return kept, nil
}

// sessionError returns the error of reading a session, with the way out.
func sessionError(session string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no session %s: polltop sessions lists those there are", session)
	}
	if store.Damaged(err) {
		return fmt.Errorf("session %s: %w: polltop sessions repair %s saves what can be read", session, err, session)
	}
	return fmt.Errorf("session %s: %w", session, err)
}

// openShared connects to a session in NATS. create makes one that is not there.
func openShared(name string, s *settings.Settings, create bool) (*natsstore.Store, error) {
	address, err := natsstore.ParseAddress(name, os.Getenv)
	if err != nil {
		return nil, fmt.Errorf("--session: %w", err)
	}
	kept, err := natsstore.Open(address, natsstore.Options{SharePayloads: s.SharePayloads, Create: create, Getenv: os.Getenv})
	if err != nil {
		return nil, fmt.Errorf("--session: %w", err)
	}
	return kept, nil
}
