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
	None  Progress = iota // notices alone
	Line                  // a progress line on standard error, which must be a terminal
	Plain                 // a line for each change of a task on standard output, or on standard error with JSON
)

// OnceInterval is the poller's interval for Options.Once: with it each task is polled only once.
const OnceInterval = 100 * 24 * time.Hour

// Options configure Run.
type Options struct {
	// Poller has not been run yet. It may have the tasks of a session: without Requests, More and Batch
	// all of them are watched, else only the named ones.
	Poller   poller.Runner
	Requests []queue.Request
	// Batch is the number of the only batch of payloads whose tasks are watched, 0 for none, and
	// Payloads the number of its payloads.
	Batch     int64
	Payloads  int
	Downloads *download.Downloader // downloads the outputs of succeeded tasks before the run ends; nil for none
	// More reads further tasks, such as from standard input, and passes them to sink until its input or
	// ctx ends; nil for none. If Run ends for another reason it does not wait for More, because a read
	// can't be interrupted. An error of More is reported and makes the exit status ExitUsage.
	More func(ctx context.Context, sink Sink) error
	// Unsure returns the number of ids that may or may not name tasks, BadLines that of refused lines;
	// nil for none. Both make the exit status ExitUnknown.
	Unsure, BadLines func() int
	JSON             bool          // write an object to Out for each change of a task, and a summary: see package schema
	Once             bool          // report one answer about each task, or why there is none; the poller needs OnceInterval
	Results          bool          // report a succeeded task with its outputs; the poller must fetch results
	FailFast         bool          // end when a task has failed or was canceled
	Timeout          time.Duration // bounds the run; 0 for no limit
	Resume           string        // the command that resumes the tasks; "" if they are not stored

	Out, Err io.Writer // standard output and standard error
	Progress Progress
	Color    bool             // Err shows colors
	Width    func() int       // returns the terminal's width in cells; nil, or 0, where it is not known
	Clock    func() time.Time // nil is time.Now
	Crash    *crash.Catcher   // catches the panics of Run and of what it starts
}

// Sink is what Options.More passes its input to.
type Sink struct {
	Track  func([]queue.Request)
	Notice func(text string) // writes a line to Err, beside the progress line
	Object func(any)         // writes an object to Out, with JSON
}

// Outcome is how a run ended.
type Outcome struct {
	Exit   int    // the exit status: one of the constants, or 128 and a signal's number
	Reason string // why it ended: one of the reasons of report.SummaryObject
}

// Run watches the tasks until all have ended or can't be polled any more, the options end it, or ctx is
// canceled, whose cause may be a Signaled. It returns when no request is in flight. The exit status
// reflects the error. A closed Out is no error. A panic is returned as a *crash.Error.
func Run(ctx context.Context, o Options) (Outcome, error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	for _, number := range []*func() int{&o.Width, &o.Unsure, &o.BadLines} {
		if *number == nil {
			*number = func() int { return 0 }
		}
	}
	m := newMonitor(o)
	reason, err := m.runToEnd(ctx)
	if brokenPipe(err) {
		return Outcome{Exit: exitPipe, Reason: reason}, nil
	}
	return Outcome{Exit: m.exit(ctx, reason, err), Reason: reason}, err
}
