// Package report writes tasks as text and JSON: the summary that stays in the terminal
// when the dashboard has closed, the lines and objects of wait and status, and exports.
//
// Packages model, script and cli call it. It keeps no state, and all outside text that it
// writes to a terminal goes through package safe.
package report
