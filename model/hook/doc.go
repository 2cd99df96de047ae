// Package hook runs the user's command for each task that ends, with the task as JSON on
// its standard input.
//
// A Runner runs a few commands at once and reports failures; the dashboard calls it. Text of
// a service reaches the command only through standard input: never in its text, arguments or
// environment, where a shell could run it.
package hook
