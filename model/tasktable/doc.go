// Package tasktable is the table of all tasks: cursor, marks, tabs, filter and order.
//
// A Table owns the index of the tasks, which other components read as Tasks of their Env. It
// posts CursorMoved and TasksViewed.
package tasktable
