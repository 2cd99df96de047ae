//go:build unix

package keyboard

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"
	"golang.org/x/sys/unix"
)

// ReadsBytes says that the options are such that a Gatherer has nothing to do.
const ReadsBytes = true

// Options returns the options with which Bubble Tea reads the terminal through a Reader:
// the terminal on standard input, or else the controlling one. It returns none where
// there is neither: Bubble Tea then says so. restore is for all messages that come of it.
func Options() (restore func(tea.Msg) tea.Msg, options []tea.ProgramOption) {
	r := &Reader{File: os.Stdin}
	if !term.IsTerminal(r.Fd()) {
		var err error
		if r.File, _, err = tea.OpenTTY(); err != nil {
			return r.Restore, nil
		}
	}
	if r.Fd() >= unix.FD_SETSIZE { // select can't wait for it
		return r.Restore, nil
	}
	return r.Restore, []tea.ProgramOption{tea.WithInput(r)}
}

// Reader is a terminal whose bytes Bubble Tea's decoder reads right. To Bubble Tea it is
// the terminal itself: it sets its modes, waits for its input before it calls Read, and
// may stop that wait. A child process has to be given what Terminal returns.
type Reader struct {
	*os.File
	// mu is held by Read: Bubble Tea begins to read anew after half a second where it
	// could not stop a Read before it gave the terminal away.
	mu sync.Mutex
	filter
	buffer [readSize]byte
}

// Terminal returns the terminal that a Reader reads, for a child process; another reader as it is.
func Terminal(in io.Reader) io.Reader {
	if r, ok := in.(*Reader); ok {
		return r.File
	}
	return in
}

// Read reads keys and pasted text. It waits for the rest of what has come in part, at
// most pasteTimeout, because it is called again only when there is more to read.
func (r *Reader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.read(p, func(until time.Time) ([]byte, error) {
		if !until.IsZero() {
			if ready, err := r.wait(time.Until(until)); err != nil || !ready {
				return nil, err
			}
		}
		n, err := r.File.Read(r.buffer[:])
		return r.buffer[:n], err
	})
}

// wait waits until the terminal can be read, at most for the given time.
func (r *Reader) wait(most time.Duration) (ready bool, err error) {
	fd := int(r.Fd())
	until := time.Now().Add(most)
	for {
		var set unix.FdSet
		set.Set(fd)
		left := unix.NsecToTimeval(max(time.Until(until), 0).Nanoseconds())
		n, err := unix.Select(fd+1, &set, nil, nil, &left)
		if !errors.Is(err, unix.EINTR) {
			return n > 0, err
		}
	}
}
