package guard

import (
	"errors"
	"sync/atomic"
)

// handler is called with panics; nil for none.
var handler atomic.Pointer[func(value any)]

// ErrPanicked is the error of a function that panicked.
var ErrPanicked = errors.New("polltop panicked, which is its own fault")

// Handle has a function called with the value of every panic that is caught from now
// on, in place of the function before. It is called in the goroutine that
// panicked, whose stack still stands, by several at once if need be, and is to
// see to it that the program ends. Before the first call, and after one with nil,
// panics are not caught.
func Handle(report func(value any)) {
	if report == nil {
		handler.Store(nil)
		return
	}
	handler.Store(&report)
}

// Catch is to be deferred: a panic ends the function that deferred it, and is
// reported.
func Catch() {
	if report := handler.Load(); report != nil { // or Go ends the process
		if value := recover(); value != nil {
			(*report)(value)
		}
	}
}

// Error is to be deferred by functions that others call in goroutines of their
// own: as Catch, and the error that they return is ErrPanicked then.
func Error(err *error) {
	if report := handler.Load(); report != nil {
		if value := recover(); value != nil {
			*err = ErrPanicked
			(*report)(value)
		}
	}
}

// Func returns f with its panic caught.
func Func(f func()) func() {
	return func() {
		defer Catch()
		f()
	}
}

// Go runs f in a goroutine of its own, with its panic caught.
func Go(f func()) { go Func(f)() }
