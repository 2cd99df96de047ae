// Package signal signals to one goroutine that something has changed, once for any number of
// changes.
package signal

// Signal is a channel that receives once after any number of calls of Set. After it is closed it
// must not be set.
type Signal chan struct{}

// New returns a Signal that is not set.
func New() Signal { return make(Signal, 1) }

// Set sets the signal without blocking.
func (s Signal) Set() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// Clear clears the signal, and reports whether it was set.
func (s Signal) Clear() bool {
	select {
	case <-s:
		return true
	default:
		return false
	}
}
