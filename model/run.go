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
	// framesPerSecond is how often Bubble Tea looks whether there is something to draw.
	// A key waits up to 17 ms for that. At 75 an idle dashboard takes 2 % of a core.
	framesPerSecond = 60
	// flushTimeout bounds the writing of what is known to disk at the end, within
	// crash.ExitTimeout.
	flushTimeout = 1500 * time.Millisecond
	// hangup is how long a signal is waited for when the terminal has failed: one
	// that was closed fails a moment before its end is reported.
	hangup = 250 * time.Millisecond
)

// Leaving is what is left when the dashboard has closed.
type Leaving struct {
	Tasks       []*poller.Task // all that were tracked, in the order of addition
	Submissions report.Submissions
	Elapsed     time.Duration
	Polls       uint64
	Signal      os.Signal // what ended the dashboard; nil when its user did
	Session     string    // on disk, which goes on with the tasks; "" where they are not kept
	Undone      []string  // what the user had asked for and was not done, a line for each kind
}

// Run shows the dashboard in the terminal and polls behind it until the user quits, a signal ends
// it or it fails. However it ends, the terminal is as it was before, and what is known of the
// tasks is returned. A panic is returned as a *crash.Error, when all that is known is on disk.
//
// When the dashboard is asked to close, or has closed, the process has
// crash.ExitTimeout to end: then it is ended, whatever hangs.
func Run(o Options, p poller.Runner) (Leaving, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := &run{catcher: o.Crash, exit: crash.NewExitGuard(o.Crash, os.Stdout), jobs: newJobs()}
	r.editors.ctx, r.signaled = context.WithCancel(ctx)
	o.Context, o.Poller, o.Edit = ctx, p, r.editors.edit
	m := New(o)
	o.Read = paste.Result{} // as in Init
	restore, options := keyboard.Options()
	r.restore = restore
	r.program = tea.NewProgram(recovering{m, o.Crash}, append(options, tea.WithFPS(framesPerSecond),
		tea.WithoutSignalHandler(), tea.WithoutCatchPanics(), tea.WithFilter(r.filter))...)
	r.jobs.program, r.jobs.suspending = r.program, o.Suspending
	r.gatherer = keyboard.NewGatherer(r.program.Send)

	polled := r.start(ctx, p.Run)
	if o.Streams != nil {
		r.start(ctx, o.Streams.Run)
	}
	watched := r.start(ctx, r.watch)

	err := Show(r.program, o.Crash)
	r.exit.Restored()
	r.exit.Start(exitStatus(nil, err))
	if err != nil {
		select {
		case <-r.editors.ctx.Done():
		case <-o.Crash.Caught():
		case <-time.After(hangup):
		}
	}
	m.keep()
	cancel()
	<-watched
	select {
	case <-polled: // all that is known is on disk
	case <-time.After(flushTimeout):
	}
	left := leaving(m, r.caught, o.Crash)
	if crashed := o.Crash.Err(); crashed != nil {
		return left, crashed
	}
	return left, err
}

// keep stores how the tasks are shown, where that has changed. A session that can't be
// written to has been reported.
func (m *Model) keep() {
	if k, now := m.options.Kept, m.table.Display(); k != nil && now != k.Display() {
		_ = k.SetDisplay(now)
	}
}

// run is a dashboard that runs in the terminal.
type run struct {
	program  *tea.Program
	catcher  *crash.Catcher
	exit     *crash.ExitGuard
	jobs     *jobs
	gatherer *keyboard.Gatherer    // finds pastes among keys where the terminal is not read as bytes
	restore  func(tea.Msg) tea.Msg // gives pastes their texts
	editors  editors

	caught   os.Signal          // what ends the dashboard
	signaled context.CancelFunc // ends the editors' ctx when caught is set
}

// start runs f in a goroutine of its own, until ctx ends. The channel is closed when it
// has returned.
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
		msg = r.gatherer.Filter(msg)
	}
	return r.jobs.filter(r.restore(msg))
}

func (r *run) watch(ctx context.Context) {
	ending := make(chan os.Signal, 2)
	signal.Notify(ending, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(ending)
	defer r.jobs.stop()
	crashed := r.catcher.Caught()
	// Sending waits for Update, which may be what hangs, so it is not waited for.
	for {
		select {
		case caught := <-ending:
			if r.caught != nil || caught == os.Interrupt && r.editors.open.Load() {
				continue
			}
			r.caught = caught
			r.signaled()
			r.exit.Start(exitStatus(caught, nil))
			guard.Go(r.program.Quit)
		case <-crashed:
			crashed = nil
			r.exit.Start(exitStatus(nil, r.catcher.Err()))
			guard.Go(r.program.Quit)
		case <-r.jobs.stopped:
			if r.editors.open.Load() {
				r.jobs.pause() // the editor stops, and the shell has the terminal
				continue
			}
			guard.Go(func() { r.program.Send(tea.SuspendMsg{}) })
		case <-r.jobs.continued:
			// What has been on the screen meanwhile is not known.
			guard.Go(func() { r.program.Send(tea.ClearScreen()) })
		case <-ctx.Done():
			return
		}
	}
}

// exitStatus returns the status that the process is ended with, as it ends itself where it can.
func exitStatus(caught os.Signal, err error) int {
	if number, ok := caught.(syscall.Signal); ok {
		return 128 + int(number)
	}
	if err != nil {
		return 1
	}
	return 0
}

// leaving returns what is known at the end. After a panic in Update even that may panic.
func leaving(m *Model, caught os.Signal, catcher *crash.Catcher) (left Leaving) {
	defer catcher.Catch()
	left.Signal, left.Polls = caught, m.env.Polling.Stats.Polls
	left.Tasks = slices.DeleteFunc(m.env.Tasks.All(), (*poller.Task).Unsent)
	left.Submissions = report.Submissions(m.env.Submissions.Counts())
	if m.env.Polling.StoreErr == nil {
		left.Session = m.env.Polling.Persistence.Session
	}
	left.Undone = append(m.actions.Unfinished(), m.dialogs.Unanswered()...)
	left.Elapsed = m.options.Clock().Sub(m.env.Started)
	return left
}
