//go:build !unix

package model

import (
	"os"

	tea "charm.land/bubbletea/v2"
)

// jobs is what a shell does with its jobs, which is nothing on this system.
type jobs struct {
	program            *tea.Program
	suspending         func()
	stopped, continued chan os.Signal
}

func newJobs() *jobs { return &jobs{} }

func (*jobs) stop() {}

func (*jobs) filter(_ tea.Model, msg tea.Msg) tea.Msg { return msg }
