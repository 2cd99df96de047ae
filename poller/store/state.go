package store

import (
	"slices"

	"polltop/poller"
)

// stateCodes are the numbers of the states on disk. They never change, because existing
// sessions have them. A new state gets the next free number.
var stateCodes = [poller.StateCount]uint8{
	poller.New:       0,
	poller.Queued:    1,
	poller.Running:   2,
	poller.Succeeded: 3,
	poller.Failed:    4,
	poller.Canceled:  5,
	poller.NotFound:  6,
	poller.Reading:   7,
	poller.Expired:   8,
	poller.Unread:    9,
	poller.Retried:   10,
}

// stateOf returns the state of a number on disk, and false for an unknown number.
func stateOf(code int64) (poller.State, bool) {
	if code < 0 || code >= int64(poller.StateCount) {
		return 0, false
	}
	state := slices.Index(stateCodes[:], uint8(code))
	return poller.State(state), state >= 0
}
