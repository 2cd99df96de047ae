//go:build unix

// Package e2e drives the real binary in a real pseudo-terminal, against the
// simulator over real HTTP, and looks at what a terminal would show.
package e2e

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// patience bounds every wait for the screen. It is long because machines are
// slow at times; no test waits that long for something that is there.
const patience = 3 * time.Minute

// parallelTests bounds how many tests run at once. They wait for screens far more
// than they compute: on two cores 8 instead of 2 take the package from 180 s to under 60 s.
const parallelTests = "8"

// binary is the built program.
var binary string

func TestMain(m *testing.M) {
	if play, ok := plays[os.Getenv("POLLTOP_E2E_PLAY")]; ok {
		os.Exit(play(os.Args[1:]))
	}
	if err := flag.Set("test.parallel", parallelTests); err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "polltop-e2e")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "polltop")
	build := exec.Command("go", "build", "-o", binary, "polltop")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		os.Stderr.Write(out)
		os.RemoveAll(dir)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// terminal is a program in a pseudo-terminal, and the emulator that shows it.
type terminal struct {
	t       *testing.T
	command *exec.Cmd
	file    *os.File
	before  *unix.Termios
	screen  *vt.SafeEmulator

	mu      sync.Mutex
	changed *sync.Cond
	raw     bytes.Buffer // all that the program wrote
	drawing bool         // a frame has begun to come and is not whole
	over    bool         // it writes no more
	exited  chan error
}

// options say how a program is started.
type options struct {
	width, height int
	env           []string
	stdin, stderr *os.File // nil for the terminal
	program       string   // instead of polltop; "" for polltop
}

// start runs polltop with arguments in a terminal of the given size.
func start(t *testing.T, o options, args ...string) *terminal {
	t.Helper()
	if o.width == 0 {
		o.width, o.height = 80, 24
	}
	command := exec.Command(cmp.Or(o.program, binary), args...)
	home := t.TempDir()
	command.Env = append([]string{
		"TERM=xterm-256color", "COLORTERM=truecolor", "LANG=C.UTF-8", "PATH=" + os.Getenv("PATH"),
		"HOME=" + home, "XDG_CONFIG_HOME=" + home, "XDG_STATE_HOME=" + home, "NO_PROXY=*",
	}, o.env...)
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatalf("this test needs a pseudo-terminal: %v", err)
	}
	defer slave.Close()
	if err := pty.Setsize(master, &pty.Winsize{Cols: uint16(o.width), Rows: uint16(o.height)}); err != nil {
		t.Fatal(err)
	}
	command.Stdin, command.Stdout, command.Stderr = slave, slave, slave
	if o.stdin != nil {
		command.Stdin = o.stdin
	}
	if o.stderr != nil {
		command.Stderr = o.stderr
	}
	// The terminal is the controlling one, as a user's is: fd 1 is always it.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 1}
	term := &terminal{t: t, command: command, file: master, screen: vt.NewSafeEmulator(o.width, o.height), exited: make(chan error, 1)}
	term.changed = sync.NewCond(&term.mu)
	term.before = term.termios()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	go term.show()
	go term.reply()
	t.Cleanup(term.end)
	return term
}

// show feeds what the program writes to the emulator.
func (term *terminal) show() {
	buffer := make([]byte, 32<<10)
	for {
		n, err := term.file.Read(buffer)
		// Under the lock: who waits for the screen may look at single cells.
		term.mu.Lock()
		if n > 0 {
			term.screen.Write(buffer[:n])
		}
		term.raw.Write(buffer[:n])
		recent := term.raw.Bytes()[max(0, term.raw.Len()-n-len(endFrame)):]
		if begun, ended := bytes.LastIndex(recent, beginFrame), bytes.LastIndex(recent, endFrame); begun != ended {
			term.drawing = begun > ended
		}
		term.over = err != nil
		term.changed.Broadcast()
		term.mu.Unlock()
		if err != nil {
			term.exited <- term.command.Wait()
			return
		}
	}
}

// The marks of a whole frame, for terminals that show no part of one, and the
// emulator's answer to whether it knows them: it does not, so this test looks at
// whole frames in its place.
var (
	beginFrame, endFrame = []byte(ansi.SetModeSynchronizedOutput), []byte(ansi.ResetModeSynchronizedOutput)
	unknown, known       = []byte("\x1b[?2026;0$y"), []byte("\x1b[?2026;2$y")
)

// reply gives the program the emulator's answers to its questions.
func (term *terminal) reply() {
	buffer := make([]byte, 4096)
	for {
		n, err := term.screen.Read(buffer)
		if err != nil {
			return
		}
		if _, err := term.file.Write(bytes.ReplaceAll(buffer[:n], unknown, known)); err != nil {
			return
		}
	}
}

