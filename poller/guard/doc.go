// Package guard starts goroutines whose panics are reported to one handler. A panic that
// nobody recovers ends the process at once: the terminal stays in raw mode, changes are not on
// disk, and the trace may contain secrets.
//
// Every goroutine of polltop is started through this package or recovers its own panic; a test
// checks that. Package crash sets the handler.
package guard
