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

// NewProgram returns a dashboard for a terminal that is not the process's own, and which in
// reads. The options name where it writes. Show runs it.
//
// The program does not measure text by grapheme clusters, as package safe has one measure
// for all dashboards of the process and their terminals differ.
func NewProgram(o Options, in *keyboard.Stream, options ...tea.ProgramOption) *tea.Program {
	filter := func(_ tea.Model, msg tea.Msg) tea.Msg {
		if mode, ok := msg.(tea.ModeReportMsg); ok && mode.Mode == ansi.ModeUnicodeCore {
			return nil
		}
		return in.Restore(msg)
	}
	return tea.NewProgram(recovering{New(o), o.Crash}, append(options, tea.WithInput(in),
		tea.WithoutSignalHandler(), tea.WithoutCatchPanics(), tea.WithFilter(filter))...)
}

// Show runs a program until it ends. A panic in Update, in View or in Bubble Tea itself is
// reported to catcher, and ends the program with the terminal restored.
func Show(program *tea.Program, catcher *crash.Catcher) (err error) {
	defer func() {
		if value := recover(); value != nil {
			catcher.Note(value)
			err = catcher.Err()
			// Kill alone closes what keys are read from while they may still be read, which is a
			// race; ReleaseTerminal waits half a second for that to end.
			_ = program.ReleaseTerminal() // there is nobody left to report to
			program.Kill()
		}
	}()
	_, err = program.Run()
	return err
}

// recovering is the Model as Bubble Tea runs it. Bubble Tea runs each command in a
// goroutine, and would print a panic there with its value, which may hold a key: here
// it is caught and reported instead.
//
// The commands of tea.Sequence can't be reached, as the type of its message is not
// exported. They may only be Bubble Tea's own, which have nothing to panic with.
type recovering struct {
	*Model
	catcher *crash.Catcher
}

func (r recovering) Init() tea.Cmd { return r.command(r.Model.Init()) }

func (r recovering) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := r.Model.Update(msg)
	return r, r.command(cmd)
}

// command returns cmd with its panic caught, and so with the commands that it returns.
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

// editors runs the user's editor in the dashboard's terminal.
type editors struct {
	ctx  context.Context // its end ends the editor
	open atomic.Bool     // one runs, so that the signals of keys are its own
}

// editorEnds bounds how long an editor takes to end that is asked to.
const editorEnds = 500 * time.Millisecond

// edit returns the command that opens a file in the editor of $VISUAL or $EDITOR, which may have
// arguments, and then returns the message of done.
func (e *editors) edit(path string, done func(error) tea.Msg) tea.Cmd {
	command := cmp.Or(strings.TrimSpace(os.Getenv("VISUAL")), strings.TrimSpace(os.Getenv("EDITOR")), "vi")
	// The editor in place of the shell, so that it gets the signal; env as there may be variables
	// before it.
	words := []string{"sh", "-c", "exec env " + command + ` "$1"`, "sh", path}
	if runtime.GOOS == "windows" {
		words = append(strings.Fields(command), path)
	}
	c := exec.CommandContext(e.ctx, words[0], words[1:]...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = editorEnds
	return tea.Exec(&editor{Cmd: c, open: &e.open}, done)
}

type editor struct {
	*exec.Cmd
	open *atomic.Bool
}

func (e *editor) Run() error {
	e.open.Store(true)
	defer e.open.Store(false)
	return e.Cmd.Run()
}

// SetStdin gives the editor the terminal itself. From any other reader os/exec would copy: that
// reads on when the editor has ended, and takes the next key.
func (e *editor) SetStdin(in io.Reader)   { e.Stdin = keyboard.Terminal(in) }
func (e *editor) SetStdout(out io.Writer) { e.Stdout = out }
func (e *editor) SetStderr(out io.Writer) { e.Stderr = out }
