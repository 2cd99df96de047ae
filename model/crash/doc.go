// Package crash turns a panic into a report in a file and a plain line on the terminal.
//
// A Catcher is called for panics of Bubble Tea's program and, through package guard, of
// all other goroutines. It lets the terminal be restored first, and ends the process even
// where that hangs. Reports hold no secret: the caller passes what redacts them. It knows
// neither tasks nor the screen.
package crash
