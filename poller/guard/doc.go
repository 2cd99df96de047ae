// Package guard runs goroutines and functions whose panics are reported to one
// handler. A panic that nobody recovers ends the process at once: with the terminal
// left as it is, what is known not on disk, and a trace that may hold secrets.
//
// Every goroutine of polltop is started through this package, or recovers its own
// panic, which a test holds. Package crash sets the handler. It knows nothing of what
// the goroutines do.
package guard
