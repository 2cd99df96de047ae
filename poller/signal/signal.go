package signal

// Signal is a channel that receives once after any number of calls of Set. It may be
// closed, and is then not to be set any more.
type Signal chan struct{}

// New returns a Signal that is not set.
func New() Signal { return make(Signal, 1) }

// Set sets the signal, if it is not set. It does not wait.
func (s Signal) Set() {
	select {
	case s <- struct{}{}:
	default:
	}
}

// Clear takes the signal back, and reports whether it was set.
func (s Signal) Clear() bool {
	select {
	case <-s:
		return true
	default:
		return false
	}
}
