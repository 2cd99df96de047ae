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

	"polltop/model/keyboard"
)

// editors runs the user's editor in the dashboard's terminal.
type editors struct {
	ctx  context.Context // its end ends the editor
	open atomic.Bool     // one runs, so that the signals of keys are its own
}

// edit returns the command that opens a file in the user's editor, and then returns the
// message of done.
func (e *editors) edit(path string, done func(error) tea.Msg) tea.Cmd {
	return tea.Exec(&editor{Cmd: editorCommand(e.ctx, path), open: &e.open}, done)
}

// editorEnds bounds how long an editor takes to end that is asked to.
const editorEnds = 500 * time.Millisecond

// editorCommand returns the command of $VISUAL or $EDITOR, which may have arguments.
func editorCommand(ctx context.Context, path string) *exec.Cmd {
	command := cmp.Or(strings.TrimSpace(os.Getenv("VISUAL")), strings.TrimSpace(os.Getenv("EDITOR")), "vi")
	// The editor in place of the shell, so that it gets the signal; env as there may be variables
	// before it.
	words := []string{"sh", "-c", "exec env " + command + ` "$1"`, "sh", path}
	if runtime.GOOS == "windows" {
		words = append(strings.Fields(command), path)
	}
	c := exec.CommandContext(ctx, words[0], words[1:]...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = editorEnds
	return c
}

// editor is the command of an editor, as Bubble Tea runs it.
type editor struct {
	*exec.Cmd
	open *atomic.Bool
}

// Run runs the editor until it ends.
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
