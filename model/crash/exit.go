package crash

import (
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/charmbracelet/x/term"

	"polltop/poller/guard"
)

const (
	// ExitTimeout bounds the time until the process ends. A disk may hang, a held terminal
	// (ctrl+s) blocks writes, and Update may not return.
	ExitTimeout = 2 * time.Second
	// writeTimeout bounds a write to the terminal.
	writeTimeout = 100 * time.Millisecond
)

// modesOff turns off all that the dashboard turns on: the reports of mouse, paste, focus
// and keys, synchronized output, the progress bar, the alternate screen and the hidden
// cursor.
const modesOff = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1004l\x1b[?2026l\x1b[<u\x1b[>4;0m\x1b]9;4;0\x07\x1b[?1049l\x1b[?25h"

// ExitGuard ends the process where something keeps it from ending by itself.
type ExitGuard struct {
	crash    *Catcher
	terminal *os.File    // to be restored; nil for none
	before   *term.State // of the terminal; nil if not known
	once     sync.Once
	restored atomic.Bool
}

// NewExitGuard returns a guard that restores a terminal to its present state, and prints
// the crash that catcher caught, if any. The terminal is nil for a program that leaves it
// as it is.
func NewExitGuard(catcher *Catcher, terminal *os.File) *ExitGuard {
	g := &ExitGuard{crash: catcher, terminal: terminal}
	if terminal != nil {
		// Where the state is not known, only the modes are turned off.
		g.before, _ = term.GetState(terminal.Fd())
	}
	return g
}

// Restored notes that the terminal was restored by the program itself.
func (g *ExitGuard) Restored() { g.restored.Store(true) }

// Start gives the process ExitTimeout to end before it is ended with a status. Only the
// first call does anything.
func (g *ExitGuard) Start(status int) {
	g.once.Do(func() {
		time.AfterFunc(ExitTimeout, func() {
			defer guard.Catch()
			g.restore()
			within(writeTimeout, func() { Print(os.Stderr, g.crash.Err()) })
			os.Exit(status)
		})
	})
}

// restore restores the terminal if the program has not.
func (g *ExitGuard) restore() {
	if g.terminal == nil || g.restored.Load() {
		return
	}
	// There is nowhere to report an error.
	within(writeTimeout, func() { _, _ = g.terminal.WriteString(modesOff) })
	if g.before != nil {
		_ = term.Restore(g.terminal.Fd(), g.before)
	}
}

// within runs f, and waits for it no longer than a time.
func within(most time.Duration, f func()) {
	done := make(chan struct{})
	guard.Go(func() {
		defer close(done)
		f()
	})
	select {
	case <-done:
	case <-time.After(most):
	}
}
