// Package detail is the pane that explains one task: its state, its result with a picture
// of it, and the raw answer.
//
// An open Pane follows the cursor of the table, and closes if that is on no task. Its commands
// read from a Source what the task's snapshot does not have.
package detail
