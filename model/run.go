package model

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model/crash"
	"polltop/model/keyboard"
	"polltop/poller"
	"polltop/poller/queue/guard"
)

const (
	// patience is how long the process may live on once the dashboard is to
	// close. Requests under way are given up at once, but a disk may hang, and a
	// terminal that is held takes nothing.
	patience = 2 * time.Second
	// flushing is how much of that the disk is waited for.
	flushing = 1500 * time.Millisecond
	// hangup is how long a signal is waited for when the terminal has failed: one
	// that was closed fails a moment before it is told of.
	hangup = 250 * time.Millisecond
)

// Leaving is what is left when the dashboard has closed.
type Leaving struct {
	// Tasks are all that were tracked, in the order of addition.
	Tasks []*poller.Task
	// Elapsed is how long the dashboard ran.
	Elapsed time.Duration
	// Polls counts the requests that were made.
	Polls uint64
	// Signal is what ended the dashboard; nil when its user did.
	Signal os.Signal
	// Session is the session on disk that goes on with the tasks; "" where they are not
	// kept.
	Session string
	// Undone says what the user had asked for and was not done, a line for each kind.
	Undone []string
}

// Run shows the dashboard in the terminal and polls behind it until the user
// quits, a signal ends it or it fails. However it ends, the terminal is as it
// was before, and what is known of the tasks is returned. A panic is returned as
// a *crash.Error, when all that is known is on disk.
//
// From the moment at which the dashboard is to close, the process has two
// seconds to end: whatever hangs then, it is ended.
func Run(o Options, p Tracker) (Leaving, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o.Context, o.Poller = ctx, p
	m := New(o)
	r := &run{catcher: o.Crash, leaver: newLeaver(o.Crash), jobs: newJobs(), signaled: make(chan struct{})}
	shown := &guarded{model: m, catcher: o.Crash}
	r.program = tea.NewProgram(shown, append(keyboard.Options(), tea.WithFPS(framesPerSecond),
		tea.WithoutSignalHandler(), tea.WithFilter(shown.filter(r.filter)))...)
	shown.drawer = newDrawer(r.program)
	defer shown.drawer.stop()
	r.jobs.program, r.jobs.suspending = r.program, o.Suspending
	r.gatherer = keyboard.NewGatherer(r.program.Send)

	polled := make(chan struct{})
	go func() {
		defer close(polled)
		defer o.Crash.Catch()
		p.Run(ctx)
	}()
	if o.Streams != nil {
		go func() {
			defer o.Crash.Catch()
			o.Streams.Run(ctx)
		}()
	}
	var watching sync.WaitGroup
	watching.Go(func() {
		defer o.Crash.Catch()
		r.watch(ctx)
	})

	_, err := r.program.Run()
	r.leaver.closed()
	r.leaver.within(patience, exitStatus(nil, err), r.kill)
	if err != nil {
		select {
		case <-r.signaled:
		case <-o.Crash.Caught():
		case <-time.After(hangup):
		}
	}
	cancel()
	watching.Wait()
	select {
	case <-polled: // all that is known is on disk
	case <-time.After(flushing):
	}
	left := leaving(m, r.caught, o.Crash)
	if crashed := o.Crash.Err(); crashed != nil {
		return left, crashed
	}
	return left, err
}

// run is a dashboard that runs in the terminal.
type run struct {
	program *tea.Program
	catcher *crash.Catcher
	leaver  *leaver
	jobs    *jobs
	// gatherer finds pastes among keys where the terminal is not read as bytes.
	gatherer *keyboard.Gatherer

	caught   os.Signal     // what ends the dashboard
	signaled chan struct{} // closed when caught is set
}

// filter is given each message before the dashboard.
func (r *run) filter(m tea.Model, msg tea.Msg) tea.Msg {
	if !keyboard.ReadsBytes {
		msg = r.gatherer.Filter(msg)
	}
	return r.jobs.filter(m, keyboard.Restore(msg))
}

// watch waits for what comes from outside the dashboard, until ctx ends.
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
			if r.caught != nil { // once more: it is stuck
				guard.Go(r.kill)
				continue
			}
			r.caught = caught
			close(r.signaled)
			r.leaver.within(patience, exitStatus(caught, nil), r.kill)
			guard.Go(r.program.Quit)
		case <-crashed:
			crashed = nil
			r.leaver.within(patience, exitStatus(nil, r.catcher.Err()), r.kill)
			guard.Go(r.program.Quit)
		case <-r.jobs.stopped:
			guard.Go(func() { r.program.Send(tea.SuspendMsg{}) })
		case <-r.jobs.continued:
			// What has been on the screen meanwhile is not known.
			guard.Go(func() { r.program.Send(tea.ClearScreen()) })
		case <-ctx.Done():
			return
		}
	}
}

// kill closes the dashboard by force. Program.Kill alone closes what keys are read
// from while they may still be read, which is a race; letting go of the terminal
// waits half a second for that to end.
func (r *run) kill() {
	if !r.leaver.shut.Load() {
		_ = r.program.ReleaseTerminal() // there is nobody left to tell
	}
	r.program.Kill()
}

// exitStatus returns the status that the process is ended with, as it ends
// itself where it can.
func exitStatus(caught os.Signal, err error) int {
	if number, ok := caught.(syscall.Signal); ok {
		return 128 + int(number)
	}
	if err != nil {
		return 1
	}
	return 0
}

// leaving returns what is known at the end. After a panic in Update even that
// may panic.
func leaving(m *Model, caught os.Signal, catcher *crash.Catcher) (left Leaving) {
	defer catcher.Catch()
	left.Signal, left.Polls = caught, m.stats.Polls
	left.Tasks = m.tasks()
	if m.unkept == "" {
		left.Session = m.keeping.Session
	}
	left.Undone = append(m.unfinished().lines(left.Session != ""), m.asking.unanswered()...)
	left.Elapsed = m.options.Clock().Sub(m.started)
	return left
}
