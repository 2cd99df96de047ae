// Package guard starts goroutines whose panics are reported to one handler. A panic that
// nobody recovers ends the process at once: the terminal stays in raw mode, changes are not on
// disk, and the trace may contain secrets.
//
// Every goroutine of polltop is started through this package or recovers its own panic; a test
// checks that. Package crash sets the handler.
package guard

import (
	"errors"
	"sync/atomic"
)

// panicHandler is called with the values of panics; nil for none.
var panicHandler atomic.Pointer[func(value any)]

// ErrPanicked is the error of a function that panicked.
var ErrPanicked = errors.New("polltop panicked, which is its own fault")

// Handle sets the function that is called with the value of every panic; nil for none, when panics
// are not recovered. It is called in the goroutine that panicked, on its stack, maybe by several
// goroutines at once. It must make the program end.
func Handle(report func(value any)) {
	if report == nil {
		panicHandler.Store(nil)
		return
	}
	panicHandler.Store(&report)
}

// Catch must be deferred. It recovers a panic and reports it.
func Catch() {
	if report := panicHandler.Load(); report != nil {
		if value := recover(); value != nil {
			(*report)(value)
		}
	}
}

// Error is Catch for functions that return an error: after a panic it is ErrPanicked.
func Error(err *error) {
	if report := panicHandler.Load(); report != nil {
		if value := recover(); value != nil {
			*err = ErrPanicked
			(*report)(value)
		}
	}
}

// Func returns a function that runs f and reports its panic.
func Func(f func()) func() {
	return func() {
		defer Catch()
		f()
	}
}

// Go runs f in a new goroutine and reports its panic.
func Go(f func()) { go Func(f)() }
