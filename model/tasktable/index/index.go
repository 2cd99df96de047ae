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
	tasks  []entry // by seq
	rows   []int32 // the seqs of the tasks that are shown, in order
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

// entry is a task, or the place of one.
type entry struct {
	*poller.Task // nil for none yet, removed for no more
	shown        bool
	slow         bool // it was slow when it was applied last
}

// there reports whether there is a task.
func (e entry) there() bool { return e.Task != nil && e.Task != removed }

// removed stands where a task was. Seqs are not given twice, so a snapshot that
// was under way when its task was removed can be told and dropped.
var removed = new(poller.Task)

// New returns an index of no tasks. It shows all of them in the order of
// addition. slow says of each task that is applied whether it is slow.
func New(slow func(*poller.Task) bool) *Index {
	return &Index{isSlow: slow, cursor: view{seq: none}}
}

// Apply takes the latest snapshots of tasks that are new or have changed. Where
// one task comes several times the last counts. Tasks that were removed stay so.
// It costs O(n + k log n) for k snapshots and n rows, and O(k) where no row moves.
func (x *Index) Apply(tasks []*poller.Task) {
	defer x.restore(x.save())
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
		x.tasks[t.Seq].shown = false
		moved = append(moved, t.Seq)
	}
	if leave {
		x.rows = slices.DeleteFunc(x.rows, func(seq int32) bool { return !x.tasks[seq].shown })
	}
	x.merge(moved)
}

// merge puts those of the given tasks into the rows that are to be shown. None of
// them is among the rows, and each may stand several times.
func (x *Index) merge(seqs []int32) {
	slices.Sort(seqs)
	seqs = slices.DeleteFunc(slices.Compact(seqs), func(seq int32) bool { return !x.shows(seq) })
	x.order.sort(x.key, seqs)
	left := len(x.rows)
	x.rows = append(x.rows, seqs...)
	for i, seq := range slices.Backward(seqs) {
		before := x.search(x.rows[:left], x.key(seq))
		copy(x.rows[before+i+1:], x.rows[before:left])
		x.rows[before+i], left = seq, before
		x.tasks[seq].shown = true
	}
}

// store takes a snapshot without touching the rows. It returns false for one
// of a task that was removed.
func (x *Index) store(t *poller.Task) bool {
	if missing := int(t.Seq) + 1 - len(x.tasks); missing > 0 {
		x.tasks = append(x.tasks, make([]entry, missing)...)
	}
	e := &x.tasks[t.Seq]
	if e.Task == removed {
		return false
	}
	if e.there() {
		x.count(e.Task, -1)
	}
	x.count(t, 1)
	e.Task, e.slow = t, x.isSlow(t)
	return true
}

// count counts a task in, or out again.
func (x *Index) count(t *poller.Task, by int) {
	x.total += by
	x.counts[t.State] += by
	if t.Request.Label != "" {
		x.labels += by
	}
}

// Remove forgets a task for good. It returns false if there is none of that seq.
func (x *Index) Remove(seq int32) bool {
	t := x.Get(seq)
	if t == nil {
		return false
	}
	defer x.restore(x.save())
	if x.tasks[seq].shown {
		place := x.place(seq)
		x.rows = slices.Delete(x.rows, place, place+1)
	}
	x.tasks[seq] = entry{Task: removed}
	x.count(t, -1)
	return true
}

// Restore takes tasks back that were removed, at their old places in the order
// of addition.
func (x *Index) Restore(tasks []*poller.Task) {
	for _, t := range tasks {
		if x.Removed(t.Seq) {
			x.tasks[t.Seq].Task = nil
		}
	}
	x.Apply(tasks)
}

// Removed reports whether a task was there and has been removed.
func (x *Index) Removed(seq int32) bool { return x.entry(seq).Task == removed }

// entry returns that of a task, an empty one for none.
func (x *Index) entry(seq int32) entry {
	if seq < 0 || int(seq) >= len(x.tasks) {
		return entry{}
	}
	return x.tasks[seq]
}

