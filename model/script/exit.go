package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"

	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
	"polltop/views/report"
)

// The exit statuses. A signal comes before all, then wrong usage, then what could not be learned,
// then failures: as with grep and diff, 1 is an answer that is known to be whole, so that a script
// which gets it need not look again, and which gets 3 must. Only where the first failure ends it
// (FailFast), 1 says nothing of the others, as nobody wanted to know.
const (
	ExitOK          = 0   // all tasks have succeeded
	ExitFailed      = 1   // all have ended, and some failed or were canceled
	ExitUsage       = 2   // polltop was called wrongly, or was given no task
	ExitUnknown     = 3   // of some it is not known how they end
	ExitInterrupted = 130 // the user interrupted it (SIGINT)
	exitPipe        = 141 // the reader has left (SIGPIPE), as other programs have it in a pipeline
)

// The errors where no task is watched. That none was named is no success: more likely what should
// have named them has failed.
var (
	errNothing     = errors.New("no task was named, so there is nothing to wait for: give request ids, URLs or files, or pipe them in")
	errOnlyUnsure  = errors.New("nothing is watched, as polltop is unsure of every id that it was given: name their endpoints, or --take-unsure takes them as told above")
	errOnlyRefused = errors.New("nothing is watched: no task was named but in the lines that are refused, as told above")
)

// Signaled is the cause for which a context is canceled when a signal came.
type Signaled struct{ Signal os.Signal }

// Error names the signal.
func (s Signaled) Error() string { return fmt.Sprintf("ended by a signal: %v", s.Signal) }

// Exit returns the exit status for the signal.
func (s Signaled) Exit() int {
	if number, ok := s.Signal.(syscall.Signal); ok {
		return 128 + int(number)
	}
	return ExitInterrupted
}

func (w *watch) exit(ctx context.Context, reason string, err error) int {
	counts := w.counted()
	_, notHad := w.files()
	switch {
	case reason == report.ReasonInterrupted:
		cause, _ := errors.AsType[Signaled](context.Cause(ctx))
		return cause.Exit()
	case errors.Is(err, errOnlyUnsure):
		return ExitUnknown
	case w.inputFailed, errors.Is(err, errNothing), errors.Is(err, errOnlyRefused):
		return ExitUsage
	case reason == report.ReasonFailed:
		return ExitFailed
	case err != nil, !w.inputDone, w.options.Unsure()+w.options.BadLines() > 0, counts.Live() > 0, counts.Unknown() > 0, w.toSubmit() > 0, w.submissions()[poller.PayloadUnknown] > 0:
		return ExitUnknown
	case counts[poller.Failed]+counts[poller.Canceled]+w.submissions()[poller.PayloadRejected]+w.submissions()[poller.PayloadGivenUp]+notHad > 0:
		return ExitFailed
	}
	return ExitOK
}

// nothing returns why no task is watched.
func (w *watch) nothing() error {
	switch {
	case w.options.Unsure() > 0:
		return errOnlyUnsure
	case w.options.BadLines() > 0:
		return errOnlyRefused
	}
	return errNothing
}

// brokenPipe reports whether an error is that the reader has left.
func brokenPipe(err error) bool {
	const windowsBrokenPipe, windowsNoData = syscall.Errno(109), syscall.Errno(232)
	windows := runtime.GOOS == "windows" && (errors.Is(err, windowsBrokenPipe) || errors.Is(err, windowsNoData))
	return windows || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed)
}

// helpWidth is how wide the meanings are in a help of 80 columns, behind the status.
const helpWidth = 73

// ExitMeanings say what each exit status means, for the help and the documentation.
var ExitMeanings = []struct {
	Status  int
	Meaning string
}{
	{ExitOK, "all tasks have succeeded"},
	{ExitFailed, "all have ended, and some failed or were canceled, or their outputs are not on disk; or `--fail-fast` ended it"},
	{ExitUsage, "the command line is wrong, or no task was named"},
	{ExitUnknown, "some ends are not known, some input was not read, or the key is refused"},
	{ExitInterrupted, "interrupted (another signal: 128 and its number)"},
}

// ExitHelp returns the exit statuses as lines for a command's help.
func ExitHelp() string {
	var b strings.Builder
	b.WriteString("Exit status:\n")
	for _, e := range ExitMeanings {
		meaning := ansi.Wordwrap(strings.ReplaceAll(e.Meaning, "`", ""), helpWidth, "")
		fmt.Fprintf(&b, "  %3d  %s\n", e.Status, strings.ReplaceAll(meaning, "\n", "\n       "))
	}
	return b.String()
}
