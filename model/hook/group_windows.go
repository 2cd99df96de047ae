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
		// With /s, cmd removes the outer quotes and leaves the text between them unchanged.
		CmdLine: `cmd /d /s /c "` + command + `"`,
		// In its own group it does not get polltop's ctrl+c.
		CreationFlags: windows.CREATE_NEW_PROCESS_GROUP,
		HideWindow:    true,
	}
	return cmd
}

// group is a started command with its children: a job object.
type group windows.Handle

// start starts a command in a job object. Where that fails, as in some sandboxes, ending the
// command does not end its children.
func start(cmd *exec.Cmd) (group, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, err
	}
	// Windows can't tell all processes of a job to end, so they are killed at once, and so is
	// a command outside of a job.
	end := cmd.Cancel
	cmd.Cancel = func() error {
		_ = windows.TerminateJobObject(job, 1)
		return end()
	}
	if err := cmd.Start(); err != nil {
		windows.CloseHandle(job)
		return 0, err
	}
	// Processes that the command has started before this call are not in the job.
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
