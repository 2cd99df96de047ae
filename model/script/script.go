package script

import (
	"context"
	"io"
	"time"

	"polltop/model/crash"
	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
)

// Downloader downloads outputs. A download.Downloader is one.
type Downloader interface {
	Add(jobs ...download.Job) (accepted int)
	Snapshot() download.Progress
	Changed() <-chan struct{}
	Active() bool
}

// Progress is what people see during the run.
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

// OnceInterval is the poller's interval for Options.Once: with it each task is polled only
// once.
const OnceInterval = 100 * 24 * time.Hour

// Options configure Run.
type Options struct {
	// Poller is a new one, which Run runs. It may have the tasks of a session: without
	// Requests and More all of them are watched, else only those named.
	Poller   poller.Runner
	Requests []queue.Request
	// Batch is the batch of Payloads payloads whose tasks are watched alone; 0 for none. Where
	// no task is named, all payloads of the session are watched.
	Batch    int64
	Payloads int
	// Downloads downloads the outputs of each task that succeeds; nil for none. The run ends
	// once they are on disk.
	Downloads Downloader
	// More reads further tasks, such as from standard input, and passes them to track
	// until its end or that of ctx; nil for none. Run goes on until it has returned, but
	// does not wait for it at another end, because a read can't be interrupted. An error
	// is reported, and makes the exit status that of wrong usage.
	More func(ctx context.Context, track func([]queue.Request)) error
	// Unsure returns the number of ids that may or may not name tasks; nil for none. They
	// make the exit status ExitUnknown.
	Unsure func() int
	// BadLines returns how many lines of the input were refused; nil for none. They make
	// the exit status ExitUnknown.
	BadLines func() int
	// Out is standard output, Err standard error.
	Out, Err io.Writer
	// JSON writes an object to Out for each change of a task, and one with the
	// summary at the end: see package schema.
	JSON     bool
	Progress Progress
	// Color is set where Err shows colors.
	Color bool
	// Timeout bounds the run; 0 for no limit.
	Timeout time.Duration
	// FailFast ends the run when a task has failed or was canceled.
	FailFast bool
	// Once reports one answer about each task, or why there is none, and does not wait for
	// its end. The poller must have OnceInterval.
	Once bool
	// Results reports a task that has succeeded with its outputs, when its result was
	// fetched. The poller must fetch them.
	Results bool
	// Clock returns the time; nil is time.Now.
	Clock func() time.Time
	// Width returns the terminal's width in cells, 0 where it is not known; nil
	// is never known.
	Width func() int
	// Resume is the command that resumes the tasks; "" where they are not on disk.
	Resume string
	// Crash catches the panics of Run and of what it starts.
	Crash *crash.Catcher
}

// Outcome is how a run ended.
type Outcome struct {
	// Exit is the exit status: one of those below, or 128 and a signal's number.
	Exit int
	// Reason is why it ended: one of the reasons of report.SummaryObject.
	Reason string
}

// Run watches the tasks until nothing is left to learn, the options end it, or ctx is
// canceled, whose cause may be a Signaled. It returns when no request is under way. The error
// is for people, and the exit status reflects it. A reader of Out that has gone is no error. A
// panic is returned as a *crash.Error.
func Run(ctx context.Context, o Options) (Outcome, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Width == nil {
		o.Width = func() int { return 0 }
	}
	if o.Unsure == nil {
		o.Unsure = func() int { return 0 }
	}
	if o.BadLines == nil {
		o.BadLines = func() int { return 0 }
	}
	w := newWatch(o)
	reason, err := w.runToEnd(ctx)
	if brokenPipe(err) {
		return Outcome{Exit: exitPipe, Reason: reason}, nil
	}
	return Outcome{Exit: w.exit(ctx, reason, err), Reason: reason}, err
}
