package model

import (
	"context"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model/crash"
	"polltop/model/keyboard"
	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/paste"
	"polltop/views/report"
)

const (
	// framesPerSecond is how often Bubble Tea checks whether there is something to draw.
	// A key waits up to 17 ms for that. At 75 an idle dashboard takes 2 % of a core.
	framesPerSecond = 60
	// flushTimeout bounds how long Run waits at the end until the poller has stored all
	// tasks. It is less than crash.ExitTimeout.
	flushTimeout = 1500 * time.Millisecond
	// hangupTimeout is how long Run waits for a signal when the terminal has failed: a
	// terminal that was closed fails a moment before SIGHUP arrives.
	hangupTimeout = 250 * time.Millisecond
)

// QuitResult describes the tasks when the dashboard has closed.
type QuitResult struct {
	Tasks       []*poller.Task // all that were tracked, in the order of addition
	Submissions report.Submissions
	Elapsed     time.Duration
	Polls       uint64
	Signal      os.Signal // what ended the dashboard; nil if its user did
	Session     string    // the session on disk that has the tasks; "" if they are not stored
	Unfinished  []string  // what the user wanted and was not done, a line for each kind
}

// Run shows the dashboard in the terminal and runs p until the user quits, a signal arrives or
// the terminal fails. It always restores the terminal and returns the tasks. A panic is
// returned as a *crash.Error, once the tasks are stored.
//
// When the dashboard is to close, or has closed, the process has crash.ExitTimeout to end.
// Then crash.ExitGuard ends it.
func Run(o Options, p poller.Runner) (QuitResult, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := &run{catcher: o.Crash, exit: crash.NewExitGuard(o.Crash, os.Stdout), jobs: newJobControl()}
	r.editors.ctx, r.endEditors = context.WithCancel(ctx)
	o.Context, o.Poller, o.Edit = ctx, p, r.editors.edit
	m := New(o)
	o.Initial = paste.Result{} // as in Init
	restore, options := keyboard.Options()
	r.restore = restore
	r.program = tea.NewProgram(recovering{m, o.Crash}, append(options, tea.WithFPS(framesPerSecond),
		tea.WithoutSignalHandler(), tea.WithoutCatchPanics(), tea.WithFilter(r.filter))...)
	r.jobs.program, r.jobs.beforeSuspend = r.program, o.BeforeSuspend
	r.pasteDetector = keyboard.NewPasteDetector(r.program.Send)

	pollerDone := r.start(ctx, p.Run)
	if o.Streams != nil {
		r.start(ctx, o.Streams.Run)
	}
	watcherDone := r.start(ctx, r.watchSignals)

	err := RunProgram(r.program, o.Crash)
	r.exit.Restored()
	r.exit.Start(exitStatus(nil, err))
	if err != nil {
		select {
		case <-r.editors.ctx.Done():
		case <-o.Crash.Caught():
		case <-time.After(hangupTimeout):
		}
	}
	m.storeDisplay()
	cancel()
	<-watcherDone
	select {
	case <-pollerDone: // all tasks are stored
	case <-time.After(flushTimeout):
	}
	left := quitResult(m, r.endSignal, o.Crash)
	if crashed := o.Crash.Err(); crashed != nil {
		return left, crashed
	}
	return left, err
}

// storeDisplay stores tab and order, if they have changed. A session that can't be written to
// has been reported already.
func (m *Model) storeDisplay() {
	if k, now := m.options.DisplayStore, m.table.Display(); k != nil && now != k.Display() {
		_ = k.SetDisplay(now)
	}
}

type run struct {
	program       *tea.Program
	catcher       *crash.Catcher
	exit          *crash.ExitGuard
	jobs          *jobControl
	pasteDetector *keyboard.PasteDetector // finds pastes among keys if the terminal is not read as bytes
	restore       func(tea.Msg) tea.Msg   // puts the text of a paste into its message
	editors       editorRunner

	endSignal  os.Signal          // the signal that ended the dashboard; nil for none
	endEditors context.CancelFunc // ends the editors' ctx when endSignal is set
}

// start runs f in a goroutine. It closes the channel when f has returned.
func (r *run) start(ctx context.Context, f func(context.Context)) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.catcher.Catch()
		f(ctx)
	}()
	return done
}

func (r *run) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	if !keyboard.ReadsBytes {
		msg = r.pasteDetector.Filter(msg)
	}
	return r.jobs.filter(r.restore(msg))
}

func (r *run) watchSignals(ctx context.Context) {
	ending := make(chan os.Signal, 2)
	signal.Notify(ending, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(ending)
	defer r.jobs.close()
	crashed := r.catcher.Caught()
	// Sending blocks until Update returns, which may hang, so goroutines do it.
	for {
		select {
		case caught := <-ending:
			if r.endSignal != nil || caught == os.Interrupt && r.editors.running.Load() {
				continue
			}
			r.endSignal = caught
			r.endEditors()
			r.exit.Start(exitStatus(caught, nil))
			guard.Go(r.program.Quit)
		case <-crashed:
			crashed = nil
			r.exit.Start(exitStatus(nil, r.catcher.Err()))
			guard.Go(r.program.Quit)
		case <-r.jobs.stopped:
			if r.editors.running.Load() {
				r.jobs.stopProcess() // the editor stops too, and the shell has the terminal
				continue
			}
			guard.Go(func() { r.program.Send(tea.SuspendMsg{}) })
		case <-r.jobs.continued:
			// Other programs may have written to the screen meanwhile.
			guard.Go(func() { r.program.Send(tea.ClearScreen()) })
		case <-ctx.Done():
			return
		}
	}
}

// exitStatus returns the exit status for a signal and an error, which may be nil: the one that
// the process ends with itself if nothing hangs.
func exitStatus(caught os.Signal, err error) int {
	if number, ok := caught.(syscall.Signal); ok {
		return 128 + int(number)
	}
	if err != nil {
		return 1
	}
	return 0
}

// quitResult describes the tasks. After a panic in Update it may panic too.
func quitResult(m *Model, caught os.Signal, catcher *crash.Catcher) (result QuitResult) {
	defer catcher.Catch()
	result.Signal, result.Polls = caught, m.env.Polling.Stats.Polls
	result.Tasks = slices.DeleteFunc(m.env.Tasks.All(), (*poller.Task).Unsent)
	result.Submissions = report.Submissions(m.env.Submissions.Counts())
	if m.env.Polling.StoreErr == nil {
		result.Session = m.env.Polling.Persistence.Session
	}
	result.Unfinished = append(m.actions.Unfinished(), m.dialogs.Unanswered()...)
	result.Elapsed = m.options.Clock().Sub(m.env.Started)
	return result
}
