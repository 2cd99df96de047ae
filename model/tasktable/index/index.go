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
	sorted []int32 // the seqs of all tasks, in order
	rows   []int32 // those that are shown
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
	*poller.Task      // nil for none yet, removed for no more
	sorted       bool // it has its place among the sorted
	shown        bool
	slow         bool // it was slow when it was applied last
}

// there reports whether there is a task.
func (e entry) there() bool { return e.Task != nil && e.Task != removed }

// removed stands where a task was. Seqs are not given twice, so a snapshot that
// was under way when its task was removed can be recognized and dropped.
var removed = new(poller.Task)

// New returns an index of no tasks. It shows all of them in the order of
// addition. slow says of each task that is applied whether it is slow.
func New(slow func(*poller.Task) bool) *Index {
	return &Index{isSlow: slow, cursor: view{seq: none}}
}

// Apply takes the latest snapshots of tasks that are new or have changed. Where
// one task comes several times the last counts. Tasks that were removed stay so.
// It costs O(n + k log n) for k snapshots and n tasks, and O(k) where no row moves.
func (x *Index) Apply(tasks []*poller.Task) {
	defer x.restore(x.save())
	var moved []int32
	picked := true
	for _, t := range tasks {
		old := x.entry(t.Seq)
		if old.Task == removed {
			continue
		}
		x.store(t)
		e := &x.tasks[t.Seq]
		if old.there() {
			before, now := x.order.of(old.Task, old.slow), x.order.of(t, e.slow)
			if picked = picked && e.shown == old.shown; x.order.compare(&before, &now) == 0 {
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
	if len(moved) > 0 || !picked {
		x.pick()
	}
}

// merge puts tasks into the sorted ones, of which none of them is. Each may stand several times.
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

// store takes a snapshot, and leaves its row where it is.
func (x *Index) store(t *poller.Task) {
	if missing := int(t.Seq) + 1 - len(x.tasks); missing > 0 {
		x.tasks = append(x.tasks, make([]entry, missing)...)
	}
	e := &x.tasks[t.Seq]
	if e.there() {
		x.count(e.Task, -1)
	}
	x.count(t, 1)
	e.Task, e.slow = t, x.isSlow(t)
	e.shown = x.shows(e)
}

// count counts a task in, or out again.
func (x *Index) count(t *poller.Task, by int) {
	x.counts[t.State] += by
	if t.Request.Label != "" {
		x.labels += by
	}
}

// Remove forgets tasks for good. It returns false if there are none of those seqs.
func (x *Index) Remove(seqs ...int32) (any bool) {
	defer x.restore(x.save())
	for _, seq := range seqs {
		if t := x.Get(seq); t != nil {
			x.tasks[seq], any = entry{Task: removed}, true
			x.count(t, -1)
		}
	}
	gone := func(seq int32) bool { return x.tasks[seq].Task == removed }
	x.sorted, x.rows = slices.DeleteFunc(x.sorted, gone), slices.DeleteFunc(x.rows, gone)
	return any
}

// Restore takes tasks back that were removed, at their old places in the order of addition.
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

// Get returns the latest snapshot of a task, shown or not; nil if there is no task of that seq.
func (x *Index) Get(seq int32) *poller.Task {
	if e := x.entry(seq); e.there() {
		return e.Task
	}
	return nil
}

// All returns the latest snapshots of all tasks, shown or not, in the order of addition.
func (x *Index) All() []*poller.Task {
	tasks := make([]*poller.Task, 0, x.Total())
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

func (x *Index) Total() (n int) {
	for _, count := range x.counts {
		n += count
	}
	return n
}

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
	x.refilter()
}

// Filter returns the filter as it was given, SetFilter shows only tasks that one matches, in
// the language that filter describes. All that can be typed is a filter; the empty one shows all.
func (x *Index) Filter() string { return x.source }
func (x *Index) SetFilter(source string) {
	x.source, x.filter = source, compileFilter(source)
	x.refilter()
}

// Find returns where in a cell of a column the first text is that the filter looks for
// there; the cell's length twice for nowhere.
func (x *Index) Find(c views.Column, cell string) (from, to int) { return x.filter.find(c, cell) }

// SetMatch shows only tasks for which match holds, beside the tab and the
// filter; nil for no such condition. It must hold of a task's snapshot alone.
func (x *Index) SetMatch(match func(*poller.Task) bool) {
	x.match = match
	x.refilter()
}

// Sort returns the column that the rows are sorted by, Descending whether they are in
// descending order. SetSort sorts them by a column: ties stand in the order of addition, and
// what has no value in the column stands last, in both directions.
func (x *Index) Sort() views.Column { return x.order.column }
func (x *Index) Descending() bool   { return x.order.descending }
func (x *Index) SetSort(column views.Column, descending bool) {
	defer x.restore(x.save())
	x.order = order{column, descending}
	x.order.sort(x.key, x.sorted)
	x.pick()
}

func (x *Index) shows(e *entry) bool {
	return x.tab.Match(e.State) && (x.match == nil || x.match(e.Task)) && x.filter.match(e.Task, e.slow)
}

func (x *Index) key(seq int32) key { return x.order.of(x.tasks[seq].Task, x.tasks[seq].slow) }

// search returns how many of some rows, which are sorted, stand before a key.
func (x *Index) search(rows []int32, k key) int {
	return sort.Search(len(rows), func(i int) bool {
		at := x.key(rows[i])
		return x.order.compare(&at, &k) >= 0
	})
}

// refilter decides of each task anew whether it is shown.
func (x *Index) refilter() {
	defer x.restore(x.save())
	for _, seq := range x.sorted {
		e := &x.tasks[seq]
		e.shown = x.shows(e)
	}
	x.pick()
}

func (x *Index) pick() {
	x.rows = x.rows[:0]
	for _, seq := range x.sorted {
		if x.tasks[seq].shown {
			x.rows = append(x.rows, seq)
		}
	}
}
