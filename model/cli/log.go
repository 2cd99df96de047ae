package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"polltop/model"
	"polltop/model/cli/settings"
	"polltop/poller"
	"polltop/poller/journal"
)

// openLog opens the log that the settings name and notes the start in it; it
// returns nil where they name none.
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

// closeLog ends the log. That it is not whole is told here, once: it disturbs
// nothing before.
func closeLog(log *journal.Journal) {
	if err := log.Close(); err != nil {
		printError(os.Stderr, err)
	}
}

// startOf returns what a command line tells of a start. Of the flags it is only
// the names: a value may be a key.
func startOf(cmd *cobra.Command, args []string) journal.Start {
	start := journal.Start{Arguments: len(args)}
	if cmd.HasParent() {
		start.Command = cmd.Name()
	}
	cmd.Flags().Visit(func(f *pflag.Flag) { start.Flags = append(start.Flags, f.Name) })
	return start
}

// logged is a tracker whose updates are noted in a log.
type logged struct {
	model.Tracker
	log *journal.Journal
}

// Next returns the next update, once it is noted.
func (l logged) Next(ctx context.Context) (poller.Update, bool) {
	u, ok := l.Tracker.Next(ctx)
	if ok {
		l.log.Observe(u)
	}
	return u, ok
}
