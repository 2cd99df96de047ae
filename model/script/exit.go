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

// The exit statuses. If several apply, a signal comes first, then wrong usage, then unknown ends, then
// failures: as with grep and diff, a script that gets 1 knows that all have ended, and one that gets
// 3 must look again. Only with FailFast, 1 says nothing about the tasks after the first failure.
const (
	ExitOK          = 0   // all tasks have succeeded
	ExitFailed      = 1   // all have ended, and some failed or were canceled
	ExitUsage       = 2   // polltop was called wrongly, or was given no task
	ExitUnknown     = 3   // it is unknown how some tasks end
	ExitInterrupted = 130 // the user interrupted it (SIGINT)
	exitPipe        = 141 // the reader of standard output has closed it (128 + SIGPIPE)
)

// The errors where no task is watched. This is no success: more likely the command that should have
// named tasks has failed.
var (
	errNothing     = errors.New("no task was named, so there is nothing to wait for: give request ids, URLs or files, or pipe them in")
	errOnlyUnsure  = errors.New("nothing is watched, as polltop is unsure of every id that it was given: name their endpoints, or --take-unsure takes them as told above")
	errOnlyRefused = errors.New("nothing is watched: no task was named but in the lines that are refused, as told above")
)

// Signaled is the cause of a context that a signal has canceled.
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

// exit returns the exit status of a run that ended for a reason, with an error or nil.
func (m *monitor) exit(ctx context.Context, reason string, err error) int {
	counts := m.countsByState()
	_, notDownloaded, _ := m.outputCounts()
	switch {
	case reason == report.ReasonInterrupted:
		cause, _ := errors.AsType[Signaled](context.Cause(ctx))
		return cause.Exit()
	case errors.Is(err, errOnlyUnsure):
		return ExitUnknown
	case m.inputFailed, errors.Is(err, errNothing), errors.Is(err, errOnlyRefused):
		return ExitUsage
	case reason == report.ReasonFailed:
		return ExitFailed
	case err != nil, !m.inputDone, m.options.Unsure()+m.options.BadLines() > 0, counts.Live() > 0, counts.Unknown() > 0, m.toSubmit() > 0, m.submissions()[poller.PayloadUnknown] > 0:
		return ExitUnknown
	case counts[poller.Failed]+counts[poller.Canceled]+m.submissions()[poller.PayloadRejected]+m.submissions()[poller.PayloadGivenUp]+notDownloaded > 0:
		return ExitFailed
	}
	return ExitOK
}

// noTaskError returns why no task is watched.
func (m *monitor) noTaskError() error {
	switch {
	case m.options.Unsure() > 0:
		return errOnlyUnsure
	case m.options.BadLines() > 0:
		return errOnlyRefused
	}
	return errNothing
}

// brokenPipe reports whether an error says that the reader of a pipe has closed it.
func brokenPipe(err error) bool {
	const windowsBrokenPipe, windowsNoData = syscall.Errno(109), syscall.Errno(232)
	windows := runtime.GOOS == "windows" && (errors.Is(err, windowsBrokenPipe) || errors.Is(err, windowsNoData))
	return windows || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, os.ErrClosed)
}

// helpWidth is the width of the meanings in the help, in cells: 80 columns without the status.
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
