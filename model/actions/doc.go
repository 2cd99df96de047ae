// Package actions does what the user wants done with tasks, and reports the outcome.
//
// Actions fulfils the wishes Command, Track, Paste, AddPayloads, EditPayload and Export. Its
// commands call the poller, the downloads, the browser, the streams and the --exec runner.
// A command that goes on within Update returns a common.Then. Actions has no view.
package actions
