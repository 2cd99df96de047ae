package actions

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
)

// command is a key and what it does. The title is that of its group in the help.
type command struct {
	title string
	key.Binding
	do func(*Actions, common.Command) tea.Cmd
}

// The titles of the groups in the help.
const (
	inspect = "Inspect"
	onTasks = "Act on the marked, or the cursor's"
	general = "polltop"
)

var commands = []command{
	{inspect, common.Bind("o", "open an output", "o"), (*Actions).openOutput},
	{inspect, common.Bind("y", "copy request id", "y"), (*Actions).copyIDs},
	{inspect, common.Bind("Y", "copy something else", "Y"), (*Actions).copyMenu},
	{onTasks, common.Bind("r", "poll now, try again", "r"), (*Actions).pollNow},
	{onTasks, common.Bind("x", "cancel", "x"), (*Actions).cancel},
	{onTasks, common.Bind("d", "download outputs", "d"), (*Actions).download},
	{onTasks, common.Bind("R", "submit again", "R"), (*Actions).resubmit},
	{onTasks, common.Bind("del", "stop tracking", "delete", "backspace"), (*Actions).remove},
	{general, common.Bind("u", "undo", "u"), (*Actions).undoRemoval},
	{general, common.Bind("c", "clear done", "c"), (*Actions).clearDone},
	{general, common.Bind("p", "pause or go on", "p"), (*Actions).togglePause},
	{general, common.Bind("K", "read the key again", "K"), (*Actions).rekey},
	{general, common.Bind("q", "quit", "q", "ctrl+c"), (*Actions).quit},
}

// Help is the keys of the actions.
var Help = func() (groups []common.HelpGroup) {
	for _, c := range commands {
		groups = append(groups, common.HelpGroup{Title: c.title, Keys: []key.Binding{c.Binding}})
	}
	return groups
}()

// press does what a key is for, if it is one of the commands'.
func (a *Actions) press(msg common.Command) tea.Cmd {
	for _, c := range commands {
		if key.Matches(msg.KeyPressMsg, c.Binding) {
			return c.do(a, msg)
		}
	}
	return nil
}
