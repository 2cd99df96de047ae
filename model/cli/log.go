package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"polltop/model/cli/settings"
	"polltop/poller"
	"polltop/poller/journal"
)

// openLog opens the log of the settings and logs the start; it returns nil for no log.
func openLog(s *settings.Settings, redact func(string) string, start journal.Start) (*journal.Journal, error) {
	if s.Log == "" {
		return nil, nil
	}
	log, err := journal.Open(s.Log, redact)
	if err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	start.Version, start.Rate, start.Concurrency, start.Interval = version(), s.Rate, s.Concurrency, s.Interval
	start.RequestTimeout, start.Session, start.Results = s.RequestTimeout, s.Session, s.Results
	for _, base := range s.Bases {
		start.Bases = append(start.Bases, base.String())
	}
	log.Start(start)
	return log, nil
}

// closeLog closes the log, and prints here, once, if lines are missing.
func closeLog(log *journal.Journal) {
	if err := log.Close(); err != nil {
		printError(os.Stderr, err)
	}
}

// startOf returns the start of a command line, with the names of the flags only: a value may be
// a key.
func startOf(cmd *cobra.Command, args []string) journal.Start {
	start := journal.Start{Arguments: len(args)}
	if cmd.HasParent() {
		start.Command = cmd.Name()
	}
	cmd.Flags().Visit(func(f *pflag.Flag) { start.Flags = append(start.Flags, f.Name) })
	return start
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
