package index

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

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
//   - activity: as activity says. It is the order in which the dashboard starts.
//   - status: slow, and then as in byStatus. Queue positions don't count: they
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

// byStatus is the order of the states, behind the slow ones. What moves comes first, then what
// went wrong, and the done, of which there are the most in the end, come last.
var byStatus = []poller.State{
	poller.Running, poller.Reading, poller.Queued, poller.New, poller.Failed, poller.Expired, poller.NotFound, poller.Unread,
	poller.Canceled, poller.Succeeded, poller.Retried,
}

// upper is a weight's highest bit. It parts weights of one kind from those of
// another that come behind.
const upper = 1 << 63

type key struct {
	weight     uint64 // the lighter comes first when ascending
	text, more string // by which those of equal weight are compared
	seq        int32
	none       bool // it has no value in the column
}

func (o order) of(t *poller.Task, slow bool) key {
	k := key{seq: t.Seq}
	switch o.column {
	case views.ColumnAdded: // the order of addition is that of the seqs
		k.weight = uint64(t.Seq)
	case views.ColumnStatus:
		if !slow {
			k.weight = uint64(1 + slices.Index(byStatus, t.State))
		}
	case views.ColumnID:
		k.text, k.none = t.Request.ID, t.Request.ID == ""
	case views.ColumnEndpoint:
		k.text, k.none = t.Request.Endpoint, t.Request.Endpoint == ""
	case views.ColumnLabel:
		k.text, k.none = t.Request.Label, t.Request.Label == ""
	case views.ColumnActivity:
		k.weight = activity(t, slow)
	case views.ColumnQueued:
		if t.Started == 0 && t.Ended == 0 {
			return k.passing(t.Queued)
		}
		return k.lasted(t.Waited(t.Ended))
	case views.ColumnRun:
		if t.Ended == 0 {
			return k.passing(t.Started)
		}
		return k.lasted(t.Ran(t.Ended))
	case views.ColumnSeen:
		k.weight, k.none = upper-1-uint64(t.Seen), t.Seen == 0
	case views.ColumnDetail:
		return k.detail(t)
	}
	return k
}

// detail orders failures by what went wrong, and others by how long they ran.
func (k key) detail(t *poller.Task) key {
	if k.text, k.more = t.ErrorType, t.Error; k.text == "" && k.more == "" {
		// The bits of floats that are not negative have the floats' order.
		k.weight, k.none = upper|math.Float64bits(t.InferenceTime), !(t.InferenceTime >= 0) // NaN too
	}
	return k
}

// lasted weighs a time that is over, if it is known, and passing one that passes since a
// stamp, if there was one.
func (k key) lasted(d time.Duration, ok bool) key {
	k.weight, k.none = uint64(d), !ok
	return k
}

func (k key) passing(since poller.Stamp) key {
	k.weight, k.none = upper|(upper-1-uint64(since)), since == 0
	return k
}

// The classes of the order by activity, and the bits of a stamp below them.
const (
	stampBits = 48

	active = 1 << stampBits
	waits  = 2 << stampBits
	over   = 3 << stampBits
)

// activity weighs a task by what happens with it: what is slow, then what runs, the longest
// first, what waits, in the order of addition, and what has ended, the latest first.
func activity(t *poller.Task, slow bool) uint64 {
	switch {
	case t.State.Terminal():
		return over | (1<<stampBits - 1 - uint64(t.Ended))
	case slow:
		return 0
	case t.State == poller.Running || t.State == poller.Reading:
		return active | uint64(t.Started)
	}
	return waits
}

// compare returns a negative number where the task of a stands before that of b, a
// positive one where b's does, and 0 only for the same task.
func (o order) compare(a, b *key) int {
	switch {
	case a.none && b.none:
		return cmp.Compare(a.seq, b.seq)
	case a.none:
		return 1
	case b.none:
		return -1
	}
	by := cmp.Compare(a.weight, b.weight)
	if by == 0 {
		by = cmp.Or(strings.Compare(a.text, b.text), strings.Compare(a.more, b.more))
	}
	if o.descending {
		by = -by
	}
	return cmp.Or(by, cmp.Compare(a.seq, b.seq))
}

// sort sorts seqs. The keys are made before, as looking them up in the tasks at each
// comparison would take most of the time, and only pointers to them are moved.
func (o order) sort(of func(seq int32) key, seqs []int32) {
	keys, sorted := make([]key, len(seqs)), make([]*key, len(seqs))
	for i, seq := range seqs {
		keys[i] = of(seq)
		sorted[i] = &keys[i]
	}
	slices.SortFunc(sorted, o.compare)
	for i, k := range sorted {
		seqs[i] = k.seq
	}
}
