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
	// freshTime is how long a cell that has just changed is drawn brighter.
	freshTime = 700 * time.Millisecond
	// freshMost bounds how many rows are, so that a sweep does not light up all.
	freshMost = 200
	// slowEvery is how long after a look at the live tasks the next is at the latest:
	// the rule itself moves as tasks end.
	slowEvery = 10 * time.Second
)

// freshOver says that some cells have been bright long enough, slowDue that a task may
// have become slow by now.
type (
	freshOver struct{}
	slowDue   struct{}
)

func (t *Table) observeFresh(changed []*poller.Task) tea.Cmd {
	if t.reducedMotion {
		return nil
	}
	for _, task := range changed {
		old := t.index.Get(task.Seq)
		if old != nil && old.State != task.State && len(t.fresh) < freshMost {
			t.fresh[task.Seq] = t.env.Time.Add(freshTime)
		}
	}
	return t.fade()
}

// fade ends the brightness of the rows whose time is over, and starts the timer for that of the
// others, unless one runs.
func (t *Table) fade() tea.Cmd {
	maps.DeleteFunc(t.fresh, func(_ int32, until time.Time) bool { return !t.env.Time.Before(until) })
	if t.fading || len(t.fresh) == 0 {
		return nil
	}
	t.fading = true
	return common.After(freshTime, freshOver{})
}

// watchSlow has the index flag the live tasks that are slow by now, and sets a timer for when
// the next may become so. It looks at each of them, so it is never done while that
// timer runs, however often tasks change.
func (t *Table) watchSlow() tea.Cmd {
	if t.watching || t.env.LiveCount() == 0 {
		return nil
	}
	t.watching = true
	t.env.Timings.CountRunning(t.index.Live(), t.env.Now)
	var slow []*poller.Task
	next := t.env.Now + poller.Stamp(slowEvery.Milliseconds())
	for task := range t.index.Live() {
		if t.index.Slow(task.Seq) {
			continue
		}
		if is, _ := t.env.Slow(task); is {
			slow = append(slow, task)
		} else if at := t.env.Timings.SlowAt(task, t.env.SlowAfter); at != 0 && at < next {
			next = at
		}
	}
	t.index.Apply(slow)
	return common.After(max(next.Sub(t.env.Now), time.Second), slowDue{})
}

func (t *Table) notes(rows []*poller.Task) []views.RowInfo {
	notes := make([]views.RowInfo, len(rows))
	for i, task := range rows {
		_, fresh := t.fresh[task.Seq]
		notes[i] = views.RowInfo{Marked: t.marked[task.Seq], Slow: t.index.Slow(task.Seq), Fresh: fresh}
		if !task.State.Terminal() {
			notes[i].Trouble = t.env.WaitReasons(task)
			notes[i].Usual, notes[i].StartsIn = t.env.Expect(task)
		}
	}
	return notes
}

// noteFailures remembers the first failure that comes, and how many come with it. What had
// failed before this start is history.
func (t *Table) noteFailures(tasks []*poller.Task) {
	if t.failed == common.NoTask {
		started := poller.StampOf(t.env.Started)
		failed := common.SeqsWhere(tasks, func(task *poller.Task) bool { return task.State == poller.Failed && task.Ended >= started })
		t.failed, t.failures = append(failed, common.NoTask)[0], len(failed)
	}
}

// showFirstFailure reports the first failure, once: it opens the pane on it for somebody
// who has not touched a key, and says which key shows it to anybody else.
func (t *Table) showFirstFailure() {
	if t.failures == 0 || !t.env.UserActed && t.env.Focus != views.OnTable {
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
	if t.env.UserActed || views.NewLayout(l.Width, l.Height, true).Rows == 0 || !t.index.Select(t.failed) {
		t.env.Report(views.LevelBad, text)
		return
	}
	t.env.Post(common.OpenTask{Seq: t.failed})
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

// withUnsent returns the tasks that changed, and those that stand for payloads without one.
func (t *Table) withUnsent(u poller.Update) []*poller.Task {
	tasks := slices.Clip(u.Tasks)
	for _, p := range u.Payloads {
		task := p.Unsent()
		if task == nil || task.Seq < 0 {
			continue
		}
		if old := t.index.Get(task.Seq); old == nil || old.Unsent() {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

// dropUnsent removes the rows of payloads whose task is another one: a service may give the id
// of a task that is tracked already.
func (t *Table) dropUnsent(payloads []*poller.Payload) {
	var gone []int32
	for _, p := range payloads {
		if old := t.index.Get(p.Row - 1); old != nil && old.Unsent() && p.Unsent() == nil {
			gone = append(gone, old.Seq)
		}
	}
	t.index.Remove(gone...)
}
