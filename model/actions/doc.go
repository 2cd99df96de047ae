// Package actions does what the user wants done with tasks, and says what came of it.
//
// Actions takes the wishes of the other components: Command, Track, Paste, AddPayloads,
// EditPayload and Export. It alone changes what is tracked, and talks to the downloads, the
// browser, the streams and the --exec command, in commands. Where an action goes on after its
// command, the command returns a common.Then. It has no view.
package actions