// Get returns the latest snapshot of a task, shown or not; nil if there is no
// task of that seq.
func (x *Index) Get(seq int32) *poller.Task {
	if e := x.entry(seq); e.there() {
		return e.Task
	}
	return nil
}

// All returns the latest snapshots of all tasks, shown or not, in the order of addition.
func (x *Index) All() []*poller.Task {
	tasks := make([]*poller.Task, 0, x.total)
	for _, e := range x.tasks {
		if e.there() {
			tasks = append(tasks, e.Task)
		}
	}
	return tasks
}

// Live yields the latest snapshots of all tasks that have not ended, shown or not, in
// the order of addition.
func (x *Index) Live() iter.Seq[*poller.Task] {
	return func(yield func(*poller.Task) bool) {
		for _, e := range x.tasks {
			if e.there() && !e.State.Terminal() && !yield(e.Task) {
				return
			}
		}
	}
}

// Slow reports whether a task was slow when it was applied last.
func (x *Index) Slow(seq int32) bool { return x.entry(seq).slow }

// At returns the task in a row, from 0 to Matching-1; nil beyond.
func (x *Index) At(rank int) *poller.Task {
	if rank < 0 || rank >= len(x.rows) {
		return nil
	}
	return x.tasks[x.rows[rank]].Task
}

// Total returns how many tasks there are.
func (x *Index) Total() int { return x.total }

// Matching returns how many tasks are shown: how many rows there are.
func (x *Index) Matching() int { return len(x.rows) }

// Counts returns how many of all tasks, shown or not, are in each state.
func (x *Index) Counts() [poller.StateCount]int { return x.counts }

// Labeled reports whether any task, shown or not, has a label.
func (x *Index) Labeled() bool { return x.labels > 0 }

// Tab returns the tab that is shown, SetTab shows the tasks of one.
func (x *Index) Tab() views.Tab { return x.tab }
func (x *Index) SetTab(tab views.Tab) {
	x.tab = tab
	x.rebuild()
}

// Filter returns the filter as it was given, SetFilter shows only tasks that one matches, in
// the language that filter tells. All that can be typed is a filter; the empty one shows all.
func (x *Index) Filter() string { return x.source }
func (x *Index) SetFilter(source string) {
	x.source, x.filter = source, compileFilter(source)
	x.rebuild()
}

// Find returns where in a cell of a column the first text is that the filter looks for
// there; the cell's length twice for nowhere.
func (x *Index) Find(c views.Column, cell string) (from, to int) { return x.filter.find(c, cell) }

// SetMatch shows only tasks for which match holds, beside the tab and the
// filter; nil for no such condition. It must hold of a task's snapshot alone.
func (x *Index) SetMatch(match func(*poller.Task) bool) {
	x.match = match
	x.rebuild()
}

// Sort returns the column that the rows are sorted by, Descending whether they are in
// descending order. SetSort sorts them by a column: ties stand in the order of addition, and
// what has no value in the column stands last, in both directions.
func (x *Index) Sort() views.Column { return x.order.column }
func (x *Index) Descending() bool   { return x.order.descending }
func (x *Index) SetSort(column views.Column, descending bool) {
	x.order = order{column, descending}
	x.rebuild()
}

func (x *Index) shows(seq int32) bool {
	e := x.tasks[seq]
	return x.tab.Match(e.State) && (x.match == nil || x.match(e.Task)) && x.filter.match(e.Task, e.slow)
}

// key returns what a task is sorted by.
func (x *Index) key(seq int32) key { return x.order.of(x.tasks[seq].Task, x.tasks[seq].slow) }

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
	defer x.restore(x.save())
	x.rows = make([]int32, 0, x.total)
	for seq := range x.tasks {
		e := &x.tasks[seq]
		e.shown = e.there() && x.shows(int32(seq))
		if e.shown {
			x.rows = append(x.rows, int32(seq))
		}
	}
	x.order.sort(x.key, x.rows)
}

func (x *Index) has(seq int32) bool { return x.entry(seq).shown }
