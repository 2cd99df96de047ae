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

// ReadsBytes says that Bubble Tea reads bytes through a Reader, so that no PasteDetector is needed.
const ReadsBytes = true

// Options returns the options with which Bubble Tea reads the terminal through a Reader: that on standard
// input, or else the controlling one. It returns no options without a terminal, which Bubble Tea
// reports. restore must be called with all messages.
func Options() (restore func(tea.Msg) tea.Msg, options []tea.ProgramOption) {
	r := &Reader{File: os.Stdin}
	if !term.IsTerminal(r.Fd()) {
		var err error
		if r.File, _, err = tea.OpenTTY(); err != nil {
			return r.RestorePaste, nil
		}
	}
	if r.Fd() >= unix.FD_SETSIZE { // select can't wait for it
		return r.RestorePaste, nil
	}
	return r.RestorePaste, []tea.ProgramOption{tea.WithInput(r)}
}

// Reader is a terminal that filters its bytes for Bubble Tea's decoder. To Bubble Tea it is the terminal
// itself: it sets its modes, and waits for input before it calls Read. Child processes need TerminalOf.
type Reader struct {
	*os.File
	// mu is held by Read. Before Bubble Tea releases the terminal it waits half a second for a Read to
	// stop, and may later call Read while that one still runs.
	mu sync.Mutex
	filter
	buffer [readSize]byte
}

// TerminalOf returns the terminal of a Reader, for a child process, and another reader as it is.
func TerminalOf(in io.Reader) io.Reader {
	if r, ok := in.(*Reader); ok {
		return r.File
	}
	return in
}

// Read reads keys and pasted text. It waits up to pasteTimeout for the rest of what has arrived in part,
// because Bubble Tea calls it again only when there is more to read.
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
func (r *Reader) wait(limit time.Duration) (ready bool, err error) {
	fd := int(r.Fd())
	until := time.Now().Add(limit)
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
