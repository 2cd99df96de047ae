package index

import (
	"iter"
	"slices"
	"sort"

	"polltop/poller"
	"polltop/views"
)

// Index holds the latest snapshot of each tracked task, and the rows: the tasks that match the
// tab and the filter, in order.
//
// The cursor is on a task: as long as that is shown, no change of tasks, order, tab or filter
// moves the cursor to another one. Its row stays on the same line of the window when rows above
// are added or removed, as far as the ends of the table allow.
type Index struct {
	tasks   []entry // by seq
	sorted  []int32 // the seqs of all tasks, in order
	rows    []int32 // those that are shown
	counts  [poller.StateCount]int
	labeled int // how many tasks have a label

	order      order
	tab        views.Tab
	filterText string
	filter     filter
	match      func(*poller.Task) bool // see SetMatch

	isSlow func(*poller.Task) bool
	cursor cursor
	window []*poller.Task // the buffer of Window
}

// entry is the state of a seq.
type entry struct {
	*poller.Task      // nil before the task is added, removed after its removal
	sorted       bool // the seq is in Index.sorted
	shown        bool
	slow         bool // the task was slow when it was last applied
}

func (e entry) present() bool { return e.Task != nil && e.Task != removed }

// removed marks the entry of a removed task, so that Apply ignores a late snapshot of it. Restore
// must be called before another task can have the seq.
var removed = new(poller.Task)

// New returns an empty index that shows all tasks in the order of addition. slow reports whether
// a task that is applied is slow.
func New(slow func(*poller.Task) bool) *Index {
	return &Index{isSlow: slow, cursor: cursor{seq: noTask}}
}

// Apply stores snapshots of tasks that are new or have changed. Of several snapshots of a task
// the last counts. Removed tasks are ignored. It takes O(n + k log n) for k snapshots and n
// tasks, and O(k) if no row moves.
func (x *Index) Apply(tasks []*poller.Task) {
	defer x.restoreCursor(x.saveCursor())
	var moved []int32
	sameShown := true
	for _, t := range tasks {
		old := x.entry(t.Seq)
		if old.Task == removed {
			continue
		}
		x.store(t)
		e := &x.tasks[t.Seq]
		if old.present() {
			before, now := x.order.keyOf(old.Task, old.slow), x.order.keyOf(t, e.slow)
			if sameShown = sameShown && e.shown == old.shown; x.order.compare(&before, &now) == 0 {
				continue
			}
		}
		e.sorted = false
		moved = append(moved, t.Seq)
	}
	if len(moved) > 0 {
		x.sorted = slices.DeleteFunc(x.sorted, func(seq int32) bool { return !x.tasks[seq].sorted })
		x.merge(moved)
	}
	if len(moved) > 0 || !sameShown {
		x.rebuildRows()
	}
}

// merge inserts seqs into sorted, which has none of them. A seq may be given several times.
func (x *Index) merge(seqs []int32) {
	slices.Sort(seqs)
	seqs = slices.Compact(seqs)
	x.order.sort(x.key, seqs)
	left := len(x.sorted)
	x.sorted = append(x.sorted, seqs...)
	for i, seq := range slices.Backward(seqs) {
		before := x.search(x.sorted[:left], x.key(seq))
		copy(x.sorted[before+i+1:], x.sorted[before:left])
		x.sorted[before+i], left = seq, before
		x.tasks[seq].sorted = true
	}
}

// store stores a snapshot without moving its row.
func (x *Index) store(t *poller.Task) {
	if missing := int(t.Seq) + 1 - len(x.tasks); missing > 0 {
		x.tasks = append(x.tasks, make([]entry, missing)...)
	}
	e := &x.tasks[t.Seq]
	if e.present() {
		x.count(e.Task, -1)
	}
	x.count(t, 1)
	e.Task, e.slow = t, x.isSlow(t)
	e.shown = x.shows(e)
}

// count adds a task to the counts, or removes it for -1.
func (x *Index) count(t *poller.Task, by int) {
	x.counts[t.State] += by
	if t.Request.Label != "" {
		x.labeled += by
	}
}

// Remove removes tasks for good. It returns false if none of the seqs has a task.
func (x *Index) Remove(seqs ...int32) (any bool) {
	defer x.restoreCursor(x.saveCursor())
	for _, seq := range seqs {
		if t := x.Get(seq); t != nil {
			x.tasks[seq], any = entry{Task: removed}, true
			x.count(t, -1)
		}
	}
	isRemoved := func(seq int32) bool { return x.tasks[seq].Task == removed }
	x.sorted, x.rows = slices.DeleteFunc(x.sorted, isRemoved), slices.DeleteFunc(x.rows, isRemoved)
	return any
}

