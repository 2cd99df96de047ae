package index

import (
	"cmp"
	"math"
	"strings"

	"polltop/poller"
	"polltop/views"
)

// order is what the rows are sorted by. It is total: no two tasks are equal in
// it, as ties are broken by Seq, ascending in both directions, so that tasks
// never change places without cause. It asks nothing about the time of day:
// rows move when their task changes, never because time passes.
//
// What has no value in the column stands last in both directions, since a list
// is sorted by a column to see what is in it. Ascending, the columns mean:
//
//   - added: the order of addition.
//   - status: slow, running, reading, queued, new, failed, expired, not found,
//     unread, canceled, done. What
//     moves comes first, then what went wrong, and the done, of which there
//     are the most in the end, come last. Queue positions don't count: they
//     follow the order of addition anyhow, and rows would jump with each poll.
//   - id, endpoint, label: by their bytes.
//   - queued, run: the time that is over, shortest first, and then the time
//     that still passes, latest begun first. So descending shows the live
//     ones from the longest on, and then the ended ones from the longest on: a
//     time that is not over may yet be the longest of all.
//   - seen: by the age of the last answer, so the most recent first.
//   - detail: failures by error type and then error text, both by their bytes;
//     then successes by inference time, fastest first.
type order struct {
	column     views.Column
	descending bool
}

// statusWeight is the place of each state in the order by status, behind the
// slow ones.
var statusWeight = [poller.StateCount]uint64{
	poller.Running:   1,
	poller.Reading:   2,
	poller.Queued:    3,
	poller.New:       4,
	poller.Failed:    5,
	poller.Expired:   6,
	poller.NotFound:  7,
	poller.Unread:    8,
	poller.Canceled:  9,
	poller.Succeeded: 10,
}

// upper is a weight's highest bit. It parts weights of one kind from those of
// another that come behind.
const upper = 1 << 63

// weight returns what a task weighs in the column: the lighter comes first when
// ascending. It is false for a task that has no value in the column. Tasks of
// equal weight are compared by their texts.
func (o order) weight(t *poller.Task) (uint64, bool) {
	switch o.column {
	case views.ColumnAdded:
		return uint64(t.Seq), true
	case views.ColumnStatus:
		if t.Slow {
			return 0, true
		}
		return statusWeight[t.State], true
	case views.ColumnID:
		return 0, t.Request.ID != ""
	case views.ColumnEndpoint:
		return 0, t.Request.Endpoint != ""
	case views.ColumnLabel:
		return 0, t.Request.Label != ""
	case views.ColumnQueued:
		until := t.Started
		if until == 0 {
			until = t.Ended
		}
		return spanWeight(t.Queued, until)
	case views.ColumnRun:
		return spanWeight(t.Started, t.Ended)
	case views.ColumnSeen:
		return upper - 1 - uint64(t.Seen), t.Seen != 0
	case views.ColumnDetail:
		if t.ErrorType != "" || t.Error != "" {
			return 0, true
		}
		// The bits of floats that are not negative have the floats' order.
		return upper | math.Float64bits(t.InferenceTime), t.InferenceTime >= 0
	}
	return 0, false
}

// spanWeight weighs the time between two stamps, of which the second is 0 while
// the time still passes.
func spanWeight(from, to poller.Stamp) (uint64, bool) {
	if to == 0 {
		return upper | (upper - 1 - uint64(from)), from != 0
	}
	return uint64(to.Sub(from)), from != 0
}

// parts returns by how many texts tasks of equal weight are compared.
func (o order) parts() int {
	switch o.column {
	case views.ColumnID, views.ColumnEndpoint, views.ColumnLabel:
		return 1
	case views.ColumnDetail:
		return 2
	}
	return 0
}

// text returns a task's text by which it is compared, from 0 to parts-1.
func (o order) text(t *poller.Task, part int) string {
	switch {
	case o.column == views.ColumnID:
		return t.Request.ID
	case o.column == views.ColumnEndpoint:
		return t.Request.Endpoint
	case o.column == views.ColumnLabel:
		return t.Request.Label
	case part == 0:
		return t.ErrorType
	}
	return t.Error
}

// compare returns a negative number where a stands before b, a positive one
// where b does, and 0 only for snapshots of the same task.
func (o order) compare(a, b *poller.Task) int {
	wa, oka := o.weight(a)
	wb, okb := o.weight(b)
	if oka != okb {
		if oka {
			return -1
		}
		return 1
	}
	by := 0
	if oka {
		by = cmp.Compare(wa, wb)
		for part := 0; by == 0 && part < o.parts(); part++ {
			by = strings.Compare(o.text(a, part), o.text(b, part))
		}
		if o.descending {
			by = -by
		}
	}
	if by == 0 {
		by = cmp.Compare(a.Seq, b.Seq)
	}
	return by
}

// failure reports whether a task in this state did not come to a good end. One
// that was canceled was meant to end so.
func failure(state poller.State) bool {
	return state == poller.Failed || state.Unknown()
}
