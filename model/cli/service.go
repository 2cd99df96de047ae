package cli

import (
	"errors"
	"net/http"
	"sync/atomic"

	"polltop/model/cli/settings"
	"polltop/poller"
	"polltop/poller/journal"
	"polltop/poller/queue"
)

// service is the queue client for the settings, with the user's key.
type service struct {
	*queue.Client
	current atomic.Pointer[settings.Settings]
	agent   string
}

// newService returns the service for settings. Close must be called.
func newService(s *settings.Settings) *service {
	v := &service{agent: "polltop/" + version()}
	v.current.Store(s)
	v.Client = queue.NewClient(queue.ClientOptions{
		Header: v.header, Secrets: s.Secrets, Timeout: s.RequestTimeout, Concurrency: s.Concurrency, UserAgent: v.agent,
		AllowPrivateOutputs: s.AllowPrivateOutputs,
	})
	return v
}

// header returns the headers of requests to a base.
func (v *service) header(b *queue.Base) http.Header { return v.current.Load().HeaderFor(b) }

// options returns the options of a poller over the service, with a log; nil for none.
func (v *service) options(log *journal.Journal) poller.Options {
	s := v.current.Load()
	return poller.Options{Service: journal.Wrap(v.Client, log), Rate: s.Rate, Concurrency: s.Concurrency, Interval: s.Interval, Results: s.Results, NoResults: s.NoResults}
}

// rekey reads the key again from its file, while the program runs.
func (v *service) rekey(resolve func() (*settings.Settings, error)) (string, error) {
	fresh, err := resolve()
	switch {
	case err != nil:
		return "", err
	case !fresh.KeyFromFile:
		return "", errors.New("it comes from the environment or a flag, which can't change while polltop runs: keep it in a file and start with --api-key-file")
	}
	v.AddSecrets(fresh.Secrets...)
	v.current.Store(fresh)
	return "the key was read again: what had been refused is tried again", nil
}
