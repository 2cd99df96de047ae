package cli

import (
	"fmt"

	"polltop/model"
	"polltop/poller"
	"polltop/poller/session"
	"polltop/poller/settings"
	"polltop/poller/store"
)

// track returns what tracks tasks: a session on disk, or a poller that keeps
// nothing. Where the session can't be used the tasks are tracked all the same,
// and the warning says why.
func track(name string, s *settings.Settings, o poller.Options) (tracker model.Tracker, warning string, err error) {
	if s.NoStore || name == "" {
		return poller.NewPoller(o), "", nil
	}
	path, err := store.PathOf(store.Dir(), name)
	if err != nil {
		return nil, "", fmt.Errorf("--session: %w", err)
	}
	opened, err := store.Open(path)
	if err != nil {
		return poller.NewPoller(o), fmt.Sprintf("nothing is kept on disk: %s: %v", path, err), nil
	}
	return session.New(name, opened, s.Bases, o), "", nil
}