// Restore adds removed tasks again, with their old positions in the order of addition.
func (x *Index) Restore(tasks []*poller.Task) {
	for _, t := range tasks {
		if x.Removed(t.Seq) {
			x.tasks[t.Seq].Task = nil
		}
	}
	x.Apply(tasks)
}

func (x *Index) Removed(seq int32) bool { return x.entry(seq).Task == removed }

// entry returns the entry of a seq, an empty one for an unknown seq.
func (x *Index) entry(seq int32) entry {
	if seq < 0 || int(seq) >= len(x.tasks) {
		return entry{}
	}
	return x.tasks[seq]
}

// Get returns the latest snapshot of a task, shown or not; nil if the seq has no task.
func (x *Index) Get(seq int32) *poller.Task {
	if e := x.entry(seq); e.present() {
		return e.Task
	}
	return nil
}

// All returns the latest snapshots of all tasks, shown or not, in the order of addition.
func (x *Index) All() []*poller.Task {
	tasks := make([]*poller.Task, 0, x.Total())
	for _, e := range x.tasks {
		if e.present() {
			tasks = append(tasks, e.Task)
		}
	}
	return tasks
}

// Live yields the latest snapshots of all live tasks, shown or not, in the order of addition.
func (x *Index) Live() iter.Seq[*poller.Task] {
	return func(yield func(*poller.Task) bool) {
		for _, e := range x.tasks {
			if e.present() && !e.State.Terminal() && !yield(e.Task) {
				return
			}
		}
	}
}

// Slow reports whether a task was slow when it was last applied.
func (x *Index) Slow(seq int32) bool { return x.entry(seq).slow }

// At returns the task in a row, from 0 to Matching-1; nil beyond.
func (x *Index) At(rank int) *poller.Task {
	if rank < 0 || rank >= len(x.rows) {
		return nil
	}
	return x.tasks[x.rows[rank]].Task
}

func (x *Index) Total() (n int) {
	for _, count := range x.counts {
		n += count
	}
	return n
}

// Matching returns the number of rows.
func (x *Index) Matching() int { return len(x.rows) }

// Counts returns how many of all tasks, shown or not, are in each state.
func (x *Index) Counts() [poller.StateCount]int { return x.counts }

// Labeled reports whether any task, shown or not, has a label.
func (x *Index) Labeled() bool { return x.labeled > 0 }

// Tab returns the tab that is shown, SetTab shows the tasks of one.
func (x *Index) Tab() views.Tab { return x.tab }
func (x *Index) SetTab(tab views.Tab) {
	x.tab = tab
	x.refilter()
}

// Filter returns the text of the filter. SetFilter shows only matching tasks; see filter for the
// syntax. Every text is valid, and the empty one shows all.
func (x *Index) Filter() string { return x.filterText }
func (x *Index) SetFilter(source string) {
	x.filterText, x.filter = source, compileFilter(source)
	x.refilter()
}

// Find returns the range of a column's cell in which the filter's first match is; an empty range
// at the cell's end for none.
func (x *Index) Find(c views.Column, cell string) (from, to int) { return x.filter.find(c, cell) }

// SetMatch shows only tasks for which match returns true, in addition to tab and filter; nil for
// all. match must depend on the snapshot alone.
func (x *Index) SetMatch(match func(*poller.Task) bool) {
	x.match = match
	x.refilter()
}

// Sort returns the column that the rows are sorted by, Descending whether in descending order.
// SetSort sorts them by a column. In both directions, ties are in the order of addition, and
// tasks without a value in the column come last.
func (x *Index) Sort() views.Column { return x.order.column }
func (x *Index) Descending() bool   { return x.order.descending }
func (x *Index) SetSort(column views.Column, descending bool) {
	defer x.restoreCursor(x.saveCursor())
	x.order = order{column, descending}
	x.order.sort(x.key, x.sorted)
	x.rebuildRows()
}

func (x *Index) shows(e *entry) bool {
	return x.tab.Match(e.State) && (x.match == nil || x.match(e.Task)) && x.filter.match(e.Task, e.slow)
}

func (x *Index) key(seq int32) key { return x.order.keyOf(x.tasks[seq].Task, x.tasks[seq].slow) }

// search returns how many of some sorted rows are before a key.
func (x *Index) search(rows []int32, k key) int {
	return sort.Search(len(rows), func(i int) bool {
		at := x.key(rows[i])
		return x.order.compare(&at, &k) >= 0
	})
}

// refilter computes for each task whether it is shown.
func (x *Index) refilter() {
	defer x.restoreCursor(x.saveCursor())
	for _, seq := range x.sorted {
		e := &x.tasks[seq]
		e.shown = x.shows(e)
	}
	x.rebuildRows()
}

func (x *Index) rebuildRows() {
	x.rows = x.rows[:0]
	for _, seq := range x.sorted {
		if x.tasks[seq].shown {
			x.rows = append(x.rows, seq)
		}
	}
}
