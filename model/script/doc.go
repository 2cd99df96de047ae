// Package script watches tasks without a screen, for shells and programs: it waits until
// all have ended, or asks for each once, and reports what happens in lines or in JSON.
//
// The commands wait and status call Run, which returns an Outcome: the exit status follows from
// that. It gets its tasks and updates from a poller or a session, and makes no request itself.
package script
