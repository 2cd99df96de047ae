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
	"polltop/model/input"
	"polltop/model/script"
	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/natsstore"
	"polltop/poller/queue"
)

// scriptFlags are those of the commands for scripts.
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
	cmd.Flags().BoolVar(&f.json, "json", false, "write changes as JSON objects, one a line, and a summary object last")
	bindInput(cmd, &f)
	cmd.Flags().StringVar(&f.timeout, "timeout", "", "`TIME` for all tasks to end (default: no limit)")
	cmd.Flags().BoolVar(&f.failFast, "fail-fast", false, "end with the first task that fails or is canceled")
	cmd.Flags().StringVar(&f.progress, "progress", "auto", "`KIND` of progress: auto, plain (a line for each change) or none")
	flags := settings.Bind(cmd.Flags(), settings.Polling, settings.Sessions, settings.Outputs)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return runScript(cmd, flags, f, args) }
	return cmd
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
	flags := settings.Bind(cmd.Flags(), settings.Polling)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return runScript(cmd, flags, f, args) }
	return cmd
}

func bindInput(cmd *cobra.Command, f *scriptFlags) {
	cmd.Flags().BoolVar(&f.ignoreBadLines, "ignore-bad-lines", false, "tell lines that can't be read, and end as if they were not there, instead of with status 3")
	cmd.Flags().BoolVar(&f.takeUnsure, "take-unsure", false, "take ids of which it is unsure whether they name requests, instead of telling them and ending with status 3")
}

// runScript watches tasks without a screen.
func runScript(cmd *cobra.Command, flags *settings.Flags, f scriptFlags, args []string) error {
	surviveBrokenPipes() // a reader that has seen enough, such as head, ends it quietly
	s, err := flags.Resolve(os.LookupEnv, true)
	if err != nil {
		return err
	}
	if f.once {
		s.Session, s.Follow = "", nil
	}
	o, err := scriptOptions(s, f)
	if err != nil {
		return err
	}
	given, err := input.ReadArguments(s.Source(), args, s.Fallback, os.Stdin)
	if err != nil {
		return err
	}
	ask := &asker{json: f.json, take: f.takeUnsure, ignore: f.ignoreBadLines}
	o.Requests, o.Unsure, o.BadLines = given.Requests, ask.unanswered, ask.badLines
	for _, warning := range s.Warnings {
		printLine(os.Stderr, warning)
	}
	o.Requests = append(o.Requests, ask.answer(given.Refused, given.Unsure)...)
	if named := len(o.Requests) > 0 || ask.unanswered() > 0 || len(given.Streams) > 0 || len(s.Follow) > 0; !named && s.Session != "" {
		if err := needSession(s); err != nil {
			return err
		}
	}
	return watchScript(s, given, ask, startOf(cmd, args, len(o.Requests)), o)
}

// scriptOptions returns the options of a script by the settings and flags.
func scriptOptions(s *settings.Settings, f scriptFlags) (o script.Options, err error) {
	o = script.Options{
		Out: os.Stdout, Err: os.Stderr, JSON: f.json, FailFast: f.failFast, Once: f.once, Results: s.Results, Resume: resumeOf(s),
		Color: os.Getenv("NO_COLOR") == "" && term.IsTerminal(os.Stderr.Fd()), Width: func() int { return widthOf(os.Stderr) },
	}
	if o.Timeout, err = settings.ParseDuration("--timeout", cmp.Or(f.timeout, "0s")); err != nil {
		return o, err
	}
	o.Progress, err = progressOf(f)
	return o, err
}

// resumeOf returns the command that resumes watching, "" where nothing is stored.
func resumeOf(s *settings.Settings) string {
	if s.Session == "" {
		return ""
	}
	return "polltop wait --session " + natsstore.Redact(s.Session)
}

// watchScript runs a script with a service and perhaps a session. Without a named session it
// stores nothing, so that a nightly script does not fill the disk.
func watchScript(s *settings.Settings, given input.Given, ask *asker, start []any, o script.Options) (err error) {
	service, err := openService(s, start)
	if err != nil {
		return err
	}
	defer service.end(&err)
	o.Crash = service.crash
	polling := service.options()
	switch {
	case o.Once:
		polling.Interval, polling.Results = script.OnceInterval, s.Results
	case s.Download:
		downloads := service.downloads()
		defer downloads.Close()
		o.Downloads = downloads
	}
	tracker, warning, err := track(s.Session, s, polling)
	if err != nil {
		return err
	}
	if warning != "" {
		printLine(os.Stderr, warning)
	}
	o.Poller = logged{tracker, service.log}
	if o.More, err = more(s, given, ask); err != nil {
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
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	stop := endInTime(ctx, cancel, o.Crash)
	defer stop()
	outcome, err := script.Run(ctx, o)
	if !crash.Print(os.Stderr, err) && err != nil {
		printError(os.Stderr, err)
	}
	return outcome.Exit
}

// endInTime cancels the context on a signal, until stop is called. After a signal or a panic
// the process has crash.ExitTimeout to end, even if a disk or a reader hangs.
func endInTime(ctx context.Context, cancel context.CancelCauseFunc, catcher *crash.Catcher) (stop func()) {
	exit := crash.NewExitGuard(catcher, nil)
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		// Keep the signals ignored that nohup or a shell ignores.
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	guard.Go(func() {
		status := script.ExitUnknown
		select {
		case caught := <-signals:
			signaled := script.Signaled{Signal: caught}
			status = signaled.Exit()
			cancel(signaled)
		case <-catcher.Caught():
		case <-ctx.Done():
			return
		}
		exit.Start(status)
	})
	return func() { signal.Stop(signals) }
}

// more returns the function that reads tasks from streams and reports what is unsure or
// refused; nil for no streams.
func more(s *settings.Settings, given input.Given, ask *asker) (func(context.Context, func([]queue.Request)) error, error) {
	var track func([]queue.Request)
	reader, err := streams(s, given.Streams, func(requests []queue.Request) poller.Tracked {
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
				printLine(os.Stderr, notice.Text)
			}
		}
	}, nil
}

// progressOf returns the kind of progress to show.
func progressOf(f scriptFlags) (script.Progress, error) {
	switch f.progress {
	case "none":
		return script.None, nil
	case "plain":
		return script.Plain, nil
	case "auto", "":
		// With JSON on standard output, the line is for people.
		if !f.once && term.IsTerminal(os.Stderr.Fd()) && (f.json || term.IsTerminal(os.Stdout.Fd())) {
			return script.Line, nil
		}
		if f.json {
			return script.None, nil
		}
		return script.Plain, nil
	}
	return 0, errors.New("--progress " + f.progress + ": give auto, plain or none")
}
