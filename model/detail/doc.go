// Package detail is the pane that explains one task: its state, its result with a picture
// of it, and the raw answer.
//
// A Pane follows the cursor of the table while it is open, also onto no task: then it closes.
// What it shows beside the task's snapshot it reads from its Source, in commands.
package detail
