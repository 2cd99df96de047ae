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

// execConcurrency bounds the --exec commands that run at once, execQueue the ended tasks that wait for one.
const (
	execConcurrency = 4
	execQueue       = 100_000
)

// openTracker returns the tracker of a session and the runner of the --exec command, nil without one.
func (v *service) openTracker(c *invocation, session string) (tracker poller.Runner, commands *hook.Runner, warning string, err error) {
	options := v.pollerOptions()
	options.Hook = c.Exec != ""
	tracker, warning, err = newTracker(session, c.Settings, options)
	if err != nil || c.Exec == "" {
		return tracker, nil, warning, err
	}
	commands = hook.New(c.Exec, func(t *poller.Task) bool { return tracker.ClaimHook(t.Seq) }, execConcurrency, execQueue)
	if c.ExecPayload {
		commands.Input = tracker.Input
	}
	return tracker, commands, warning, nil
}

// dashboard runs the dashboard. It reads the arguments before it opens the screen, so that errors are plain lines.
func dashboard(c *invocation) error {
	if err := c.readTasks(); err != nil {
		return err
	}
	notice := downloadOffer(c.Settings, c.Bases...)
	if c.named.StdinUnread {
		notice = "what is piped into standard input is not read, as tasks were named: name - too to read it"
	}
	return show(c, cmp.Or(c.Session, store.DefaultSession), notice)
}

// show runs the dashboard on a session, "" for none, and prints a summary when it has closed.
func show(c *invocation, name, notice string) (err error) {
	if err := needTerminal(); err != nil {
		return err
	}
	service, err := openService(c)
	if err != nil {
		return err
	}
	defer service.shutdown(&err)
	downloads := service.downloads()
	defer downloads.Close()
	o := service.dashboard(c)
	o.Bars.Notice, o.Crash, o.Downloads = notice, service.crash, downloads
	o.Initial, c.named.Result = c.named.Result, paste.Result{} // 8 MB for 100,000 tasks, which nobody needs once they are tracked
	o.Clock, o.Getenv, o.Open = time.Now, os.Getenv, opener.New(os.Getenv)
	tracker, commands, warning, err := service.openTracker(c, name)
	if err != nil {
		return err
	}
	o.Bars.Warning = warning
	if commands != nil {
		defer commands.Close()
		o.Exec, o.Bars.Exec = commands, true
	}
	if s, ok := tracker.(*session.Session); ok {
		o.DisplayStore, o.BeforeSuspend = s, s.Release
	}
	if o.Streams, err = newStreamReader(c, tracker.Track); err != nil {
		return err
	}
	result, err := model.Run(o, observedRunner{tracker, service.log.Observe})
	if status := PrintSummary(result, c.flags == nil, err); status != 0 {
		return errExit(status)
	}
	return nil
}

// PrintSummary prints the summary of a dashboard that has closed, and the error that closed it, and
// returns the exit status. demo leaves out how to resume: the tasks of the demo end with the program.
func PrintSummary(result model.QuitResult, demo bool, err error) int {
	printErr := report.Summary(os.Stdout, report.SummaryProps{
		Tasks: result.Tasks, Kinds: insight.NewGrouper().Group(views.ByError, result.Tasks), Elapsed: result.Elapsed, Polls: result.Polls,
		Resume: resumeCommand(result.Session), Demo: demo, Undone: result.Unfinished, Submissions: result.Submissions,
		Width: widthOf(os.Stdout), Color: os.Getenv("NO_COLOR") == "",
	})
	number, signaled := result.Signal.(syscall.Signal)
	if _, crashed := errors.AsType[*crash.Error](err); signaled && !crashed {
		return 128 + int(number)
	}
	if err = cmp.Or(err, printErr); err != nil {
		printError(err)
		return script.ExitFailed
	}
	return script.ExitOK
}

// resumeCommand returns the command that opens a session again, "" without a session.
func resumeCommand(session string) string {
	switch session {
	case "":
		return ""
	case store.DefaultSession:
		return "polltop"
	}
	return "polltop --session " + session
}

// needTerminal returns an error if the dashboard can't be drawn on standard output.
func needTerminal() error {
	switch {
	case !term.IsTerminal(os.Stdout.Fd()):
		return errors.New("standard output is not a terminal, which the dashboard needs: in a script use polltop wait or polltop status with the same arguments")
	case os.Getenv("TERM") == "dumb":
		return errors.New("TERM is dumb: this terminal can't draw a dashboard; run polltop wait instead, or set TERM to what it is, such as xterm-256color")
	}
	return nil
}
