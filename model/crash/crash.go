package crash

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/adrg/xdg"
	"github.com/charmbracelet/x/term"

	"polltop/poller/guard"
	"polltop/views/safe"
)

// Error is a panic that was caught. Its message is one line, without the stacks.
type Error struct {
	message  string
	Path     string // the report's file; "" where none could be written
	reported atomic.Bool
}

// Error returns a line about the crash, with the reason if there is no report.
func (e *Error) Error() string { return e.message }

// Print prints the message and the report's path of an error that is a crash, and reports whether
// it is one. Of several goroutines that try, in case one hangs, only the first prints it.
func Print(w io.Writer, err error) bool {
	crashed, ok := errors.AsType[*Error](err)
	if !ok || crashed.reported.Swap(true) {
		return ok
	}
	fmt.Fprintln(w, "polltop: "+safe.Line(crashed.message))
	if crashed.Path != "" {
		fmt.Fprintln(w, "polltop: "+safe.Line("the report, without your key: "+crashed.Path))
	}
	return true
}

// Catcher catches panics and reports the first one, which may have caused the others. Its
// methods may be called from any goroutine.
type Catcher struct {
	version string
	redact  func(string) string
	dirs    []string
	caught  chan struct{}

	mu  sync.Mutex
	err *Error
}

// Dirs returns the directories for reports: polltop's state directory and that of temporary files.
func Dirs() []string { return []string{filepath.Join(xdg.StateHome, "polltop"), os.TempDir()} }

// New returns a catcher for a version of polltop. redact redacts the user's secrets in a text.
// Reports are written to the first writable directory.
func New(version string, redact func(string) string, dirs ...string) *Catcher {
	return &Catcher{version: version, redact: redact, caught: make(chan struct{}), dirs: dirs}
}

// Catch must be deferred in each goroutine. A panic then ends only that goroutine, and closes
// Caught.
func (c *Catcher) Catch() {
	if v := recover(); v != nil {
		c.Record(v)
	}
}

// Record reports the value of a panic, which its caller has recovered in the same goroutine.
func (c *Catcher) Record(v any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = c.report(time.Now(), fmt.Sprint(v), debug.Stack())
	close(c.caught)
}

// Caught returns a channel that is closed when a panic was caught and reported.
func (c *Catcher) Caught() <-chan struct{} { return c.caught }

// Err returns the caught panic as an *Error, nil for none.
func (c *Catcher) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		return nil
	}
	return c.err
}

func (c *Catcher) report(now time.Time, value string, stack []byte) *Error {
	var all strings.Builder
	// The format of level 2 is that of a panic. A builder never fails.
	_ = pprof.Lookup("goroutine").WriteTo(&all, 2)
	text := c.redact(fmt.Sprintf("polltop %s\n%s/%s, %s, %d processors\n%s\n\npanic: %s\n\n%s\nall goroutines:\n\n%s\n",
		c.version, runtime.GOOS, runtime.GOARCH, runtime.Version(), runtime.NumCPU(), now.Format(time.RFC3339), value, stack, all.String()))
	line, _, _ := strings.Cut(c.redact(value), "\n")
	if len(line) > maxLine {
		line = strings.ToValidUTF8(line[:maxLine], "") + "..."
	}
	e := &Error{message: "crashed, which is polltop's own fault: " + line}
	var err error
	for _, dir := range c.dirs {
		if e.Path, err = write(dir, now, text); err == nil {
			return e
		}
	}
	e.message += fmt.Sprintf(" (no report could be written: %v)", err)
	return e
}

// write writes a report to a new file in a directory, which it creates if needed, and returns
// its path. Only the user may read it.
func write(dir string, now time.Time, text string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	file, err := os.CreateTemp(dir, "crash-"+now.Format("20060102-150405")+"-*.txt")
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}

const (
	// ExitTimeout bounds the time until the process ends. A disk may hang, a held terminal
	// (ctrl+s) blocks writes, and Update may not return.
	ExitTimeout  = 2 * time.Second
	writeTimeout = 100 * time.Millisecond // bounds a write to the terminal
	maxLine      = 300                    // bounds a panic's value in the plain line, in bytes
)

// modesOff turns off all terminal modes that the dashboard turns on: reports of mouse, paste, focus
// and keys, synchronized output, the progress bar, the alternate screen and the hidden cursor.
const modesOff = "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1004l\x1b[?2026l\x1b[<u\x1b[>4;0m\x1b]9;4;0\x07\x1b[?1049l\x1b[?25h"

// ExitGuard ends the process if something keeps it from ending by itself.
type ExitGuard struct {
	catcher  *Catcher
	terminal *os.File    // to be restored; nil for none
	before   *term.State // of the terminal; nil if not known
	once     sync.Once
	restored atomic.Bool
}

// NewExitGuard returns a guard that restores a terminal to its present state, and prints the crash
// that catcher caught, if any. The terminal is nil for a program that does not change it.
func NewExitGuard(catcher *Catcher, terminal *os.File) *ExitGuard {
	g := &ExitGuard{catcher: catcher, terminal: terminal}
	if terminal != nil {
		// Without the state, only the modes are restored.
		g.before, _ = term.GetState(terminal.Fd())
	}
	return g
}

// Restored notes that the terminal was restored by the program itself.
func (g *ExitGuard) Restored() { g.restored.Store(true) }

// Start makes the process exit with a status after ExitTimeout. Later calls do nothing.
func (g *ExitGuard) Start(status int) {
	g.once.Do(func() {
		time.AfterFunc(ExitTimeout, func() {
			defer guard.Catch()
			g.restore()
			runWithin(writeTimeout, func() { Print(os.Stderr, g.catcher.Err()) })
			os.Exit(status)
		})
	})
}

func (g *ExitGuard) restore() {
	if g.terminal == nil || g.restored.Load() {
		return
	}
	// There is nowhere to report an error.
	runWithin(writeTimeout, func() { _, _ = g.terminal.WriteString(modesOff) })
	if g.before != nil {
		_ = term.Restore(g.terminal.Fd(), g.before)
	}
}

// runWithin runs f, and waits for it at most for a time.
func runWithin(timeout time.Duration, f func()) {
	done := make(chan struct{})
	guard.Go(func() {
		defer close(done)
		f()
	})
	select {
	case <-done:
	case <-time.After(timeout):
	}
}
