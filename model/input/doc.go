// Package input reads tasks from what the user names: arguments, files, standard
// input, named pipes and files that others append to.
//
// ReadArguments reads what is complete at the start. A Reader reads streams as their
// lines come, in the background, and has the tasks tracked; Next returns what it read
// and refused. All text goes through poller/paste, which decides what is a request.
//
// Package cli calls it, for the dashboard and for commands without a screen. It draws
// nothing, and knows neither the settings nor the service.
package input
