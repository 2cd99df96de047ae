package crash

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/adrg/xdg"

	"polltop/views/safe"
)

const (
	// stacksMost bounds how many bytes of stacks a report holds.
	stacksMost = 16 << 20
	// lineMost bounds how many bytes of a panic's value the plain line holds.
	lineMost = 300
)

// Error is a panic that was caught. Its message is one line, without the stacks.
type Error struct {
	what string
	// Path is the report's file; "" where none could be written.
	Path string
	told atomic.Bool
}

// Error says in a line that it crashed, and why there is no report if there is
// none.
func (e *Error) Error() string { return e.what }

// Words returns the lines that the user is told: what happened, and where the
// report is. Only the first call does, as several see to it that it is told, in
// case one of them hangs; the others get nothing. What the panic said stands in
// them as it is.
func (e *Error) Words() []string {
	if e.told.Swap(true) {
		return nil
	}
	words := []string{e.what}
	if e.Path != "" {
		words = append(words, "the report, without your key: "+e.Path)
	}
	return words
}

// Print prints the Words of a crash, each as a line of polltop's own, and reports
// whether an error is a crash.
func Print(w io.Writer, err error) bool {
	crashed, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	for _, line := range crashed.Words() {
		fmt.Fprintln(w, "polltop: "+safe.Line(line))
	}
	return true
}

// Catcher catches panics, and reports the first: those that follow may come of
// it. Its methods may be called from any goroutine.
type Catcher struct {
	version string
	redact  func(string) string
	dirs    []string
	caught  chan struct{}

	mu  sync.Mutex
	err *Error
}

// Dirs returns the directories that reports go to: polltop's own among those for
// state, or else, where that can't be, the one for temporary files.
func Dirs() []string { return []string{filepath.Join(xdg.StateHome, "polltop"), os.TempDir()} }

// New returns a catcher of the panics of a version of polltop. redact blots the
// user's secrets out of a text. The report goes to the first of the directories
// that it can be written to.
func New(version string, redact func(string) string, dirs ...string) *Catcher {
	return &Catcher{version: version, redact: redact, caught: make(chan struct{}), dirs: dirs}
}

// Catch is to be deferred in each goroutine: a panic ends that goroutine and
// nothing else. Caught tells whoever has to end the program.
func (c *Catcher) Catch() {
	if v := recover(); v != nil {
		c.Note(v)
	}
}

// Note reports the value of a panic that was recovered by the caller, in whose
// goroutine it must be called.
func (c *Catcher) Note(v any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = c.report(time.Now(), fmt.Sprint(v), debug.Stack())
	close(c.caught)
}

// Caught returns a channel that is closed when a panic was caught and its report
// is written.
func (c *Catcher) Caught() <-chan struct{} { return c.caught }

// Err returns what was caught as an *Error, nil for nothing.
func (c *Catcher) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		return nil
	}
	return c.err
}

// report writes the report of a panic.
func (c *Catcher) report(now time.Time, value string, own []byte) *Error {
	text := c.redact(c.text(now, value, own))
	line, _, _ := strings.Cut(c.redact(value), "\n")
	if len(line) > lineMost {
		line = strings.ToValidUTF8(line[:lineMost], "") + "..."
	}
	e := &Error{what: "crashed, which is polltop's own fault: " + line}
	var err error
	for _, dir := range c.dirs {
		if e.Path, err = write(dir, now, text); err == nil {
			return e
		}
	}
	e.what += fmt.Sprintf(" (no report could be written: %v)", err)
	return e
}

// text returns a report as it is before the secrets are blotted out.
func (c *Catcher) text(now time.Time, value string, own []byte) string {
	return fmt.Sprintf("polltop %s\n%s/%s, %s, %d processors\n%s\n\npanic: %s\n\n%s\nall goroutines:\n\n%s\n",
		c.version, runtime.GOOS, runtime.GOARCH, runtime.Version(), runtime.NumCPU(), now.Format(time.RFC3339), value, own, stacks())
}

// stacks returns the stacks of all goroutines.
func stacks() []byte {
	for size := 64 << 10; ; size *= 4 {
		buffer := make([]byte, min(size, stacksMost))
		if n := runtime.Stack(buffer, true); n < len(buffer) || n == stacksMost {
			return buffer[:n]
		}
	}
}

// write writes a report to a new file in a directory, which it makes where there
// is none, and returns its path. Nobody but the user may read it: it tells what
// is being worked on.
func write(dir string, now time.Time, text string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	name := filepath.Join(dir, "crash-"+now.Format("20060102-150405"))
	path := name + ".txt"
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	for n := 2; os.IsExist(err) && n < 100; n++ {
		path = fmt.Sprintf("%s-%d.txt", name, n)
		file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	}
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(text)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(path)
		return "", err
	}
	return path, nil
}
