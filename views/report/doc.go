// Package report writes tasks as text and JSON: the summary after the dashboard has closed, the lines
// and objects of wait and status, and exports. It has no state. Outside text that it writes for a
// terminal goes through package safe.
package report
