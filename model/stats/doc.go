// Package stats is the view of the statistics of each endpoint, and of how many tasks ended
// when.
//
// The root shows it in the table's area while the Env's Area is OnStats.
package stats
