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

// jobControl stops the process for the shell's ^z, and resumes the dashboard after it.
type jobControl struct {
	program            *tea.Program
	beforeSuspend      func()         // is called before the process stops; may be nil
	stopped, continued chan os.Signal // receive SIGTSTP and SIGCONT
}

// newJobControl receives the shell's signals until close is called.
func newJobControl() *jobControl {
	j := &jobControl{stopped: make(chan os.Signal, 1), continued: make(chan os.Signal, 1)}
	signal.Notify(j.stopped, syscall.SIGTSTP)
	signal.Notify(j.continued, syscall.SIGCONT)
	return j
}

func (j *jobControl) close() {
	signal.Stop(j.stopped)
	signal.Stop(j.continued)
}

// stopProcess stops this process alone, until its shell continues it.
func (j *jobControl) stopProcess() {
	if j.beforeSuspend != nil {
		j.beforeSuspend()
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) // an error means that it runs on
}

// filter handles tea.SuspendMsg in Bubble Tea's place, which would send SIGTSTP: Go ignores
// that signal here, because newJobControl receives it. Without a shell that could continue
// the process, filter returns a notice instead.
func (j *jobControl) filter(msg tea.Msg) tea.Msg {
	if _, ok := msg.(tea.SuspendMsg); !ok {
		return msg
	}
	if orphaned() {
		return common.Say{Level: views.LevelWarn, Text: "there is no shell to go back to: ^z works where one has started polltop"}
	}
	if err := j.program.ReleaseTerminal(); err != nil {
		return common.Say{Level: views.LevelWarn, Text: "the terminal can't be given back: " + err.Error()}
	}
	if j.beforeSuspend != nil {
		j.beforeSuspend()
	}
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	// This stops the whole job, with all other processes of a pipeline.
	if err := syscall.Kill(0, syscall.SIGSTOP); err == nil {
		<-continued
	}
	if err := j.program.RestoreTerminal(); err != nil {
		guard.Go(j.program.Quit) // there is no terminal any more
	}
	return tea.ResumeMsg{}
}

// orphaned reports whether the parent process is in another session, so that no shell
// controls this one.
func orphaned() bool {
	own, err := unix.Getsid(0)
	if err != nil {
		return false
	}
	parents, err := unix.Getsid(os.Getppid())
	return err != nil || parents != own
}
