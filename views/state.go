package views

import (
	"strconv"
	"strings"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/safe"
	"polltop/views/theme"
)

func stateStyle(ink *theme.Ink, t *poller.Task) string {
	if t.State >= poller.StateCount {
		return ink.Text
	}
	return ink.State[shownState(t)]
}

// stateLabel returns symbol and word of a state.
func stateLabel(s poller.State) string { return theme.Symbol(s) + " " + s.String() }

// taskLabel returns symbol and word of a task's state, or of how far its payload has come.
func taskLabel(t *poller.Task) string {
	if t.Unsent() {
		return theme.Symbol(t.State) + " " + t.Word
	}
	return stateLabel(t.State)
}

// canceling reports whether what came of canceling a task is not known yet.
func canceling(t *poller.Task) bool { return t.Canceling && !t.State.Terminal() }

// shownState returns the state whose color a task has: one that is being
// canceled has that of the canceled already.
func shownState(t *poller.Task) poller.State {
	if canceling(t) {
		return poller.Canceled
	}
	return t.State
}

// cancelingLabel returns what stands in the place of the state of a task that is
// being canceled: the symbol is still that of the state, as is the task.
func cancelingLabel(s poller.State) string { return theme.Symbol(s) + " canceling" }

// slowWord is how a slow task is told, and slowSign where there is no room for
// the word.
const (
	slowWord = "slow"
	slowSign = "!"
)

// ErrorText returns why a task ended as it did, without its error type before it: that
// is told beside it.
func ErrorText(t *poller.Task) string {
	if t.ErrorType == "" {
		return t.Error
	}
	return strings.TrimPrefix(t.Error, t.ErrorType+": ")
}

// explain says what a task's error type means at its service.
func explain(t *poller.Task) queue.Explanation {
	if t.Request.Base == nil {
		return queue.Explanation{}
	}
	return queue.Explain(t.Request.Base.Service(), t.ErrorType)
}

// flagSign stands behind the state of a task whose status polltop does not know.
const flagSign = "!?"

// flagged reports whether the service's last word for a live task's status is one that
// polltop does not know.
func flagged(t *poller.Task) bool { return t.Unrecognized && !t.State.Terminal() }

// UnrecognizedStatus says which status that polltop does not know the service gave a
// task last.
func UnrecognizedStatus(t *poller.Task) string {
	if t.Word == "" {
		return "the answer has no status; asked on"
	}
	return "status " + StatusWord(t) + " is not known to polltop; asked on"
}

// StatusWord returns the service's own word for a task's status in quotes, safe to show.
func StatusWord(t *poller.Task) string {
	if t.Word == "" {
		return "no status"
	}
	return strconv.Quote(safe.Line(safe.Truncate(t.Word, wordMost)))
}

// wordMost bounds what is shown of a service's word for a status, in cells.
const wordMost = 40

// progressing reports whether it is known how much of a live task's work is done.
func progressing(t *poller.Task) bool { return t.Progress > 0 && t.State == poller.Running }

// barCells is the width of the bar of a task's progress.
const barCells = 10

// progressText returns how much of a live task's work is done.
func progressText(t *poller.Task) string {
	return track(int(float64(t.Progress)*barCells), barCells) + " " + percent(float64(t.Progress))
}

// status returns the state, with the place in the queue where it is known and fits.
// SeaCloud's is always 0, which says nothing.
func (r row) status(width int) string {
	switch t := r.Task; {
	case width < statusWord:
		return theme.Symbol(t.State)
	case canceling(t):
		return cancelingLabel(t.State)
	case width < statusPlace:
	case flagged(t):
		return stateLabel(t.State) + " " + flagSign
	case progressing(t):
		return stateLabel(t.State) + " " + percent(float64(t.Progress))
	case t.State == poller.Queued && t.QueuePosition > 0 && t.QueuePosition <= placeMost:
		return stateLabel(t.State) + " #" + strconv.Itoa(int(t.QueuePosition))
	}
	return taskLabel(r.Task)
}
