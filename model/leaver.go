package model

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/charmbracelet/x/term"

	"polltop/model/crash"
	"polltop/poller/queue/guard"
	"polltop/views/safe"
)

// modesOff leaves the alternate screen and turns off all that the dashboard
// turns on: the reports of mouse, paste, focus and keys, and the hidden cursor.
const modesOff = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1004l\x1b[?2026l\x1b[<u\x1b[>4;0m\x1b]9;4;0\x07\x1b[?1049l\x1b[?25h"

// writing is how long a terminal is waited for that may be held.
const writing = 100 * time.Millisecond

// leaver ends the process where something keeps it from ending.
type leaver struct {
	before *term.State // of the terminal; nil where it is not known
	once   sync.Once
	shut   atomic.Bool // the dashboard has put the terminal right itself
	crash  *crash.Catcher
}

// newLeaver returns a leaver that knows the terminal as it is now, and tells of a
// crash that nobody else came to tell of.
func newLeaver(catcher *crash.Catcher) *leaver {
	before, err := term.GetState(os.Stdout.Fd())
	if err != nil {
		before = nil
	}
	return &leaver{before: before, crash: catcher}
}

// closed notes that the dashboard has put the terminal right.
func (l *leaver) closed() { l.shut.Store(true) }

// within ends the process with a status after a time, unless it has ended by
// then. kill is called a little earlier: it closes the dashboard by force. Only
// the first call does anything.
func (l *leaver) within(most time.Duration, status int, kill func()) {
	l.once.Do(func() {
		time.AfterFunc(most*3/4, guard.Func(kill))
		time.AfterFunc(most, func() {
			defer guard.Catch()
			l.restore()
			l.tell()
			os.Exit(status)
		})
	})
}

// restore puts the terminal right where the dashboard has not.
func (l *leaver) restore() {
	if l.shut.Load() {
		return
	}
	write(os.Stdout, modesOff)
	if l.before != nil {
		_ = term.Restore(os.Stdout.Fd(), l.before)
	}
}

// tell says what crashed, if anything did and it has not been said.
func (l *leaver) tell() {
	crashed, ok := errors.AsType[*crash.Error](l.crash.Err())
	if !ok {
		return
	}
	for _, line := range crashed.Words() {
		write(os.Stderr, "polltop: "+safe.Line(line)+"\n")
	}
}

// write writes a text to a file that may be held.
func write(to *os.File, text string) {
	written := make(chan struct{})
	guard.Go(func() {
		defer close(written)
		_, _ = to.WriteString(text) // there is nobody left to tell
	})
	select {
	case <-written:
	case <-time.After(writing):
	}
}
