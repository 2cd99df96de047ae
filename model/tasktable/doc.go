// Package tasktable is the table of all tasks: cursor, marks, tabs, filter and order.
//
// A Table owns the index over the tasks, which the other components read through their
// Env. It posts CursorMoved and TasksViewed.
package tasktable
