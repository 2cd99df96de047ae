package cli

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"polltop/model/cli/settings"
	"polltop/model/crash"
	"polltop/model/script"
	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/natsstore"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// scriptFlags are the flags of the commands without a screen.
type scriptFlags struct {
	json, failFast, once, takeUnsure, ignoreBadLines bool
	timeout                                          string
	progress                                         string
}

func waitCommand() *cobra.Command {
	var f scriptFlags
	cmd := &cobra.Command{
		Use:   "wait [flags] [FILE | - | REQUEST_ID | URL]...",
		Short: "Wait for tasks to end, without a screen: for scripts",
		Long: "wait polls tasks until all have ended, and writes a line for each change, or\n" +
			"with --json an object. It ends early with --timeout and --fail-fast.\n\n" + script.ExitHelp(),
		Example: `polltop wait tasks.txt && ./publish.sh
./submit.sh | polltop wait --json --timeout 30m > log.ndjson
polltop wait --session batch-7`,
		Args: cobra.ArbitraryArgs,
	}
	bindInput(cmd, &f)
	bindWait(cmd, &f, "")
	cmd.Flags().BoolVar(&f.failFast, "fail-fast", false, "end with the first task that fails or is canceled")
	return serviceCommand(cmd, func(c *invocation) error { return runScript(c, f) }, settings.Polling, settings.Sessions, settings.Outputs)
}

func statusCommand() *cobra.Command {
	f := scriptFlags{once: true}
	cmd := &cobra.Command{
		Use:   "status [flags] [FILE | - | REQUEST_ID | URL]...",
		Short: "Ask once for the status of tasks: for scripts",
		Long: "status asks once for each task and writes a line for each, or with --json an\n" +
			"object.\n\n" + script.ExitHelp(),
		Example: `polltop status tasks.txt
polltop status --json mmsu_01hxyz | jq -r 'select(.request_id) | .status'`,
		Args: cobra.ArbitraryArgs,
	}
	bindInput(cmd, &f)
	cmd.Flags().BoolVar(&f.json, "json", false, "write each task as a JSON object, one a line, and a summary object last")
	return serviceCommand(cmd, func(c *invocation) error { return runScript(c, f) }, settings.Polling)
}

func bindInput(cmd *cobra.Command, f *scriptFlags) {
	cmd.Flags().BoolVar(&f.ignoreBadLines, "ignore-bad-lines", false, "tell lines that can't be read, and end as if they were not there, instead of with status 3")
	cmd.Flags().BoolVar(&f.takeUnsure, "take-unsure", false, "take ids of which it is unsure whether they name requests, instead of telling them and ending with status 3")
}

// bindWait adds the flags of a command that waits for tasks. when begins their descriptions.
func bindWait(cmd *cobra.Command, f *scriptFlags, when string) {
	cmd.Flags().BoolVar(&f.json, "json", false, when+"write changes as JSON objects, one a line, and a summary object last")
	cmd.Flags().StringVar(&f.timeout, "timeout", "", when+"`TIME` for all tasks to end (default: no limit)")
	cmd.Flags().StringVar(&f.progress, "progress", "auto", when+"`KIND` of progress: auto, plain (a line for each change) or none")
}

func runScript(c *invocation, f scriptFlags) error {
	if f.once {
		c.Session, c.Follow = "", nil
	}
	o, err := scriptOptions(c.Settings, f)
	if err != nil {
		return err
	}
	if err := c.readTasks(); err != nil {
		return err
	}
	reporter := newInputReporter()
	reporter.acceptUnsure, reporter.ignoreRefused = f.takeUnsure, f.ignoreBadLines
	if f.json {
		reporter.object = objectWriter(os.Stdout)
	}
	reporter.addTracked(c.named.Requests)
	o.Requests = append(c.named.Requests, reporter.report(c.named.Problems, c.named.Questions)...)
	o.Unsure = reporter.unsureCount
	o.BadLines = func() int { return int(reporter.refused.Load()) }
	c.tasks = len(o.Requests)
	if c.tasks == 0 && reporter.unsureCount() == 0 && len(c.named.Streams) == 0 && len(c.Follow) == 0 && c.Session != "" {
		// The session alone names the tasks, so it must exist. A damaged one is repaired by newTracker.
		existing, err := openStore(c.Session, &settings.Settings{}, false)
		if err == nil {
			err = existing.Close()
		}
		if err != nil && !store.Damaged(err) {
			return err
		}
	}
	return watchScript(c, reporter, o)
}

