package cli

import (
	"os"

	"polltop/model/crash"
	"polltop/poller/guard"
)

// catchPanics returns a catcher of the panics of all goroutines. redact redacts the user's
// secrets in a text.
func catchPanics(redact func(string) string) *crash.Catcher {
	catcher := crash.New(version(), redact, crash.Dirs()...)
	guard.Handle(catcher.Note)
	return catcher
}

// caught must be deferred first by what runs with a catcher. It catches the caller's own panic,
// and prints one that came while the rest was closed.
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
