// Package hook runs the user's command for each task that ends, with the task as JSON on
// its standard input.
//
// A Runner takes ended tasks, runs a few commands at once and says which failed; the
// dashboard calls it. What a service says reaches the command through standard input
// only: never in its text, its arguments or its environment, where a shell could run it.
package hook
