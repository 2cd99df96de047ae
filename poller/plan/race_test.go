//go:build race

package plan

// racing says that the race detector watches, which a simulation of one goroutine has
// nothing to show, and which it makes ten times slower.
const racing = true
