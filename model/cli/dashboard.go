package cli

import (
	"cmp"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"

	"polltop/model"
	"polltop/model/crash"
	"polltop/model/hook"
	"polltop/model/insight"
	"polltop/model/opener"
	"polltop/model/script"
	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/session"
	"polltop/poller/store"
	"polltop/views"
	"polltop/views/report"
)

// How many --exec commands run at once, and how many ended tasks may wait for one.
const (
	execConcurrency = 4
	execQueue       = 100_000
)

// open returns the tracker of a session, as track does, and what runs the command of --exec for
// its tasks; nil for no command.
func (v *service) open(c *invocation, session string) (tracker poller.Runner, commands *hook.Runner, warning string, err error) {
	options := v.options()
	options.Hook = c.Exec != ""
	tracker, warning, err = track(session, c.Settings, options)
	if err != nil || c.Exec == "" {
		return tracker, nil, warning, err
	}
	commands = hook.New(c.Exec, func(t *poller.Task) bool { return tracker.ClaimHook(t.Seq) }, execConcurrency, execQueue)
	if c.ExecPayload {
		commands.Input = tracker.Input
	}
	return tracker, commands, warning, nil
}

// dashboard reads the arguments before it opens the screen, so that errors are plain lines.
func dashboard(c *invocation) error {
	if err := c.read(); err != nil {
		return err
	}
	notice := downloadOffer(c.Settings, c.Bases...)
	if c.given.Unread {
		notice = "what is piped into standard input is not read, as tasks were named: name - too to read it"
	}
	return show(c, cmp.Or(c.Session, store.DefaultSession), notice)
}

// show runs the dashboard over the session of a name, "" for none, and leaves a summary in the scrollback.
func show(c *invocation, name, notice string) (err error) {
	if err := needTerminal(); err != nil {
		return err
	}
	service, err := openService(c)
	if err != nil {
		return err
	}
	defer service.end(&err)
	downloads := service.downloads()
	defer downloads.Close()
	o := service.dashboard(c)
	o.Notice, o.Crash, o.Downloads = notice, service.crash, downloads
	o.Read, c.given.Result = c.given.Result, paste.Result{} // 8 MB for 100,000 tasks, which nobody needs once they are tracked
	o.Clock, o.Getenv, o.Open = time.Now, os.Getenv, opener.New(os.Getenv)
	tracker, commands, warning, err := service.open(c, name)
	if err != nil {
		return err
	}
	o.Warning = warning
	if commands != nil {
		defer commands.Close()
		o.Exec = commands
	}
	if kept, ok := tracker.(*session.Session); ok {
		o.Kept, o.Suspending = kept, kept.Release
	}
	if o.Streams, err = streams(c, tracker.Track); err != nil {
		return err
	}
	left, err := model.Run(o, observed{tracker, service.log.Observe})
	if status := PrintSummary(left, c.flags == nil, err); status != 0 {
		return errExit(status)
	}
	return nil
}

// PrintSummary prints what stays in the scrollback when the dashboard has closed, and why it closed
// if it failed, and returns the exit status. The tasks of the demo end with the program.
func PrintSummary(left model.Leaving, demo bool, err error) int {
	printErr := report.Summary(os.Stdout, report.SummaryProps{
		Tasks: left.Tasks, Kinds: insight.NewGrouper().Group(views.ByError, left.Tasks), Elapsed: left.Elapsed, Polls: left.Polls, Resume: resumeCommand(left.Session), Demo: demo, Undone: left.Undone, Submissions: left.Submissions,
		Width: widthOf(os.Stdout), Color: os.Getenv("NO_COLOR") == "",
	})
	number, signaled := left.Signal.(syscall.Signal)
	if _, crashed := errors.AsType[*crash.Error](err); signaled && !crashed {
		return 128 + int(number)
	}
	if err = cmp.Or(err, printErr); err != nil {
		printError(err)
		return script.ExitFailed
	}
	return script.ExitOK
}

// resumeCommand returns the command that goes on with a session, "" for none.
func resumeCommand(session string) string {
	switch session {
	case "":
		return ""
	case store.DefaultSession:
		return "polltop"
	}
	return "polltop --session " + session
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
