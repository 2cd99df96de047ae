package cli

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"polltop/poller"
	"polltop/poller/journal"
	"polltop/poller/natsstore"
)

// openLog opens the log of the settings and logs the start; it returns nil for no log. Of the
// command line it has the names of the flags only: a value may be a key.
func openLog(c *invocation, redact func(string) string) (*journal.Journal, error) {
	if c.Log == "" {
		return nil, nil
	}
	log, err := journal.Open(c.Log, redact)
	if err != nil {
		return nil, fmt.Errorf("--log: %w", err)
	}
	command, flags := "", []string{}
	if c.cmd.HasParent() {
		command = c.cmd.Name()
	}
	c.cmd.Flags().Visit(func(f *pflag.Flag) { flags = append(flags, f.Name) })
	bases := make([]string, len(c.Bases))
	for i, base := range c.Bases {
		bases[i] = base.String()
	}
	log.Start("command", command, "flags", flags, "arguments", len(c.args), "tasks", c.tasks,
		"version", version(), "bases", bases, "rate", c.Rate, "concurrency", c.Concurrency, "interval_s", c.Interval.Seconds(),
		"request_timeout_s", c.RequestTimeout.Seconds(), "session", natsstore.Redact(c.Session), "results", c.Results)
	return log, nil
}

// observed is a tracker whose updates are also given to a function.
type observed struct {
	poller.Runner
	observe func(poller.Update)
}

// Next returns the next update.
func (o observed) Next(ctx context.Context) (poller.Update, bool) {
	u, ok := o.Runner.Next(ctx)
	if ok {
		o.observe(u)
	}
	return u, ok
}
