package script

import (
	"context"
	"io"
	"time"

	"polltop/model/crash"
	"polltop/poller"
	"polltop/poller/queue"
)

// Poller is what asks for the tasks. A poller.Poller is one.
type Poller interface {
	Run(ctx context.Context)
	Next(ctx context.Context) (poller.Update, bool)
	Track(requests []queue.Request) poller.Tracked
	Result(seq int32) (poller.Fetched, bool)
	Fetch(seq int32)
}

// Progress says what people are shown meanwhile.
type Progress uint8

// The kinds of progress.
const (
	// None shows nothing but trouble.
	None Progress = iota
	// Line keeps one line on standard error up to date, which must be a
	// terminal.
	Line
	// Plain writes a line for each change of a task: to standard output, or,
	// where that has JSON, to standard error.
	Plain
)

// OnceInterval is the interval between two polls of a task that makes a poller
// ask for each only once, as Options.Once wants it.
const OnceInterval = 100 * 24 * time.Hour

// Options say what is watched and how it is told.
type Options struct {
	// Poller is new: Run runs it. It may know the tasks of a session: those are
	// watched where none is named, by Requests or More, and else only those that
	// are.
	Poller   Poller
	Requests []queue.Request
	// More reads what names more tasks, such as standard input, and hands them
	// to track until there are no more, or until ctx ends, if it can; nil for
	// none. Run goes on until it has returned, but does not wait for it where
	// it ends for another reason, as a read can't be broken off. An error is
	// told, and makes the exit status that of wrong usage.
	More func(ctx context.Context, track func([]queue.Request)) error
	// Unsure returns how many ids were left of which it is unsure whether they name
	// tasks; nil for none. They make the exit status ExitUnknown.
	Unsure func() int
	// BadLines returns how many lines of the input were refused; nil for none. They make
	// the exit status ExitUnknown.
	BadLines func() int
	// Out is standard output, Err standard error.
	Out, Err io.Writer
	// JSON writes an object to Out for each change of a task, and one with the
	// summary at the end: see report.SchemaTable.
	JSON     bool
	Progress Progress
	// Color says that Err shows colors.
	Color bool
	// Timeout is how long is waited at most; 0 for as long as it takes.
	Timeout time.Duration
	// FailFast ends it when a task has failed or was canceled.
	FailFast bool
	// Once tells one answer about each task, or why there is none, and does
	// not wait for its end. The poller is to have OnceInterval.
	Once bool
	// Results tells of a task that has succeeded only when its result has been
	// fetched, so that the outputs are told with it. The poller is to fetch
	// them.
	Results bool
	// Clock returns the time; nil is time.Now.
	Clock func() time.Time
	// Width returns the terminal's width in cells, 0 where it is not known; nil
	// is never known.
	Width func() int
	// Resume is the command that goes on with the tasks; "" where they are not on disk.
	Resume string
	// Crash catches the panics of Run and of what it starts.
	Crash *crash.Catcher
}

// Outcome is what came of it.
type Outcome struct {
	// Exit is the exit status: one of those below, or 128 and a signal's number.
	Exit int
	// Reason is why it ended: one of the reasons of report.SummaryObject.
	Reason string
}

// Run watches the tasks until there is nothing left to learn, until the options
// end it, or until ctx is canceled, for which the cause may be a Signaled. It
// returns when no request is under way any more. An error is for people; the
// exit status tells of it too. A reader of Out who has left is no error. A panic
// is an error that is a *crash.Error.
func Run(ctx context.Context, o Options) (Outcome, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Width == nil {
		o.Width = func() int { return 0 }
	}
	w := newWatch(o)
	reason, err := w.guarded(ctx)
	if brokenPipe(err) {
		return Outcome{Exit: exitPipe, Reason: reason}, nil
	}
	return Outcome{Exit: w.exit(ctx, reason, err), Reason: reason}, err
}
