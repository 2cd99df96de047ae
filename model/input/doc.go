// Package input reads tasks from what the user names: arguments, files, standard
// input, named pipes and files that others append to.
//
// ReadArguments reads files and arguments at the start. A Reader reads streams in the background as
// their lines arrive, and tracks the tasks; Next returns what it read and refused. Package
// poller/paste decides what is a request.
//
// Package cli calls it, for the dashboard and for commands without a screen. It draws nothing and
// knows neither the settings nor the service.
package input
