package cli

import (
	"errors"
	"os"

	"polltop/model/crash"
	"polltop/poller/queue/guard"
)

// catchPanics returns what catches the panics of all goroutines from now on.
// redact blots the user's secrets out of a text.
func catchPanics(redact func(string) string) *crash.Catcher {
	catcher := crash.New(version(), redact, crash.Dirs()...)
	guard.Handle(catcher.Note)
	return catcher
}

// caught is to be deferred first by what runs with a catcher: it catches the panic
// of the caller itself, and tells of one that came while the rest was closed.
func caught(catcher *crash.Catcher, err *error) {
	if value := recover(); value != nil {
		catcher.Note(value)
	}
	if crashed := catcher.Err(); crashed != nil {
		printCrash(crashed)
		if *err == nil {
			*err = errExit(exitFailed)
		}
	}
}

// printCrash says what it died of and where the report is, if nobody has. It
// reports whether the error is a crash.
func printCrash(err error) bool {
	crashed, ok := errors.AsType[*crash.Error](err)
	if !ok {
		return false
	}
	for _, line := range crashed.Words() {
		printLine(os.Stderr, line)
	}
	return true
}
