//go:build !unix

package model

import (
	"os"

	tea "charm.land/bubbletea/v2"
)

// jobs does nothing: this system has no job control.
type jobs struct {
	program            *tea.Program
	suspending         func()
	stopped, continued chan os.Signal
}

func newJobs() *jobs { return &jobs{} }

func (*jobs) stop() {}

func (*jobs) pause() {}

func (*jobs) filter(msg tea.Msg) tea.Msg { return msg }
