package model

import (
	tea "charm.land/bubbletea/v2"

	"polltop/model/crash"
)

// recovering is the Model as Bubble Tea runs it. Bubble Tea runs each command in a
// goroutine, and would print a panic there with its value, which may hold a key: here
// it is caught and reported instead.
//
// The commands of tea.Sequence can't be reached, as the type of its message is not
// exported. They may only be Bubble Tea's own, which have nothing to panic with.
type recovering struct {
	model   *Model
	catcher *crash.Catcher
}

// Init returns the commands to start with.
func (r recovering) Init() tea.Cmd { return r.command(r.model.Init()) }

// Update gives the model a message.
func (r recovering) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := r.model.Update(msg)
	return r, r.command(cmd)
}

// View returns the screen.
func (r recovering) View() tea.View { return r.model.View() }

// command returns cmd with its panic caught, and so with the commands that it returns.
func (r recovering) command(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		defer r.catcher.Catch()
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i, each := range batch {
				batch[i] = r.command(each)
			}
		}
		return msg
	}
}
