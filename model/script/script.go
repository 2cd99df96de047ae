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

// Progress is what people see during the run.
type Progress uint8

// The kinds of progress.
const (
	None  Progress = iota // nothing but trouble
	Line                  // one line on standard error, which must be a terminal, is kept up to date
	Plain                 // a line for each change of a task on standard output, or on standard error beside JSON
)

// OnceInterval is the poller's interval for Options.Once: with it each task is polled only once.
const OnceInterval = 100 * 24 * time.Hour

// Options configure Run.
type Options struct {
	// Poller is a new one, which Run runs. It may have the tasks of a session: without
	// Requests and More all of them are watched, else only those named.
	Poller   poller.Runner
	Requests []queue.Request
	// Batch is the batch of Payloads payloads whose tasks are watched alone; 0 for none. Where
	// no task is named, all payloads of the session are watched.
	Batch     int64
	Payloads  int
	Downloads *download.Downloader // downloads the outputs of each success, until whose end the run goes on; nil for none
	// More reads further tasks, such as from standard input, and passes them to track
	// until its end or that of ctx; nil for none. Run goes on until it has returned, but
	// does not wait for it at another end, because a read can't be interrupted. An error
	// is reported, and makes the exit status that of wrong usage.
	More func(ctx context.Context, track func([]queue.Request)) error
	// Unsure returns the number of ids that may or may not name tasks, BadLines how many lines
	// of the input were refused; nil for none. Both make the exit status ExitUnknown.
	Unsure, BadLines func() int
	JSON             bool          // write an object to Out for each change of a task, and a summary at the end: see package schema
	Once             bool          // report one answer about each task, or why there is none; the poller must have OnceInterval
	Results          bool          // report a task that has succeeded with its outputs, once fetched, which the poller must do
	FailFast         bool          // end when a task has failed or was canceled
	Timeout          time.Duration // bounds the run; 0 for no limit
	Resume           string        // the command that resumes the tasks; "" where they are not on disk

	Out, Err io.Writer // standard output and standard error
	Progress Progress
	Color    bool             // Err shows colors
	Width    func() int       // returns the terminal's width in cells; nil, or 0, where it is not known
	Clock    func() time.Time // nil is time.Now
	Crash    *crash.Catcher   // catches the panics of Run and of what it starts
}

// Outcome is how a run ended.
type Outcome struct {
	Exit   int    // the exit status: one of those below, or 128 and a signal's number
	Reason string // why it ended: one of the reasons of report.SummaryObject
}

// Run watches the tasks until nothing is left to learn, the options end it, or ctx is
// canceled, whose cause may be a Signaled. It returns when no request is under way. The error
// is for people, and the exit status reflects it. A reader of Out that has gone is no error. A
// panic is returned as a *crash.Error.
func Run(ctx context.Context, o Options) (Outcome, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	for _, number := range []*func() int{&o.Width, &o.Unsure, &o.BadLines} {
		if *number == nil {
			*number = func() int { return 0 }
		}
	}
	w := newWatch(o)
	reason, err := w.runToEnd(ctx)
	if brokenPipe(err) {
		return Outcome{Exit: exitPipe, Reason: reason}, nil
	}
	return Outcome{Exit: w.exit(ctx, reason, err), Reason: reason}, err
}
