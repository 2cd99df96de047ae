package model

import (
	"cmp"
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/crash"
	"polltop/model/keyboard"
)

// NewProgram returns a dashboard for a terminal other than the process's own: in reads its
// keys, and the options say where the dashboard writes. RunProgram runs it.
//
// The program does not measure text by grapheme clusters: package safe has one measure for
// all dashboards of the process, and their terminals differ.
func NewProgram(o Options, in *keyboard.RemoteReader, options ...tea.ProgramOption) *tea.Program {
	filter := func(_ tea.Model, msg tea.Msg) tea.Msg {
		if mode, ok := msg.(tea.ModeReportMsg); ok && mode.Mode == ansi.ModeUnicodeCore {
			return nil
		}
		return in.RestorePaste(msg)
	}
	return tea.NewProgram(recovering{New(o), o.Crash}, append(options, tea.WithInput(in),
		tea.WithoutSignalHandler(), tea.WithoutCatchPanics(), tea.WithFilter(filter))...)
}

// RunProgram runs a program until it ends. A panic in Update, in View or in Bubble Tea itself is
// reported to catcher. It ends the program, with the terminal restored.
func RunProgram(program *tea.Program, catcher *crash.Catcher) (err error) {
	defer func() {
		if value := recover(); value != nil {
			catcher.Record(value)
			err = catcher.Err()
			// Kill alone closes the keys' reader while it may still be read, which is a race:
			// ReleaseTerminal waits half a second for the reading to end.
			_ = program.ReleaseTerminal() // there is nobody to report an error to
			program.Kill()
		}
	}()
	_, err = program.Run()
	return err
}

// recovering is a Model whose commands report their panics to catcher. Bubble Tea would print
// a panic with its value, which may hold a key.
//
// Commands within a tea.Sequence are not covered, because the type of its message is not
// exported. They must be Bubble Tea's own, which do not panic.
type recovering struct {
	*Model
	catcher *crash.Catcher
}

func (r recovering) Init() tea.Cmd { return r.command(r.Model.Init()) }

func (r recovering) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := r.Model.Update(msg)
	return r, r.command(cmd)
}

// command returns cmd with its panics caught, and those of the commands that it returns.
func (r recovering) command(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		defer r.catcher.Catch()
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i, each := range batch {
				batch[i] = r.command(each)
			}
		}
		return msg
	}
}

// editorRunner runs the user's editor in the dashboard's terminal.
type editorRunner struct {
	ctx     context.Context // its end ends the editor
	running atomic.Bool     // an editor runs: ctrl+c and ^z are meant for it
}

// editorGrace is how long an editor may take to end before it is killed.
const editorGrace = 500 * time.Millisecond

// edit returns the command that opens a file in the editor of $VISUAL or $EDITOR, which may have
// arguments. The message of done comes once the editor has ended.
func (e *editorRunner) edit(path string, done func(error) tea.Msg) tea.Cmd {
	command := cmp.Or(strings.TrimSpace(os.Getenv("VISUAL")), strings.TrimSpace(os.Getenv("EDITOR")), "vi")
	// exec replaces the shell, so that the editor gets the signal; env allows for variables
	// before the command.
	words := []string{"sh", "-c", "exec env " + command + ` "$1"`, "sh", path}
	if runtime.GOOS == "windows" {
		words = append(strings.Fields(command), path)
	}
	c := exec.CommandContext(e.ctx, words[0], words[1:]...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = editorGrace
	return tea.Exec(&editor{Cmd: c, running: &e.running}, done)
}

type editor struct {
	*exec.Cmd
	running *atomic.Bool
}

func (e *editor) Run() error {
	e.running.Store(true)
	defer e.running.Store(false)
	return e.Cmd.Run()
}

// SetStdin gives the editor the terminal itself. From any other reader os/exec would copy, and
// that copying would still consume the next key after the editor has ended.
func (e *editor) SetStdin(in io.Reader)   { e.Stdin = keyboard.TerminalOf(in) }
func (e *editor) SetStdout(out io.Writer) { e.Stdout = out }
func (e *editor) SetStderr(out io.Writer) { e.Stderr = out }
