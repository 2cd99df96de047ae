package hook

import (
	"context"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// shell returns a command for the system's shell.
func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		// cmd has its own rules of quoting: with /s it takes off the outer quotes
		// and leaves all between them as it is.
		CmdLine: `cmd /d /s /c "` + command + `"`,
		// Away from what is typed for polltop, such as ctrl+c.
		CreationFlags: windows.CREATE_NEW_PROCESS_GROUP,
		HideWindow:    true,
	}
	return cmd
}

// group is a started command with all that it starts: a job object.
type group windows.Handle

// start starts a command. Where it can't be put into a job (some sandboxes), it
// is ended without what it starts.
func start(cmd *exec.Cmd) (group, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, err
	}
	// There is nothing that asks all processes of a job to end, so they are
	// killed at once; the command itself too where it is in no job.
	end := cmd.Cancel
	cmd.Cancel = func() error {
		_ = windows.TerminateJobObject(job, 1)
		return end()
	}
	if err := cmd.Start(); err != nil {
		windows.CloseHandle(job)
		return 0, err
	}
	// What it starts before this escapes: a few instructions' worth of time.
	_ = cmd.Process.WithHandle(func(process uintptr) {
		_ = windows.AssignProcessToJobObject(job, windows.Handle(process))
	})
	return group(job), nil
}

// kill ends all that is left of the group.
func (g group) kill() {
	_ = windows.TerminateJobObject(windows.Handle(g), 1)
	g.release()
}

// release releases the job. Its processes live on.
func (g group) release() { windows.CloseHandle(windows.Handle(g)) }
