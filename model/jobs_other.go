//go:build !unix

package model

import (
	"os"

	tea "charm.land/bubbletea/v2"
)

// jobControl does nothing: this system has no job control.
type jobControl struct {
	program            *tea.Program
	beforeSuspend      func()
	stopped, continued chan os.Signal
}

func newJobControl() *jobControl { return &jobControl{} }

func (*jobControl) close() {}

func (*jobControl) stopProcess() {}

func (*jobControl) filter(msg tea.Msg) tea.Msg { return msg }
