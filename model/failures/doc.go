// Package failures is the view that groups tasks by why they failed, by their next step, their
// endpoint or their state.
//
// The root shows it in the table's area while the Env's Area is OnGroups.
package failures
