package index

import (
	"iter"
	"slices"
	"sort"

	"polltop/poller"
	"polltop/views"
)

// Index holds the latest snapshot of each tracked task, and the rows: those
// tasks that the tab and the filter let through, in order.
//
// The cursor is on a task, not on a place: no change of tasks, order, tab or
// filter moves it onto another one as long as its task is still shown. The
// window goes with it: the cursor's row stays on its line of the screen when
// rows come and go above it, as far as the ends of the table allow.
type Index struct {
	tasks  []*poller.Task // by seq; nil for none yet, removed for no more
	states []poller.State // by seq, absent where there is no task
	rows   []int32        // the seqs of the tasks that are shown, in order
	shown  []bool         // by seq: whether it is among rows
	slow   []bool         // by seq: whether it was slow when it was applied last
	total  int
	counts [poller.StateCount]int
	labels int // how many tasks have a label

	order  order
	tab    views.Tab
	source string
	filter filter
	match  func(*poller.Task) bool // nil lets all through

	isSlow func(*poller.Task) bool

	cursor view
	window []*poller.Task // what Window returned, for the next time
}

// removed stands where a task was. Seqs are not given twice, so a snapshot that
// was under way when its task was removed can be told and dropped.
var removed = new(poller.Task)

// absent stands in place of the state of a task that is not there.
const absent = poller.StateCount

// New returns an index of no tasks. It shows all of them in the order of
// addition. slow says of each task that is applied whether it is slow.
func New(slow func(*poller.Task) bool) *Index {
	return &Index{isSlow: slow, cursor: view{seq: none}}
}

// Apply takes the latest snapshots of tasks that are new or have changed. Where
// one task comes several times the last counts. Tasks that were removed stay so.
// It costs O(n + k log n) for k snapshots and n rows, and O(k) where no row moves.
func (x *Index) Apply(tasks []*poller.Task) {
	held := x.hold()
	var moved []int32
	leave := false
	for _, t := range tasks {
		shown := x.has(t.Seq)
		var old key
		if shown {
			old = x.key(t.Seq)
		}
		if !x.store(t) {
			continue
		}
		next, shows := x.key(t.Seq), x.shows(t.Seq)
		if shown && shows && x.order.compare(&old, &next) == 0 || !shown && !shows {
			continue
		}
		leave = leave || shown
		x.shown[t.Seq] = false
		moved = append(moved, t.Seq)
	}
	if leave {
		x.rows = slices.DeleteFunc(x.rows, func(seq int32) bool { return !x.shown[seq] })
	}
	x.merge(moved)
	x.settle(held)
}

// merge puts those of the given tasks into the rows that are to be shown. None of
// them is among the rows, and each may stand several times.
func (x *Index) merge(seqs []int32) {
	slices.Sort(seqs)
	seqs = slices.DeleteFunc(slices.Compact(seqs), func(seq int32) bool { return !x.shows(seq) })
	if len(seqs) == 0 {
		return
	}
	x.order.sort(x.key, seqs)
	old := x.rows
	x.rows = make([]int32, 0, len(old)+len(seqs)+len(seqs)/8)
	for _, seq := range seqs {
		before := x.search(old, x.key(seq))
		x.rows = append(append(x.rows, old[:before]...), seq)
		x.shown[seq] = true
		old = old[before:]
	}
	x.rows = append(x.rows, old...)
}

// store takes a snapshot without touching the rows. It returns false for one
// of a task that was removed.
func (x *Index) store(t *poller.Task) bool {
	if missing := int(t.Seq) + 1 - len(x.tasks); missing > 0 {
		x.tasks = append(x.tasks, make([]*poller.Task, missing)...)
		x.states = append(x.states, slices.Repeat([]poller.State{absent}, missing)...)
		x.shown = append(x.shown, make([]bool, missing)...)
		x.slow = append(x.slow, make([]bool, missing)...)
	}
	switch old := x.tasks[t.Seq]; old {
	case removed:
		return false
	case nil:
		x.total++
	default:
		x.count(old, -1)
	}
	x.count(t, 1)
	x.tasks[t.Seq], x.states[t.Seq], x.slow[t.Seq] = t, t.State, x.isSlow(t)
	return true
}

// count counts a task in, or out again.
func (x *Index) count(t *poller.Task, by int) {
	x.counts[t.State] += by
	if t.Request.Label != "" {
		x.labels += by
	}
}

