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
	return asking(cmd, func(c *invocation) error { return runScript(c, f) }, settings.Polling, settings.Sessions, settings.Outputs)
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
	return asking(cmd, func(c *invocation) error { return runScript(c, f) }, settings.Polling)
}

func bindInput(cmd *cobra.Command, f *scriptFlags) {
	cmd.Flags().BoolVar(&f.ignoreBadLines, "ignore-bad-lines", false, "tell lines that can't be read, and end as if they were not there, instead of with status 3")
	cmd.Flags().BoolVar(&f.takeUnsure, "take-unsure", false, "take ids of which it is unsure whether they name requests, instead of telling them and ending with status 3")
}

// bindWait adds flags that count when tasks are waited for.
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
	if err := c.read(); err != nil {
		return err
	}
	ask := &asker{errs: os.Stderr, take: f.takeUnsure, ignore: f.ignoreBadLines}
	if f.json {
		ask.out = os.Stdout
	}
	o.Requests = append(c.given.Requests, ask.answer(c.given.Refused, c.given.Unsure)...)
	o.Unsure = func() int { return int(ask.left.Load()) }
	o.BadLines = func() int { return int(ask.refused.Load()) }
	c.tasks = len(o.Requests)
	if named := c.tasks > 0 || ask.left.Load() > 0 || len(c.given.Streams) > 0 || len(c.Follow) > 0; !named && c.Session != "" {
		kept, err := openStore(c.Session, &settings.Settings{}, false) // it alone names the tasks
		if err == nil {
			err = kept.Close()
		}
		if err != nil && !store.Damaged(err) { // what can be read in it is saved when it is opened
			return err
		}
	}
	return watchScript(c, ask, o)
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

// watchScript runs a script with a service and perhaps a session. Without a named session it
// stores nothing, so that a nightly script does not fill the disk.
func watchScript(c *invocation, ask *asker, o script.Options) (err error) {
	service, err := openService(c)
	if err != nil {
		return err
	}
	defer service.end(&err)
	o.Crash = service.crash
	polling := service.options()
	switch {
	case o.Once:
		polling.Interval, polling.Results = script.OnceInterval, c.Results
	case c.Download:
		downloads := service.downloads()
		defer downloads.Close()
		o.Downloads = downloads
	}
	tracker, warning, err := track(c.Session, c.Settings, polling)
	if err != nil {
		return err
	}
	if warning != "" {
		printLines(os.Stderr, warning)
	}
	o.Poller = observed{tracker, service.log.Observe}
	if o.More, err = more(c, ask); err != nil {
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
	ctx, cancel := untilSignal(o.Crash)
	defer cancel(nil)
	outcome, err := script.Run(ctx, o)
	if err != nil {
		printError(err)
	}
	return outcome.Exit
}

// untilSignal returns a context that ends with a signal, as a script.Signaled, or with a panic.
// From then on, and after another cause than nil, the process has crash.ExitTimeout to end, even if
// a disk or a reader hangs.
func untilSignal(catcher *crash.Catcher) (context.Context, context.CancelCauseFunc) {
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

// more returns the function that reads tasks from streams and reports what is unsure or
// refused; nil for no streams.
func more(c *invocation, ask *asker) (func(context.Context, func([]queue.Request)) error, error) {
	var track func([]queue.Request)
	reader, err := streams(c, func(requests []queue.Request) poller.Tracked {
		track(requests)
		return poller.Tracked{First: -1}
	})
	if err != nil || reader == nil {
		return nil, err
	}
	return func(ctx context.Context, to func([]queue.Request)) error {
		track = to
		guard.Go(func() { reader.Run(ctx) })
		for {
			stream, ok := reader.Next(ctx)
			if !ok {
				return nil
			}
			if taken := ask.answer(stream.Problems, stream.Unsure); len(taken) > 0 {
				to(taken)
			}
			for _, notice := range stream.Notices {
				printLines(os.Stderr, notice.Text)
			}
		}
	}, nil
}

// progressOf returns the kind of progress to show. With JSON on standard output, the line is for
// people.
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
