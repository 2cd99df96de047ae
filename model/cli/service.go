package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync/atomic"

	"github.com/spf13/pflag"

	"polltop/model"
	"polltop/model/actions"
	"polltop/model/cli/settings"
	"polltop/model/crash"
	"polltop/model/notify"
	"polltop/model/script"
	"polltop/model/statusbar"
	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/guard"
	"polltop/poller/journal"
	"polltop/poller/natsstore"
	"polltop/poller/queue"
)

// service is the queue client of a command, with the command's settings, log and panic handler.
type service struct {
	*queue.Client
	settings atomic.Pointer[settings.Settings]
	agent    string           // the User-Agent header
	crash    *crash.Catcher   // catches the panics of all goroutines
	log      *journal.Journal // nil without --log
}

// openService returns the service for a command, and logs the start. The caller must defer shutdown
// before anything else.
func openService(c *invocation) (*service, error) {
	s := c.Settings
	v := &service{agent: "polltop/" + version()}
	v.settings.Store(s)
	v.Client = queue.NewClient(queue.ClientOptions{
		Header: v.header, Secrets: s.Secrets, Timeout: s.RequestTimeout, Concurrency: s.Concurrency, UserAgent: v.agent,
		AllowPrivateOutputs: s.AllowPrivateOutputs, Observe: func(e queue.Exchange) { v.log.Request(e) },
	})
	v.crash = v.newCatcher()
	guard.Handle(v.crash.Record)
	if c.Log == "" {
		return v, nil
	}
	var err error
	if v.log, err = journal.Open(c.Log, v.Redact); err != nil {
		v.Close()
		return nil, fmt.Errorf("--log: %w", err)
	}
	c.logStart(v.log)
	return v, nil
}

func (v *service) newCatcher() *crash.Catcher {
	return crash.New(version(), v.Redact, crash.Dirs()...)
}

// shutdown recovers a panic of the caller, closes the service, and prints the first panic.
func (v *service) shutdown(err *error) {
	if value := recover(); value != nil {
		v.crash.Record(value)
	}
	if logErr := v.log.Close(); logErr != nil {
		printError(logErr) // the log lacks lines
	}
	v.Close()
	if crashed := v.crash.Err(); crashed != nil {
		printError(crashed)
		if *err == nil {
			*err = errExit(script.ExitFailed)
		}
	}
}

func (v *service) downloads() *download.Downloader {
	s := v.settings.Load()
	return download.New(download.Options{
		Dir: s.OutputDir, MaxBytes: s.MaxDownload, Header: v.header, UserAgent: v.agent, Outputs: v.Outputs, Redact: v.Redact,
	})
}

// dashboard returns the options that all dashboards of the service have in common.
func (v *service) dashboard(c *invocation) model.Options {
	host := c.Bases[0].Host()
	queues := slices.DeleteFunc(slices.Clone(c.Bases), (*queue.Base).Lists)
	if more := len(queues) - 1; more > 0 {
		host = fmt.Sprintf("%s +%d", host, more)
	}
	if c.flags == nil {
		host = "demo queue on " + host
	}
	o := model.Options{
		Source: c.Source(), ReducedMotion: c.ReducedMotion, SlowAfter: c.SlowAfter,
		Bars:    statusbar.Options{Host: host, Notify: notify.Mode(c.Notify)},
		Options: actions.Options{List: v.List, OutputDir: c.OutputDir, Download: c.Download},
	}
	if c.Preview {
		o.FetchPicture = v.FetchPreview
	}
	if c.flags != nil {
		o.Rekey = func() (string, error) { return v.rekey(c.flags) }
	}
	return o
}

func (v *service) header(b *queue.Base) http.Header { return v.settings.Load().HeaderFor(b) }

func (v *service) pollerOptions() poller.Options {
	s := v.settings.Load()
	return poller.Options{Service: v.Client, Rate: s.Rate, Concurrency: s.Concurrency, Interval: s.Interval, FetchResults: s.Results || s.Download, NoResults: s.NoResults}
}

// rekey reads the key again from its file while the program runs, and returns a message about it.
func (v *service) rekey(flags *settings.Flags) (string, error) {
	fresh, err := flags.Resolve(os.LookupEnv, true)
	switch {
	case err != nil:
		return "", err
	case !fresh.KeyFromFile:
		return "", errors.New("it comes from the environment or a flag, which can't change while polltop runs: keep it in a file and start with --api-key-file")
	}
	v.AddSecrets(fresh.Secrets...)
	v.settings.Store(fresh)
	return "the key was read again: what had been refused is tried again", nil
}

// logStart logs the start. It logs the flags' names without their values: a value may be a key.
func (c *invocation) logStart(log *journal.Journal) {
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
}

// observedRunner is a poller.Runner that passes each update to observe too.
type observedRunner struct {
	poller.Runner
	observe func(poller.Update)
}

func (o observedRunner) Next(ctx context.Context) (poller.Update, bool) {
	u, ok := o.Runner.Next(ctx)
	if ok {
		o.observe(u)
	}
	return u, ok
}
