package session

import (
	"time"

	"polltop/poller/store"
)

// watch sees whether the process that holds a lease lives, by its beat and this
// process's own clock.
type watch struct {
	last store.Lease
	at   time.Time
}

// see takes in the lease as it is now.
func (w *watch) see(l store.Lease) {
	if l != w.last {
		w.last, w.at = l, time.Now()
	}
}

// stalled returns the lease if its beat has stood still for too long, else none.
func (w *watch) stalled() store.Lease {
	if w.last.Holder == "" || time.Since(w.at) < stall {
		return store.Lease{}
	}
	return w.last
}

// free reports whether the lease can be taken.
func (w *watch) free() bool { return !w.last.Living() || w.stalled().Holder != "" }