// Remove forgets a task for good. It returns false if there is none of that
// seq.
func (x *Index) Remove(seq int32) bool {
	t := x.Get(seq)
	if t == nil {
		return false
	}
	held := x.hold()
	if x.shown[seq] {
		place := x.place(seq)
		x.rows = slices.Delete(x.rows, place, place+1)
		x.shown[seq] = false
	}
	x.tasks[seq], x.states[seq] = removed, absent
	x.total--
	x.count(t, -1)
	x.settle(held)
	return true
}

// Restore takes tasks back that were removed, at their old places in the order
// of addition.
func (x *Index) Restore(tasks []*poller.Task) {
	for _, t := range tasks {
		if int(t.Seq) < len(x.tasks) && x.tasks[t.Seq] == removed {
			x.tasks[t.Seq] = nil
		}
	}
	x.Apply(tasks)
}

// Removed reports whether a task was there and has been removed.
func (x *Index) Removed(seq int32) bool {
	return seq >= 0 && int(seq) < len(x.tasks) && x.tasks[seq] == removed
}

// Get returns the latest snapshot of a task, shown or not; nil if there is no
// task of that seq.
func (x *Index) Get(seq int32) *poller.Task {
	if seq < 0 || int(seq) >= len(x.tasks) || x.tasks[seq] == removed {
		return nil
	}
	return x.tasks[seq]
}

// All returns the latest snapshots of all tasks, shown or not, in the order of addition.
func (x *Index) All() []*poller.Task {
	tasks := make([]*poller.Task, 0, x.total)
	for seq, state := range x.states {
		if state != absent {
			tasks = append(tasks, x.tasks[seq])
		}
	}
	return tasks
}

// Live yields the latest snapshots of all tasks that have not ended, shown or not, in
// the order of addition. It looks at no others.
func (x *Index) Live() iter.Seq[*poller.Task] {
	return func(yield func(*poller.Task) bool) {
		for seq, state := range x.states {
			if state != absent && !state.Terminal() && !yield(x.tasks[seq]) {
				return
			}
		}
	}
}

// Slow reports whether a task was slow when it was applied last.
func (x *Index) Slow(seq int32) bool { return x.Get(seq) != nil && x.slow[seq] }

// At returns the task in a row, from 0 to Matching-1; nil beyond.
func (x *Index) At(rank int) *poller.Task {
	if rank < 0 || rank >= len(x.rows) {
		return nil
	}
	return x.tasks[x.rows[rank]]
}

// Total returns how many tasks there are.
func (x *Index) Total() int { return x.total }

// Matching returns how many tasks are shown: how many rows there are.
func (x *Index) Matching() int { return len(x.rows) }

// Counts returns how many of all tasks, shown or not, are in each state.
func (x *Index) Counts() [poller.StateCount]int { return x.counts }

// Labeled reports whether any task, shown or not, has a label.
func (x *Index) Labeled() bool { return x.labels > 0 }

// shows reports whether the tab and the filter let a task through.
func (x *Index) shows(seq int32) bool {
	t := x.tasks[seq]
	return x.tab.Match(x.states[seq]) && (x.match == nil || x.match(t)) && x.filter.match(t, x.slow[seq])
}

// key returns what a task is sorted by.
func (x *Index) key(seq int32) key { return x.order.of(x.tasks[seq], x.slow[seq]) }

// place returns how many rows stand before a task that is shown.
func (x *Index) place(seq int32) int { return x.search(x.rows, x.key(seq)) }

// search returns how many of some rows, which are sorted, stand before a key.
func (x *Index) search(rows []int32, k key) int {
	return sort.Search(len(rows), func(i int) bool {
		at := x.key(rows[i])
		return x.order.compare(&at, &k) >= 0
	})
}

// rebuild picks and sorts all rows anew, after a change of what is shown or how.
func (x *Index) rebuild() {
	held := x.hold()
	x.rows = make([]int32, 0, x.total)
	for seq, state := range x.states {
		x.shown[seq] = state != absent && x.shows(int32(seq))
		if x.shown[seq] {
			x.rows = append(x.rows, int32(seq))
		}
	}
	x.order.sort(x.key, x.rows)
	x.settle(held)
}

// has reports whether a task is shown.
func (x *Index) has(seq int32) bool { return seq >= 0 && int(seq) < len(x.shown) && x.shown[seq] }
