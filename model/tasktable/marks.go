package tasktable

import (
	"fmt"
	"slices"

	"polltop/model/common"
	"polltop/poller"
	"polltop/views"
)

// marks are the tasks that the user picked for an action in bulk. They are held
// by Seq, so that sorting, filtering and new answers leave them as they are.
type marks struct {
	seqs   map[int32]struct{}
	anchor int32 // where a range begins; None when none is being marked
}

func newMarks() marks { return marks{seqs: map[int32]struct{}{}, anchor: common.None} }

func (m *marks) has(seq int32) bool {
	_, ok := m.seqs[seq]
	return ok
}

func (m *marks) set(seq int32, marked bool) {
	if marked {
		m.seqs[seq] = struct{}{}
	} else {
		delete(m.seqs, seq)
	}
}

// any reports whether anything is marked or a range is begun.
func (m *marks) any() bool { return len(m.seqs) > 0 || m.anchor != common.None }

func (m *marks) clear() {
	clear(m.seqs)
	m.anchor = common.None
}

// mark marks the task under the cursor, or takes its mark away, and goes on to the next.
func (t *Table) mark() {
	if seq := t.index.CursorSeq(); seq != common.None && t.env.Top == common.OnTable {
		t.marks.set(seq, !t.marks.has(seq))
		t.index.MoveBy(1)
	}
}

// markRange begins a range at the cursor, or marks all rows from where one was
// begun to the cursor.
func (t *Table) markRange() {
	seq := t.index.CursorSeq()
	if seq == common.None || t.env.Top != common.OnTable {
		return
	}
	if t.marks.anchor == common.None {
		t.marks.anchor = seq
		t.env.Say(views.LevelInfo, "range begun: move, and press V again to mark all between; esc gives up")
		return
	}
	from, ok := t.index.Rank(t.marks.anchor)
	t.marks.anchor = common.None
	if !ok {
		t.env.Say(views.LevelWarn, "the row where the range began is not shown any more: nothing marked")
		return
	}
	to := t.index.CursorRank()
	for rank := min(from, to); rank <= max(from, to); rank++ {
		t.marks.set(t.index.At(rank).Seq, true)
	}
	t.env.Say(views.LevelInfo, fmt.Sprintf("%d marked", len(t.marks.seqs)))
}

// markAll marks all rows under the tab and the filter, or takes those marks away
// when all have one.
func (t *Table) markAll() {
	if t.env.Top == common.OnTable {
		t.toggleMarks(t.Shown())
	}
}

// toggleMarks marks tasks, or takes their marks away if all of them have one.
func (t *Table) toggleMarks(tasks []*poller.Task) {
	all := !slices.ContainsFunc(tasks, func(task *poller.Task) bool { return !t.marks.has(task.Seq) })
	for _, task := range tasks {
		t.marks.set(task.Seq, !all)
	}
	t.env.Say(views.LevelInfo, fmt.Sprintf("%d marked", len(t.marks.seqs)))
}

// Marked returns the marked tasks, shown or not, in the order of addition.
func (t *Table) Marked() []*poller.Task {
	var tasks []*poller.Task
	for seq := range t.marks.seqs {
		if task := t.index.Get(seq); task != nil {
			tasks = append(tasks, task)
		}
	}
	slices.SortFunc(tasks, func(a, b *poller.Task) int { return int(a.Seq - b.Seq) })
	return tasks
}

// Shown returns the tasks that the table shows, in its order.
func (t *Table) Shown() []*poller.Task {
	tasks := make([]*poller.Task, 0, t.index.Matching())
	for rank := range t.index.Matching() {
		tasks = append(tasks, t.index.At(rank))
	}
	return tasks
}
