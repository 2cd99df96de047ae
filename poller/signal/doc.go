// Package signal signals to one goroutine that something has changed, once for any number of
// changes.
package signal
