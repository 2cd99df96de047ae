// Package actions does what the user wants done with tasks, and says what came of it.
//
// Actions takes the wishes of the other components: Command, Track, Paste, AddPayloads,
// EditPayload, Export, LookUp, FetchResult and Watch. It alone talks to the poller, the
// downloads, the browser, the streams and the --exec command, in commands. Where an action
// goes on after its command, the command returns a then. It has no view.
package actions
