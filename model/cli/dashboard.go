package cli

import (
	"cmp"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"polltop/model"
	"polltop/model/cli/settings"
	"polltop/model/crash"
	"polltop/model/hook"
	"polltop/model/input"
	"polltop/model/insight"
	"polltop/model/notify"
	"polltop/model/opener"
	"polltop/poller"
	"polltop/poller/store"
	"polltop/views"
	"polltop/views/report"
)

// How many --exec commands run at once, and how many ended tasks may wait for one.
const (
	execConcurrency = 4
	execQueue       = 100_000
)

// newCommands returns what runs the command of --exec for tasks of a tracker.
func newCommands(s *settings.Settings, tracker poller.Tracker) *hook.Runner {
	commands := hook.New(s.Exec, func(t *poller.Task) bool { return tracker.ClaimHook(t.Seq) }, execConcurrency, execQueue)
	if s.ExecPayload {
		commands.Input = tracker.Input
	}
	return commands
}

// dashboard resolves the settings and reads the arguments before it opens the screen, so that
// errors are plain lines.
func dashboard(cmd *cobra.Command, flags *settings.Flags, args []string) error {
	surviveBrokenPipes()
	s, err := flags.Resolve(os.LookupEnv, true)
	if err != nil {
		return err
	}
	given, err := input.ReadArguments(s.Source(), args, s.Fallback, os.Stdin)
	if err != nil {
		return err
	}
	for _, warning := range s.Warnings {
		printLine(os.Stderr, warning)
	}
	notice := downloadOffer(s, s.Bases...)
	if given.Unread {
		notice = "what is piped into standard input is not read, as tasks were named: name - too to read it"
	}
	resolve := func() (*settings.Settings, error) { return flags.Resolve(os.LookupEnv, true) }
	start := startOf(cmd, args, len(given.Requests))
	return show(s, cmp.Or(s.Session, store.DefaultSession), given.Streams, resolve, start, model.Options{
		Source: s.Source(), Read: given.Result, Host: hostName(s), Notice: notice,
	})
}

// show runs the dashboard over a session, "" for none, and leaves a summary in the scrollback.
// Tasks are read from the given streams while it runs. resolve resolves the settings again,
// for another key; nil for the demo. start is logged.
func show(s *settings.Settings, session string, given []input.Stream, resolve func() (*settings.Settings, error), start []any, o model.Options) (err error) {
	if err := needTerminal(); err != nil {
		return err
	}
	service, err := openService(s, start)
	if err != nil {
		return err
	}
	defer service.end(&err)
	o.Crash = service.crash
	downloads := service.downloads()
	defer downloads.Close()
	if resolve != nil {
		o.Rekey = func() (string, error) { return service.rekey(resolve) }
	}
	o.Clock, o.Getenv, o.Open = time.Now, os.Getenv, opener.New(os.Getenv)
	o.Downloads, o.OutputDir, o.Download = downloads, s.OutputDir, s.Download
	o.ReducedMotion, o.SlowAfter, o.Notify = s.ReducedMotion, s.SlowAfter, notify.Mode(s.Notify)
	o.List = service.List
	if s.Preview {
		o.Peek = service.Peek
	}
	options := service.options()
	options.Hook = s.Exec != ""
	tracker, warning, err := track(session, s, options)
	if err != nil {
		return err
	}
	o.Warning = warning
	if s.Exec != "" {
		commands := newCommands(s, tracker)
		defer commands.Close()
		o.Exec = commands
	}
	if kept, ok := tracker.(interface{ Release() }); ok {
		o.Suspending = kept.Release
	}
	if kept, ok := tracker.(model.Kept); ok {
		o.Kept = kept
	}
	if o.Streams, err = streams(s, given, tracker.Track); err != nil {
		return err
	}
	left, err := model.Run(o, logged{tracker, service.log})
	if status := PrintSummary(left, resolve == nil, err); status != 0 {
		return errExit(status)
	}
	return nil
}

// PrintSummary prints what stays in the scrollback when the dashboard has closed, and why
// it closed if it failed, and returns the exit status. The tasks of the demo end with the
// program.
func PrintSummary(left model.Leaving, demo bool, err error) int {
	printErr := report.Summary(os.Stdout, report.SummaryProps{
		Tasks: left.Tasks, Kinds: insight.NewGrouper().Group(views.ByError, left.Tasks), Elapsed: left.Elapsed, Polls: left.Polls, Resume: resumeCommand("polltop", left.Session), Demo: demo, Undone: left.Undone, Submissions: left.Submissions,
		Width: widthOf(os.Stdout), Color: os.Getenv("NO_COLOR") == "",
	})
	if crash.Print(os.Stderr, err) {
		return exitFailed
	}
	if number, ok := left.Signal.(syscall.Signal); ok {
		return 128 + int(number)
	}
	if err != nil {
		printError(os.Stderr, err)
		return exitFailed
	}
	if printErr != nil {
		printError(os.Stderr, printErr)
		return exitFailed
	}
	return 0
}

// resumeCommand returns the command that goes on with a session, "" for none.
func resumeCommand(command, session string) string {
	switch session {
	case "":
		return ""
	case store.DefaultSession:
		return command
	}
	return command + " --session " + session
}

// needTerminal returns why the dashboard can't be drawn, nil if it can.
func needTerminal() error {
	switch {
	case !term.IsTerminal(os.Stdout.Fd()):
		return errors.New("standard output is not a terminal, which the dashboard needs: in a script use polltop wait or polltop status with the same arguments")
	case os.Getenv("TERM") == "dumb":
		return errors.New("TERM is dumb: this terminal can't draw a dashboard; run polltop wait instead, or set TERM to what it is, such as xterm-256color")
	}
	return nil
}
