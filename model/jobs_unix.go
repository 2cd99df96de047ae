//go:build unix

package model

import (
	"os"
	"os/signal"
	"syscall"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sys/unix"

	"polltop/model/common"
	"polltop/poller/guard"
	"polltop/views"
)

// jobs is the job control of a shell: it stops the process and lets it go on.
type jobs struct {
	program            *tea.Program
	suspending         func()         // is called before the process stops; nil for nothing
	stopped, continued chan os.Signal // receive SIGTSTP and SIGCONT
}

// newJobs receives the shell's signals from now on, until stop.
func newJobs() *jobs {
	j := &jobs{stopped: make(chan os.Signal, 1), continued: make(chan os.Signal, 1)}
	signal.Notify(j.stopped, syscall.SIGTSTP)
	signal.Notify(j.continued, syscall.SIGCONT)
	return j
}

func (j *jobs) stop() {
	signal.Stop(j.stopped)
	signal.Stop(j.continued)
}

// pause stops this process alone, until its shell lets it go on.
func (j *jobs) pause() {
	if j.suspending != nil {
		j.suspending()
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) // an error means that it runs on
}

// filter stops the process in Bubble Tea's place, which would do it with SIGTSTP: Go
// drops that signal once it was received here. If no shell could let the process go on,
// filter returns a notice in place of the message.
func (j *jobs) filter(msg tea.Msg) tea.Msg {
	if _, ok := msg.(tea.SuspendMsg); !ok {
		return msg
	}
	if orphaned() {
		return common.Say{Level: views.LevelWarn, Text: "there is no shell to go back to: ^z works where one has started polltop"}
	}
	if err := j.program.ReleaseTerminal(); err != nil {
		return common.Say{Level: views.LevelWarn, Text: "the terminal can't be given back: " + err.Error()}
	}
	if j.suspending != nil {
		j.suspending()
	}
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	// All that the shell has started with it stops too.
	if err := syscall.Kill(0, syscall.SIGSTOP); err == nil {
		<-continued
	}
	if err := j.program.RestoreTerminal(); err != nil {
		guard.Go(j.program.Quit) // there is no terminal any more
	}
	return tea.ResumeMsg{}
}

// orphaned reports whether the parent process is of another session, so that no shell
// controls this one.
func orphaned() bool {
	own, err := unix.Getsid(0)
	if err != nil {
		return false
	}
	parents, err := unix.Getsid(os.Getppid())
	return err != nil || parents != own
}
