// Package model is the dashboard: a Bubble Tea program in which messages come in, state
// changes, and commands go out.
//
// Run runs it over a Tracker, which is a poller or a session, until the user quits, and
// returns what stays in the scrollback. A Model is the root: it holds the components, what
// has the keys, and the size, and hands each message to the components that it is for. They
// do the rest, and package views draws them. Package cli calls it.
//
// Update does no I/O and nothing slow; commands change no state; View changes nothing.
package model
