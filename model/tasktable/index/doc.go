// Package index is the index over all tracked tasks: which of them are shown,
// in what order, where the cursor is and what the window shows. It stays
// instant at a hundred thousand tasks: a batch of changes is merged into the
// sorted rows at once, which copies four bytes a row, and a window costs its rows.
//
// It does no I/O, starts no goroutine and does not ask what time it is. An
// Index is not safe for use by several goroutines.
package index
