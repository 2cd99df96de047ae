package store

import "polltop/poller"

// stateCodes are the numbers of the states on disk. They never change, because existing
// sessions have them. A new state gets the next free number.
var stateCodes = [poller.StateCount]int64{
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
