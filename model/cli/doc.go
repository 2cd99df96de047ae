// Package cli is polltop's commands and their flags. Main runs what the command line
// asks for and returns the exit status; main calls it.
//
// It resolves the settings, builds the client, the session and the downloads, and passes
// them to package model for the dashboard or to package script for wait and status. It
// decides nothing about tasks.
package cli
