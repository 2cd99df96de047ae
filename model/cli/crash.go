package cli

import (
	"os"

	"polltop/model/crash"
	"polltop/poller/guard"
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
		crash.Print(os.Stderr, crashed)
		if *err == nil {
			*err = errExit(exitFailed)
		}
	}
}
