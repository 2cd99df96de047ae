package tasktable

import (
	"fmt"

	"polltop/model/common"
	"polltop/poller"
	"polltop/views"
)

// noteFailures remembers the first failure that comes, and how many come with it.
func (t *Table) noteFailures(tasks []*poller.Task) {
	if t.failed != common.None {
		return
	}
	for _, task := range tasks {
		// What had failed before this start is history.
		if task.State == poller.Failed && task.Ended >= poller.StampOf(t.env.Started) {
			if t.failures++; t.failures == 1 {
				t.failed = task.Seq
			}
		}
	}
}

// showFirstFailure tells of the first failure, once: it opens the pane on it for somebody
// who has not touched a key, and says which key shows it to anybody else.
func (t *Table) showFirstFailure() {
	if t.failures == 0 || !t.env.Touched && t.env.Top != common.OnTable {
		return
	}
	what := "it"
	if t.failures > 1 {
		what = "them"
	}
	text := fmt.Sprintf("%d failed: n shows %s", t.failures, what)
	t.failures = 0
	l := t.env.Layout
	// A screen that is too small for both keeps the table.
	if t.env.Touched || views.Arrange(l.Width, l.Height, true).Rows == 0 || !t.index.Select(t.failed) {
		t.env.Mention(views.LevelBad, text)
		return
	}
	t.env.Post(common.OpenTask{Seq: t.failed})
}

// nextFailure moves the cursor to the next failed task in the given direction.
func (t *Table) nextFailure(direction int) {
	t.env.Post(common.Release{Focus: t.env.Area})
	wrapped, found := t.index.MoveToFailure(direction)
	switch {
	case !found:
		t.env.Say(views.LevelInfo, "no failure in this list")
	case wrapped:
		t.env.Say(views.LevelInfo, "went round to the other end of the list")
	}
}
