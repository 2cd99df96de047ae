//go:build unix

package hook

import (
	"context"
	"os/exec"
	"syscall"
)

// shell returns a command for the system's shell. Its whole group is told to end with the context.
func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	// In its own group it does not get polltop's ctrl+c, and its children can be ended with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	return cmd
}

// group is a started command with its children: the number of their process group.
type group int

func start(cmd *exec.Cmd) (group, error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	return group(cmd.Process.Pid), nil
}

// kill ends all that is left of the group.
func (g group) kill() {
	// An error means that nothing is left.
	_ = syscall.Kill(-int(g), syscall.SIGKILL)
}

// release does nothing: what is left of the group lives on.
func (g group) release() {}
