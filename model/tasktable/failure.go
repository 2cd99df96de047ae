package tasktable

import (
	"polltop/model/common"
	"polltop/poller"
	"polltop/views"
)

// noteFailure remembers the first failure that comes, for the pane to open on.
func (t *Table) noteFailure(tasks []*poller.Task) {
	if t.shownFailure || t.failed != common.None {
		return
	}
	for _, task := range tasks {
		// What had failed before this start is history.
		if task.State == poller.Failed && task.Ended >= poller.StampOf(t.env.Started) {
			t.failed = task.Seq
			return
		}
	}
}

// openFirstFailure opens the pane at the first failure, once, if nothing else is
// open. It takes neither the focus nor, from somebody who has moved it, the
// cursor.
func (t *Table) openFirstFailure() {
	task := t.index.Get(t.failed)
	if t.shownFailure || task == nil || t.opened != common.None || t.env.Top != common.OnTable {
		return
	}
	t.shownFailure = true
	if !t.moved {
		t.index.Select(task.Seq)
	}
	if l := t.env.Layout; views.Arrange(l.Width, l.Height, true).Rows == 0 {
		// The screen is too small for both: the table is not taken away.
		t.env.Say(views.LevelBad, "failed: "+task.Request.ID+" "+task.ErrorType+" (enter to inspect)")
		return
	}
	t.env.Post(common.OpenTask{Seq: task.Seq})
}

// nextFailure moves the cursor to the next failed task in the given direction.
func (t *Table) nextFailure(direction int) {
	wrapped, found := t.index.MoveToFailure(direction)
	if !found {
		t.env.Say(views.LevelInfo, "no failure in this list")
		return
	}
	t.follow(true)
	if wrapped {
		t.env.Say(views.LevelInfo, "went round to the other end of the list")
	}
}
