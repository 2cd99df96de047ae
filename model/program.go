package model

import (
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/crash"
	"polltop/model/keyboard"
)

// NewProgram returns a dashboard for a terminal that is not the process's own. The
// options name what it reads, a keyboard.Stream, and where it writes. Show runs it.
//
// The program does not measure text by grapheme clusters, as package safe has one measure
// for all dashboards of the process and their terminals differ.
func NewProgram(o Options, options ...tea.ProgramOption) *tea.Program {
	filter := func(_ tea.Model, msg tea.Msg) tea.Msg {
		if mode, ok := msg.(tea.ModeReportMsg); ok && mode.Mode == ansi.ModeUnicodeCore {
			return nil
		}
		return keyboard.Restore(msg)
	}
	return tea.NewProgram(recovering{New(o), o.Crash}, append(options,
		tea.WithoutSignalHandler(), tea.WithoutCatchPanics(), tea.WithFilter(filter))...)
}

// Show runs a program until it ends. A panic in Update, in View or in Bubble Tea itself is
// reported to catcher, and ends the program with the terminal restored.
func Show(program *tea.Program, catcher *crash.Catcher) (err error) {
	defer func() {
		if value := recover(); value != nil {
			catcher.Note(value)
			err = catcher.Err()
			kill(program)
		}
	}()
	_, err = program.Run()
	return err
}

// kill restores the terminal after a panic. Program.Kill alone closes what keys are read
// from while they may still be read, which is a race; ReleaseTerminal waits half a second
// for that to end.
func kill(program *tea.Program) {
	_ = program.ReleaseTerminal() // there is nobody left to tell
	program.Kill()
}
