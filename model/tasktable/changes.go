package tasktable

import (
	"fmt"
	"maps"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"polltop/model/common"
	"polltop/poller"
	"polltop/views"
)

const (
	highlightTime     = 700 * time.Millisecond // how long a cell that has just changed is highlighted
	maxHighlighted    = 200                    // rows, so that a change of all tasks does not highlight all rows
	slowCheckInterval = 10 * time.Second       // the least time between two checks for slow tasks: one takes 10 ms for 20,000 live tasks
)

// highlightExpired says that the time of some highlights is over.
type highlightExpired struct{}

func (t *Table) remove(seqs []int32) {
	t.index.Remove(seqs...)
	for _, seq := range seqs {
		delete(t.marked, seq)
	}
}

func (t *Table) applyUpdate(u poller.Update) tea.Cmd {
	t.remove(u.Dropped)
	if u.Persistence.PolledBy != "" || t.env.Shared != nil || len(u.Dropped) > 0 {
		// Somebody else may track a task again that was removed here, or another one by its Seq.
		t.index.Restore(slices.DeleteFunc(slices.Clone(u.Tasks), func(task *poller.Task) bool { return !t.index.Removed(task.Seq) }))
	}
	tasks := t.withUnsent(u)
	highlights := t.highlightChanged(tasks)
	for _, task := range u.Tasks {
		if !t.index.Removed(task.Seq) { // else its poll was in flight when it was removed
			t.env.Timings.Add(t.index.Get(task.Seq), task)
		}
	}
	t.index.Apply(tasks)
	t.removeReplaced(u.Payloads)
	if !t.env.UserActed && t.paneTask == common.NoTask {
		t.index.MoveTo(0) // active tasks are at the top, and the user has not chosen a row yet
	}
	t.recordFirstFailure(tasks)
	t.showFirstFailure()
	return highlights
}

func (t *Table) highlightChanged(changed []*poller.Task) tea.Cmd {
	if t.reducedMotion {
		return nil
	}
	for _, task := range changed {
		old := t.index.Get(task.Seq)
		if old != nil && old.State != task.State && len(t.highlightUntil) < maxHighlighted {
			t.highlightUntil[task.Seq] = t.env.Time.Add(highlightTime)
		}
	}
	return t.endHighlights()
}

// endHighlights ends the highlights whose time is over, and starts the timer for the others.
func (t *Table) endHighlights() tea.Cmd {
	maps.DeleteFunc(t.highlightUntil, func(_ int32, until time.Time) bool { return !t.env.Time.Before(until) })
	if t.highlightTimer || len(t.highlightUntil) == 0 {
		return nil
	}
	t.highlightTimer = true
	return common.After(highlightTime, highlightExpired{})
}

// checkSlow flags the live tasks in the index that have become slow. It visits all live tasks, so it
// does nothing within slowCheckInterval of the last time.
func (t *Table) checkSlow() {
	if t.env.Time.Sub(t.slowCheckedAt) < slowCheckInterval {
		return
	}
	t.slowCheckedAt = t.env.Time
	t.env.Timings.CountRunning(t.index.Live(), t.env.Now)
	var slow []*poller.Task
	for task := range t.index.Live() {
		if isSlow, _ := t.env.Slow(task); isSlow && !t.index.Slow(task.Seq) {
			slow = append(slow, task)
		}
	}
	t.index.Apply(slow)
}

func (t *Table) rowInfos(rows []*poller.Task) []views.RowInfo {
	notes := make([]views.RowInfo, len(rows))
	for i, task := range rows {
		_, fresh := t.highlightUntil[task.Seq]
		notes[i] = views.RowInfo{Marked: t.marked[task.Seq], Slow: t.index.Slow(task.Seq), Fresh: fresh}
		if !task.State.Terminal() {
			notes[i].Trouble = t.env.WaitReasons(task)
			notes[i].Usual, notes[i].StartsIn = t.env.Expect(task)
		}
	}
	return notes
}

// recordFirstFailure stores the first task that failed since the start, and how many failed in
// the same update.
func (t *Table) recordFirstFailure(tasks []*poller.Task) {
	if t.firstFailed == common.NoTask {
		started := poller.StampOf(t.env.Started)
		failed := common.SeqsWhere(tasks, func(task *poller.Task) bool { return task.State == poller.Failed && task.Ended >= started })
		t.firstFailed, t.newFailures = append(failed, common.NoTask)[0], len(failed)
	}
}

// showFirstFailure reports the first failure, once: it opens the pane on it if the user has not
// pressed a key yet, else it says which key shows it.
func (t *Table) showFirstFailure() {
	if t.newFailures == 0 || !t.env.UserActed && t.env.Focus != views.OnTable {
		return
	}
	pronoun := "it"
	if t.newFailures > 1 {
		pronoun = "them"
	}
	text := fmt.Sprintf("%d failed: n shows %s", t.newFailures, pronoun)
	t.newFailures = 0
	l := t.env.Layout
	// The pane must not cover the whole table.
	if t.env.UserActed || views.NewLayout(l.Width, l.Height, true).Rows == 0 || !t.index.Select(t.firstFailed) {
		t.env.Report(views.LevelBad, text)
		return
	}
	t.env.Post(common.OpenTask{Seq: t.firstFailed})
}

func (t *Table) nextFailure(direction int) {
	t.env.Post(common.ReleaseFocus{Focus: t.env.Area})
	wrapped, found := t.index.MoveToFailure(direction)
	switch {
	case !found:
		t.env.Say(views.LevelInfo, "no failure in this list")
	case wrapped:
		t.env.Say(views.LevelInfo, "went round to the other end of the list")
	}
}

// withUnsent returns the changed tasks, and the rows of payloads that have no task yet.
func (t *Table) withUnsent(u poller.Update) []*poller.Task {
	tasks := slices.Clip(u.Tasks)
	for _, p := range u.Payloads {
		task := p.Placeholder()
		if task == nil || task.Seq < 0 {
			continue
		}
		if old := t.index.Get(task.Seq); old == nil || old.Unsent() {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

// removeReplaced removes the rows of payloads that now have a task with a row of its own: a
// service may return the id of a task that is already tracked.
func (t *Table) removeReplaced(payloads []*poller.Payload) {
	var removed []int32
	for _, p := range payloads {
		if old := t.index.Get(p.Row - 1); old != nil && old.Unsent() && p.Placeholder() == nil {
			removed = append(removed, old.Seq)
		}
	}
	t.index.Remove(removed...)
}
