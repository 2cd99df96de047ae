// Package index is the index of all tracked tasks: which of them are shown, in what order,
// where the cursor is and what the window shows. It is fast at 100,000 tasks: a batch of
// changes is merged into the sorted rows in one pass.
//
// It does no I/O and reads no clock. An Index is not safe for concurrent use.
package index
