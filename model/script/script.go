// Package script watches tasks for programs: it tells what changes as lines or
// as NDJSON, and how it all ended by the exit status. It needs no terminal.
package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

// The exit statuses. A signal's is 128 and its number, as shells have it.
const (
	// ExitOK says that all have succeeded.
	ExitOK = 0
	// ExitFailed says that some have failed or were canceled. It comes before
	// ExitUnknown: asking again does not change it.
	ExitFailed = 1
	// ExitUsage says that the command line is wrong.
	ExitUsage = 2
	// ExitUnknown says that of some it could not be learned how they ended: not
	// found, unauthorised, out of time, or not ended when asked once.
	ExitUnknown = 3
	// ExitPipe says that nobody reads the output any more.
	ExitPipe = 128 + int(syscall.SIGPIPE)
)

// Poller is what a script needs of a poller.Poller.
type Poller interface {
	Run(ctx context.Context)
	Next(ctx context.Context) (poller.Update, bool)
	Track(requests []queue.Request) poller.Tracked
	Result(seq int32) (poller.Fetched, bool)
}

// Options say what is watched, and how it is told.
type Options struct {
	Poller   Poller
	Requests []queue.Request
	// More reads further requests until there are no more, or ctx ends, and
	// hands them to track; nil for none.
	More func(ctx context.Context, track func([]queue.Request) poller.Tracked) error
	// Out gets what changes, Err the progress and what is wrong.
	Out, Err io.Writer
	// JSON tells changes as task objects, one a line, and a summary object last.
	JSON     bool
	Progress Progress
	// Timeout ends it; 0 for never.
	Timeout time.Duration
	// FailFast ends it with the first task that fails or is canceled.
	FailFast bool
	// Once ends it when each task has been asked once.
	Once bool
	// Results says that a task's result is awaited before its end is told.
	Results bool
	// Clock tells the time, Width the terminal's width in cells.
	Clock func() time.Time
	Width func() int
}

// Interrupted is the cause of a context that a signal has ended.
type Interrupted struct{ Signal os.Signal }

// Error names the signal.
func (i Interrupted) Error() string { return "interrupted: " + i.Signal.String() }

// Run watches until all tasks have ended, or something ends it, tells what
// changes, and returns the exit status. The error says what went wrong besides.
func Run(ctx context.Context, o Options) (status int, err error) {
	polling, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { o.Poller.Run(polling) })
	defer running.Wait()
	defer stop()
	w := newWatch(o)
	updates := make(chan poller.Update)
	running.Go(func() {
		for {
			u, ok := o.Poller.Next(polling)
			if !ok {
				return
			}
			select {
			case updates <- u:
			case <-polling.Done():
				return
			}
		}
	})
	fed := make(chan error, 1)
	running.Go(func() { fed <- w.feed(polling) })
	reason := w.follow(ctx, updates, fed)
	return w.end(reason)
}

// feed hands the requests to the poller, and those that come later.
func (w *watch) feed(ctx context.Context) error {
	track := func(requests []queue.Request) poller.Tracked {
		w.want(requests)
		tracked := w.Poller.Track(requests)
		if tracked.Unkept != nil {
			w.warn("not kept on disk: " + tracked.Unkept.Error())
		}
		return tracked
	}
	if len(w.Requests) > 0 {
		track(w.Requests)
	}
	if w.More == nil {
		return nil
	}
	return w.More(ctx, track)
}

// errTimeout is the end by Options.Timeout, errFailFast by Options.FailFast,
// errStuck that nothing more can be learned.
var (
	errTimeout  = errors.New("out of time")
	errFailFast = errors.New("a task has failed")
	errStuck    = errors.New("nothing more can be learned")
)

// follow takes in what changes until all is over, which returns nil, or
// something ends it.
func (w *watch) follow(ctx context.Context, updates <-chan poller.Update, fed <-chan error) error {
	var alarm <-chan time.Time
	if w.Timeout > 0 {
		timer := time.NewTimer(w.Timeout)
		defer timer.Stop()
		alarm = timer.C
	}
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for {
		select {
		case u := <-updates:
			if err := w.observe(u); err != nil {
				return err
			}
		case err := <-fed:
			w.fed = true
			if err != nil {
				w.warn(err.Error())
			}
		case <-second.C:
			w.progress(false)
			if err := w.out.Flush(); err != nil {
				return err
			}
		case <-alarm:
			return errTimeout
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if w.over() {
			return nil
		}
		if w.stuck() {
			return errStuck
		}
	}
}

// end tells how it ended and returns the exit status for that.
func (w *watch) end(reason error) (int, error) {
	w.progress(true)
	if errors.Is(reason, syscall.EPIPE) {
		return ExitPipe, nil
	}
	var signal Interrupted
	interrupted := errors.As(reason, &signal)
	if err := w.summary(reason); err != nil {
		if errors.Is(err, syscall.EPIPE) {
			return ExitPipe, nil
		}
		return ExitFailed, err
	}
	switch {
	case interrupted:
		number, _ := signal.Signal.(syscall.Signal)
		return 128 + int(number), nil
	case reason != nil && !errors.Is(reason, errTimeout) && !errors.Is(reason, errFailFast) && !errors.Is(reason, errStuck):
		return ExitFailed, fmt.Errorf("writing what has changed: %w", reason)
	case w.counts[poller.Failed]+w.counts[poller.Canceled] > 0:
		return ExitFailed, nil
	case reason != nil || w.counts[poller.Succeeded] < len(w.tasks) || w.wanting() > 0:
		return ExitUnknown, nil
	}
	return ExitOK, nil
}
