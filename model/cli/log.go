package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"polltop/model/cli/settings"
	"polltop/poller"
	"polltop/poller/journal"
	"polltop/poller/natsstore"
)

// openLog opens the log of the settings and logs the start; it returns nil for no log.
func openLog(s *settings.Settings, redact func(string) string, start []any) (*journal.Journal, error) {
	if s.Log == "" {
		return nil, nil
	}
	log, err := journal.Open(s.Log, redact)
	if err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	bases := make([]string, len(s.Bases))
	for i, base := range s.Bases {
		bases[i] = base.String()
	}
	log.Start(append(start, "version", version(), "bases", bases, "rate", s.Rate, "concurrency", s.Concurrency,
		"interval_s", s.Interval.Seconds(), "request_timeout_s", s.RequestTimeout.Seconds(), "session", natsstore.Redact(s.Session), "results", s.Results)...)
	return log, nil
}

// startOf returns what the log says of a command line, with the names of the flags only: a
// value may be a key.
func startOf(cmd *cobra.Command, args []string, tasks int) []any {
	command, flags := "", []string{}
	if cmd.HasParent() {
		command = cmd.Name()
	}
	cmd.Flags().Visit(func(f *pflag.Flag) { flags = append(flags, f.Name) })
	return []any{"command", command, "flags", flags, "arguments", len(args), "tasks", tasks}
}

// logged is a tracker whose updates are logged.
type logged struct {
	poller.Runner
	log *journal.Journal
}

// Next returns the next update and logs it.
func (l logged) Next(ctx context.Context) (poller.Update, bool) {
	u, ok := l.Runner.Next(ctx)
	if ok {
		l.log.Observe(u)
	}
	return u, ok
}
