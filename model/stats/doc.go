// Package stats is the view of what was observed of the endpoints, and of what ended when.
//
// The root shows it in the table's place while the Env's Area is OnStats.
package stats