func scriptOptions(s *settings.Settings, f scriptFlags) (o script.Options, err error) {
	o = script.Options{
		Out: os.Stdout, Err: os.Stderr, JSON: f.json, FailFast: f.failFast, Once: f.once, Results: s.Results,
		Color: os.Getenv("NO_COLOR") == "" && term.IsTerminal(os.Stderr.Fd()), Width: func() int { return widthOf(os.Stderr) },
	}
	if s.Session != "" {
		o.Resume = "polltop wait --session " + natsstore.Redact(s.Session)
	}
	if o.Timeout, err = settings.ParseDuration("--timeout", cmp.Or(f.timeout, "0s")); err != nil {
		return o, err
	}
	o.Progress, err = progressOf(f)
	return o, err
}

// watchScript runs a script. It stores nothing unless a session is named, so that a nightly script
// does not fill the disk.
func watchScript(c *invocation, reporter *inputReporter, o script.Options) (err error) {
	service, err := openService(c)
	if err != nil {
		return err
	}
	defer service.shutdown(&err)
	o.Crash = service.crash
	polling := service.pollerOptions()
	switch {
	case o.Once:
		polling.Interval, polling.FetchResults = script.OnceInterval, c.Results
	case c.Download:
		downloads := service.downloads()
		defer downloads.Close()
		o.Downloads = downloads
	}
	tracker, warning, err := newTracker(c.Session, c.Settings, polling)
	if err != nil {
		return err
	}
	if warning != "" {
		printLines(os.Stderr, warning)
	}
	o.Poller = observedRunner{tracker, service.log.Observe}
	if o.More, err = streamInput(c, reporter); err != nil {
		return err
	}
	if status := Watch(o); status != script.ExitOK {
		return errExit(status)
	}
	return nil
}

// Watch runs a script until it ends or a signal comes, prints its error, and returns the exit
// status.
func Watch(o script.Options) int {
	ctx, cancel := contextUntilSignal(o.Crash)
	defer cancel(nil)
	outcome, err := script.Run(ctx, o)
	if err != nil {
		printError(err)
	}
	return outcome.Exit
}

// contextUntilSignal returns a context that a signal cancels with a script.Signaled, and a panic with
// its error. After that, or after cancel with an error, the process is ended within crash.ExitTimeout
// even if a disk or a reader hangs.
func contextUntilSignal(catcher *crash.Catcher) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		// Keep the signals ignored that nohup or a shell ignores.
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	exit := crash.NewExitGuard(catcher, nil)
	guard.Go(func() {
		select {
		case caught := <-signals:
			signaled := script.Signaled{Signal: caught}
			exit.Start(signaled.Exit())
			cancel(signaled)
		case <-catcher.Caught():
			exit.Start(script.ExitUnknown)
			cancel(catcher.Err())
		case <-ctx.Done():
			if context.Cause(ctx) != context.Canceled {
				exit.Start(script.ExitFailed)
			}
		}
	})
	return ctx, cancel
}

// streamInput returns a function that reads tasks from the streams and passes them to a sink, with what
// is unsure or refused; nil without streams.
func streamInput(c *invocation, reporter *inputReporter) (func(context.Context, script.Sink) error, error) {
	var track func([]queue.Request)
	reader, err := newStreamReader(c, func(requests []queue.Request) poller.Tracked {
		track(requests)
		reporter.addTracked(requests)
		return poller.Tracked{First: -1}
	})
	if err != nil || reader == nil {
		return nil, err
	}
	return func(ctx context.Context, sink script.Sink) error {
		track, reporter.notice, reporter.object = sink.Track, sink.Notice, sink.Object
		guard.Go(func() { reader.Run(ctx) })
		for {
			stream, ok := reader.Next(ctx)
			if !ok {
				return nil
			}
			if accepted := reporter.report(stream.Problems, stream.Questions); len(accepted) > 0 {
				track(accepted)
			}
			for _, notice := range stream.Notices {
				sink.Notice(notice.Text)
			}
		}
	}, nil
}

// progressOf returns the kind of progress to show. A progress line needs a terminal on standard error,
// and on standard output too unless JSON is written there.
func progressOf(f scriptFlags) (script.Progress, error) {
	switch {
	case f.progress == "none":
		return script.None, nil
	case f.progress == "plain":
		return script.Plain, nil
	case f.progress != "auto" && f.progress != "":
		return 0, errors.New("--progress " + f.progress + ": give auto, plain or none")
	case !f.once && term.IsTerminal(os.Stderr.Fd()) && (f.json || term.IsTerminal(os.Stdout.Fd())):
		return script.Line, nil
	case f.json:
		return script.None, nil
	}
	return script.Plain, nil
}
