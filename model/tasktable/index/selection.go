package index

import (
	"polltop/poller"
	"polltop/views"
)

// Tab returns the tab that is shown.
func (x *Index) Tab() views.Tab { return x.tab }

// SetTab shows the tasks of a tab.
func (x *Index) SetTab(tab views.Tab) {
	x.tab = tab
	x.rebuild()
}

// Filter returns the filter as it was given.
func (x *Index) Filter() string { return x.source }

// SetFilter shows only tasks that a filter matches, in the language that filter tells.
// All that can be typed is a filter; the empty one shows all.
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

// Sort returns the column that the rows are sorted by.
func (x *Index) Sort() views.Column { return x.order.column }

// Descending reports whether they are sorted in descending order.
func (x *Index) Descending() bool { return x.order.descending }

// SetSort sorts the rows by a column. Ties stand in the order of addition, and
// what has no value in the column stands last, in both directions.
func (x *Index) SetSort(column views.Column, descending bool) {
	x.order = order{column, descending}
	x.rebuild()
}
