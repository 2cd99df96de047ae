package statusbar

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/model/notify"
	"polltop/poller"
)

// notifyDue says that failures that were collected are to be told.
type notifyDue struct{}

// notify asks the terminal to tell what somebody who is not looking should know of the
// tasks that changed.
func (b *Bar) notify(tasks []*poller.Task) tea.Cmd {
	before := b.observer.Due()
	var sequences strings.Builder
	for _, n := range b.observer.Observe(tasks, b.env.Clock) {
		sequences.WriteString(notify.Sequence(b.env.Getenv, n))
	}
	var cmds []tea.Cmd
	if sequences.Len() > 0 {
		cmds = append(cmds, tea.Raw(sequences.String()))
	}
	if due := b.observer.Due(); !due.IsZero() && !due.Equal(before) {
		cmds = append(cmds, common.After(due.Sub(b.env.Clock), notifyDue{}))
	}
	return tea.Batch(cmds...)
}

// Taskbar returns the progress for the terminal's taskbar: of the batch while it
// runs, as an error once something has failed; nil when nothing runs.
func (b *Bar) Taskbar() *tea.ProgressBar {
	ended, total := b.ended()
	if ended == total {
		return nil
	}
	state := tea.ProgressBarDefault
	if b.env.Failed()+b.env.Unknown() > 0 {
		state = tea.ProgressBarError
	}
	return tea.NewProgressBar(state, 100*ended/total)
}

// Title returns the window's title: ASCII only, as the bytes of some characters
// (✗ is E2 9C 97) end the title early in terminals that look for the C1 control
// ST within it, and the rest of it lands on the screen.
func (b *Bar) Title() string {
	ended, total := b.ended()
	if total == 0 {
		return "polltop"
	}
	text := fmt.Sprintf("polltop %d/%d", ended, total)
	if n := b.env.Failed(); n > 0 {
		text += fmt.Sprintf(", %d failed", n)
	}
	if n := b.env.Unknown(); n > 0 {
		text += fmt.Sprintf(", %d unknown", n)
	}
	return text
}
