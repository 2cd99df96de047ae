// Package views draws the dashboard: props in, string out.
//
// Each part of the screen has a type for its props and a function that draws it; the
// model calls them. It keeps no state, does no I/O and reads no clock. All outside text
// goes through package safe.
package views
