package tasktable

import (
	"fmt"
	"maps"
	"slices"

	"polltop/model/common"
	"polltop/poller"
	"polltop/views"
)

func (t *Table) anyMarks() bool { return len(t.marked) > 0 || t.anchor != common.NoTask }

func (t *Table) clearMarks() {
	clear(t.marked)
	t.anchor = common.NoTask
}

func (t *Table) mark() {
	if seq := t.index.CursorSeq(); seq != common.NoTask && t.env.Focus == views.OnTable {
		t.setMark(seq, !t.marked[seq])
		t.index.MoveBy(1)
	}
}

func (t *Table) setMark(seq int32, marked bool) {
	if t.marked[seq] = marked; !marked {
		delete(t.marked, seq)
	}
}

func (t *Table) markRange() {
	seq := t.index.CursorSeq()
	if seq == common.NoTask || t.env.Focus != views.OnTable {
		return
	}
	if t.anchor == common.NoTask {
		t.anchor = seq
		t.env.Say(views.LevelInfo, "range begun: move, and press V again to mark all between; esc gives up")
		return
	}
	from, ok := t.index.Rank(t.anchor)
	t.anchor = common.NoTask
	if !ok {
		t.env.Say(views.LevelWarn, "the row where the range began is not shown any more: nothing marked")
		return
	}
	to := t.index.CursorRank()
	for rank := min(from, to); rank <= max(from, to); rank++ {
		t.setMark(t.index.At(rank).Seq, true)
	}
	t.sayMarked()
}

func (t *Table) toggleMarks(tasks []*poller.Task) {
	all := !slices.ContainsFunc(tasks, func(task *poller.Task) bool { return !t.marked[task.Seq] })
	for _, task := range tasks {
		t.setMark(task.Seq, !all)
	}
	t.sayMarked()
}

func (t *Table) sayMarked() { t.env.Say(views.LevelInfo, fmt.Sprintf("%d marked", len(t.marked))) }

// Marked returns the marked tasks, shown or not, in the order of addition.
func (t *Table) Marked() []*poller.Task {
	var tasks []*poller.Task
	for _, seq := range slices.Sorted(maps.Keys(t.marked)) {
		if task := t.index.Get(seq); task != nil {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

func (t *Table) Shown() []*poller.Task {
	tasks := make([]*poller.Task, 0, t.index.Matching())
	for rank := range t.index.Matching() {
		tasks = append(tasks, t.index.At(rank))
	}
	return tasks
}