func (term *terminal) end() {
	term.command.Process.Kill() // no harm where it has ended
	term.file.Close()
	// The emulator's own Close races with a Read under way: its pipe is closed
	// instead, which ends the Read.
	if pipe, ok := term.screen.InputPipe().(io.Closer); ok {
		pipe.Close()
	}
}

// written returns all that the program has written.
func (term *terminal) written() string {
	term.mu.Lock()
	defer term.mu.Unlock()
	return term.raw.String()
}

// text returns the screen as plain text.
func (term *terminal) text() string { return ansi.Strip(term.screen.Render()) }

// waitFor waits until the screen satisfies a condition.
func (term *terminal) waitFor(what string, holds func(screen string) bool) string {
	term.t.Helper()
	var late bool
	alarm := time.AfterFunc(patience, func() {
		term.mu.Lock()
		late = true
		term.changed.Broadcast()
		term.mu.Unlock()
	})
	defer alarm.Stop()
	term.mu.Lock()
	defer term.mu.Unlock()
	for {
		screen := term.text()
		if !term.drawing && holds(screen) {
			return screen
		}
		if late || term.over {
			term.t.Fatalf("never on the screen: %s (the program has ended: %v)\n%s", what, term.over, screen)
		}
		term.changed.Wait()
	}
}

// waitUnlessOver waits until the screen satisfies a condition or the program has ended.
func (term *terminal) waitUnlessOver(what string, holds func(screen string) bool) {
	term.t.Helper()
	term.waitFor(what, func(screen string) bool {
		return holds(screen) || strings.Contains(term.raw.String(), leaveAltScreen)
	})
}

// waitText waits until all of the texts are on the screen.
func (term *terminal) waitText(texts ...string) string {
	term.t.Helper()
	return term.waitFor(strings.Join(texts, " and "), func(screen string) bool {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	})
}

// keys types keys, as the bytes that a terminal sends for them.
func (term *terminal) keys(keys ...string) {
	term.t.Helper()
	for _, key := range keys {
		if _, err := term.file.WriteString(key); err != nil {
			term.t.Fatalf("typing %q: %v", key, err)
		}
	}
}

// The bytes of the keys that are no characters.
const (
	enter = "\r"
	esc   = "\x1b"
	tab   = "\t"
	down  = "\x1b[B"
	up    = "\x1b[A"
	ctrlC = "\x03"
	ctrlS = "\x13"
)

// paste pastes text as a terminal does when the program asked for brackets.
func (term *terminal) paste(text string) { term.keys("\x1b[200~" + text + "\x1b[201~") }

// answer presses a key when a question is on the screen and takes answers. The key
// closes the question, unless it closes the program.
func (term *terminal) answer(question, key string) {
	term.t.Helper()
	term.waitText(question, "[ "+key+"  ")
	term.keys(key)
	term.waitUnlessOver("the question gone", func(screen string) bool { return !strings.Contains(screen, question) })
}

// resize changes the terminal's size.
func (term *terminal) resize(width, height int) {
	term.t.Helper()
	term.screen.Resize(width, height)
	if err := pty.Setsize(term.file, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)}); err != nil {
		term.t.Fatal(err)
	}
}

// wait waits for the program's end and returns its exit status and all that it
// wrote after it had left the alternate screen.
func (term *terminal) wait() (status int, after string) {
	term.t.Helper()
	select {
	case err := <-term.exited:
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			status = exit.ExitCode()
		} else if err != nil {
			term.t.Fatal(err)
		}
	case <-time.After(patience):
		term.t.Fatalf("the program does not end\n%s", term.text())
	}
	_, after, _ = strings.Cut(term.written(), leaveAltScreen)
	return status, after
}

const leaveAltScreen = "\x1b[?1049l"

// termios returns the terminal's settings.
func (term *terminal) termios() *unix.Termios {
	term.t.Helper()
	settings, err := unix.IoctlGetTermios(int(term.file.Fd()), getTermios)
	if err != nil {
		term.t.Fatal(err)
	}
	return settings
}

// wantRestored checks that the terminal is as it was before the program.
func (term *terminal) wantRestored() {
	term.t.Helper()
	if after := term.termios(); *after != *term.before {
		term.t.Errorf("the terminal's settings were\n%+v\nand are\n%+v", *term.before, *after)
	}
	raw := term.written()
	for name, mode := range map[string]struct{ on, off string }{
		"alternate screen":  {"\x1b[?1049h", leaveAltScreen},
		"bracketed paste":   {"\x1b[?2004h", "\x1b[?2004l"},
		"mouse":             {"\x1b[?1002h", "\x1b[?1002l"},
		"mouse coordinates": {"\x1b[?1006h", "\x1b[?1006l"},
		"hidden cursor":     {"\x1b[?25l", "\x1b[?25h"},
	} {
		if on := strings.LastIndex(raw, mode.on); on >= 0 && strings.LastIndex(raw, mode.off) < on {
			term.t.Errorf("left on: %s", name)
		}
	}
}
