//go:build unix

package model

import (
	"os"
	"os/signal"
	"syscall"

	tea "charm.land/bubbletea/v2"
	"golang.org/x/sys/unix"

	"polltop/views"
)

// jobs is what a shell does with its jobs: it stops them and lets them go on.
type jobs struct {
	// stopped and continued receive the signals for that.
	stopped, continued chan os.Signal
}

// newJobs returns the shell's signals from now on, until stop.
func newJobs() *jobs {
	j := &jobs{stopped: make(chan os.Signal, 1), continued: make(chan os.Signal, 1)}
	signal.Notify(j.stopped, syscall.SIGTSTP)
	signal.Notify(j.continued, syscall.SIGCONT)
	return j
}

// stop ends the receiving of signals.
func (j *jobs) stop() {
	signal.Stop(j.stopped)
	signal.Stop(j.continued)
}

// filter sees to it that the signal with which Bubble Tea stops the process does
// stop it: it does only while nobody receives it. Where no shell could let the
// process go on, it says so instead: the system would not stop it, and Bubble
// Tea would wait for ever.
func (j *jobs) filter(_ tea.Model, msg tea.Msg) tea.Msg {
	switch msg.(type) {
	case tea.SuspendMsg:
		if orphaned() {
			return sayMsg{level: views.LevelWarn, text: "there is no shell to go back to: ^z works where one has started polltop"}
		}
		signal.Stop(j.stopped)
	case tea.ResumeMsg:
		signal.Notify(j.stopped, syscall.SIGTSTP)
	}
	return msg
}

// orphaned reports whether no process of the session watches over this one.
func orphaned() bool {
	own, err := unix.Getsid(0)
	if err != nil {
		return false
	}
	parents, err := unix.Getsid(os.Getppid())
	return err != nil || parents != own
}
