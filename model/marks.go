package model

import (
	"fmt"
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"polltop/poller"
	"polltop/views"
)

// marks are the tasks that the user picked for an action in bulk. They are held
// by Seq, so that sorting, filtering and new answers leave them as they are.
type marks struct {
	seqs   map[int32]struct{}
	anchor int32 // where a range begins; none when none is being marked
}

func newMarks() marks { return marks{seqs: map[int32]struct{}{}, anchor: none} }

func (m *marks) has(seq int32) bool {
	_, ok := m.seqs[seq]
	return ok
}

func (m *marks) add(seq int32) { m.seqs[seq] = struct{}{} }

func (m *marks) drop(seq int32) { delete(m.seqs, seq) }

func (m *marks) clear() {
	clear(m.seqs)
	m.anchor = none
}

// pressMark does what a key means for the marks, and reports whether it is one
// of theirs.
func (m *Model) pressMark(msg tea.KeyPressMsg) (tea.Cmd, bool) {
	k := m.keys
	switch {
	case key.Matches(msg, k.Mark):
		seq, ok := m.index.CursorSeq()
		if !ok {
			return nil, true
		}
		if m.marks.has(seq) {
			m.marks.drop(seq)
		} else {
			m.marks.add(seq)
		}
		m.index.MoveBy(1)
		m.moved = true
		return m.follow(), true
	case key.Matches(msg, k.MarkRange):
		return m.markRange(), true
	case key.Matches(msg, k.MarkAll):
		return m.markAll(), true
	}
	return nil, false
}

// markRange begins a range at the cursor, or marks all rows from where one was
// begun to the cursor.
func (m *Model) markRange() tea.Cmd {
	seq, ok := m.index.CursorSeq()
	if !ok {
		return nil
	}
	if m.marks.anchor == none {
		m.marks.anchor = seq
		return m.say(views.LevelInfo, "range begun: move, and press V again to mark all between; esc gives up")
	}
	from, ok := m.index.Rank(m.marks.anchor)
	m.marks.anchor = none
	if !ok {
		return m.say(views.LevelWarn, "the row where the range began is not shown any more: nothing marked")
	}
	to := m.index.CursorRank()
	if from > to {
		from, to = to, from
	}
	for rank := from; rank <= to; rank++ {
		m.marks.add(m.index.At(rank).Seq)
	}
	return m.say(views.LevelInfo, fmt.Sprintf("%d marked", len(m.marks.seqs)))
}

// markAll marks all rows under the tab and the filter, or takes those marks away
// when all have one.
func (m *Model) markAll() tea.Cmd {
	all := true
	for rank := range m.index.Matching() {
		all = all && m.marks.has(m.index.At(rank).Seq)
	}
	for rank := range m.index.Matching() {
		if seq := m.index.At(rank).Seq; all {
			m.marks.drop(seq)
		} else {
			m.marks.add(seq)
		}
	}
	return m.say(views.LevelInfo, fmt.Sprintf("%d marked", len(m.marks.seqs)))
}

// targets returns the tasks that an action means: the marked ones, shown or not,
// in the order of addition; without marks, the one in the focused pane or under
// the cursor.
func (m *Model) targets() []*poller.Task {
	if len(m.marks.seqs) == 0 {
		if t := m.subject(); t != nil {
			return []*poller.Task{t}
		}
		return nil
	}
	tasks := make([]*poller.Task, 0, len(m.marks.seqs))
	for seq := range m.marks.seqs {
		if t := m.index.Get(seq); t != nil {
			tasks = append(tasks, t)
		}
	}
	slices.SortFunc(tasks, func(a, b *poller.Task) int { return int(a.Seq - b.Seq) })
	return tasks
}

// seqsOf returns the Seqs of those tasks for which keep holds.
func seqsOf(tasks []*poller.Task, keep func(*poller.Task) bool) []int32 {
	var seqs []int32
	for _, t := range tasks {
		if keep(t) {
			seqs = append(seqs, t.Seq)
		}
	}
	return seqs
}

// counted returns "1 task" or "n tasks".
func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
