package views

import (
	"polltop/poller"
	"polltop/views/theme"
)

// taskLabel returns symbol and word of a task's state, or of how far its payload has come.
func taskLabel(t *poller.Task) string {
	if t.Unsent() {
		return theme.Symbol(t.State) + " " + t.Word
	}
	return stateLabel(t.State)
}

// unsent adds why a payload has no task, and what the reader can do.
func (w *paneWriter) unsent(t *poller.Task) {
	switch t.State {
	case poller.New:
		w.text(w.ink.Text, "Its payload is sent as soon as other tasks of the batch have ended.")
		w.advice("del gives it up.")
	case poller.Unread:
		w.text(w.ink.Text, "Nobody knows whether the service has created a task: no answer came that tells.")
		w.advice("R submits it again all the same, del gives it up. Look at the service's own list first, if it has one.")
	case poller.Failed:
		w.text(w.ink.Text, "The service refused to create a task.")
		w.advice("R submits it again, E edits it first.")
	}
	w.given("Why", t.Error)
	w.field("next step", w.ink.Strong, t.NextStep)
}
