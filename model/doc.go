// Package model is the dashboard, a Bubble Tea program.
//
// Run runs it over a poller or a session until the user quits, and returns what is printed
// then. A Model is the root: it holds the components, the focus and the size, and passes
// each message to the components that it is for. Package views draws them. Package cli
// calls Run.
//
// Update does no I/O and nothing slow; commands change no state; View changes nothing.
package model
