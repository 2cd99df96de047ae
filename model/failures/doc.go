// Package failures is the view that groups tasks by what they have in common: why they
// failed, what to do next, their endpoint or their state.
//
// The root shows it in the table's place while the Env's Area is OnGroups.
package failures
