package cli

import (
	"fmt"
	"os"

	"polltop/model/cli/settings"
	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/session"
)

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

// trackShared returns the session in NATS.
func trackShared(name string, s *settings.Settings, o poller.Options) (poller.Runner, error) {
	kept, err := openShared(name, s, true)
	if err != nil {
		return nil, err
	}
	shared := session.NewShared(natsstore.Redact(name), kept, s.Bases, o)
	kept.Notify(shared.Report)
	return shared, nil
}
