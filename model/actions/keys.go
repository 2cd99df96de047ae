package actions

import "polltop/model/common"

// The titles of the groups in the help.
const (
	inspect = "Inspect"
	onTasks = "Act on the marked, or the cursor's"
	general = "polltop"
)

var commands = []common.Keyed[*Actions]{
	common.On(inspect, common.Bind("o", "open an output", "o"), (*Actions).openOutput),
	common.On(inspect, common.Bind("y", "copy request id", "y"), (*Actions).copyIDs),
	common.On(inspect, common.Bind("Y", "copy something else", "Y"), (*Actions).copyMenu),
	common.On(onTasks, common.Bind("r", "poll now, try again", "r"), (*Actions).pollNow),
	common.On(onTasks, common.Bind("x", "cancel", "x"), (*Actions).cancel),
	common.On(onTasks, common.Bind("d", "download outputs", "d"), (*Actions).download),
	common.On(onTasks, common.Bind("R", "submit again", "R"), (*Actions).resubmit),
	common.On(onTasks, common.Bind("del", "stop tracking", "delete", "backspace"), (*Actions).remove),
	common.On(general, common.Bind("u", "undo", "u"), (*Actions).undoRemoval),
	common.On(general, common.Bind("c", "clear done", "c"), (*Actions).clearDone),
	common.On(general, common.Bind("p", "pause or go on", "p"), (*Actions).togglePause),
	common.On(general, common.Bind("K", "read the key again", "K"), (*Actions).rekey),
	common.On(general, common.Bind("q", "quit", "q", "ctrl+c"), (*Actions).quit),
}

// Help is the keys of the actions.
var Help = common.HelpOf(commands)
