package model

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/poller"
)

// framesPerSecond is how often the screen is drawn at most. Thirty is smooth
// for text, and halves what Bubble Tea's own ticker costs when nothing happens.
const framesPerSecond = 30

// patience is how long the end of the polling is waited for when the dashboard
// closes: requests under way are given up at once, and a disk may hang.
const patience = 2 * time.Second

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
}

// Run shows the dashboard in the terminal and polls behind it until the user
// quits, a signal ends it or it fails. However it ends, the terminal is as it
// was before, and what is known of the tasks is returned.
func Run(o Options, p Tracker) (Leaving, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	o.Context, o.Poller = ctx, p
	m := New(o)
	program := tea.NewProgram(m, tea.WithFPS(framesPerSecond), tea.WithoutSignalHandler())

	crashed := make(chan error, 1)
	polled := make(chan struct{})
	go func() {
		defer close(polled)
		// A panic here would end the process with the terminal in raw mode.
		defer func() {
			if v := recover(); v != nil {
				crashed <- fmt.Errorf("polling has failed, which is polltop's own fault: %v\n%s", v, debug.Stack())
				program.Kill()
			}
		}()
		p.Run(ctx)
	}()
	if o.Streams != nil {
		go o.Streams.Run(ctx)
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	var caught os.Signal
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case caught = <-signals:
			program.Quit()
		case <-ctx.Done():
			return
		}
		select {
		case <-signals: // once more: it is stuck
			program.Kill()
		case <-ctx.Done():
		}
	}()

	_, err := program.Run()
	cancel()
	<-watched
	select {
	case <-polled: // all that is known is on disk
	case <-time.After(patience):
	}
	select {
	case err = <-crashed:
	default:
	}
	if errors.Is(err, tea.ErrInterrupted) {
		err = nil
	}
	return Leaving{Tasks: m.tasks(), Elapsed: m.options.Clock().Sub(m.started), Polls: m.stats.Polls, Signal: caught}, err
}
