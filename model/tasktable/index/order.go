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

// order is what the rows are sorted by. No two tasks are equal: Seq breaks ties, ascending in
// both directions. The order does not depend on the present time, so a row only moves when
// its task changes.
//
// Tasks without a value in the column are last in both directions. Ascending, the columns mean:
//
//   - added: the order of addition.
//   - activity: see activity. The dashboard starts with it.
//   - status: slow ones first, then as in byStatus. Queue positions don't count, because rows
//     would jump with each poll.
//   - id, endpoint, label: by their bytes.
//   - queued, run: finished times, shortest first, then times that still grow, latest start
//     first. So descending shows the longest of the live tasks first, then the longest of
//     the ended ones: a growing time may become the longest of all.
//   - seen: the most recent answer first.
//   - detail: failures by error type, then error text; then successes by inference time.
type order struct {
	column     views.Column
	descending bool
}

// byStatus is the order of the states of tasks that are not slow: active ones first, then
// failures, then the others that have ended.
var byStatus = []poller.State{
	poller.Running, poller.Reading, poller.Queued, poller.New, poller.Failed, poller.Expired, poller.NotFound, poller.Unread,
	poller.Canceled, poller.Succeeded, poller.Retried,
}

// highBit is set in the weights of a second kind of values, which come after the first kind.
const highBit = 1 << 63

type key struct {
	weight        uint64 // the lighter comes first when ascending
	text, subtext string // compare keys of equal weight
	seq           int32
	noValue       bool // the task has no value in the column
}

func (o order) keyOf(t *poller.Task, slow bool) key {
	k := key{seq: t.Seq}
	switch o.column {
	case views.ColumnAdded: // seqs are in the order of addition
		k.weight = uint64(t.Seq)
	case views.ColumnStatus:
		if !slow {
			k.weight = uint64(1 + slices.Index(byStatus, t.State))
		}
	case views.ColumnID:
		k.text, k.noValue = t.Request.ID, t.Request.ID == ""
	case views.ColumnEndpoint:
		k.text, k.noValue = t.Request.Endpoint, t.Request.Endpoint == ""
	case views.ColumnLabel:
		k.text, k.noValue = t.Request.Label, t.Request.Label == ""
	case views.ColumnActivity:
		k.weight = activity(t, slow)
	case views.ColumnQueued:
		if t.Started == 0 && t.Ended == 0 {
			return k.withStart(t.Queued)
		}
		return k.withElapsed(t.BestQueueTime(t.Ended))
	case views.ColumnRun:
		if t.Ended == 0 {
			return k.withStart(t.Started)
		}
		return k.withElapsed(t.BestRunTime(t.Ended))
	case views.ColumnSeen:
		k.weight, k.noValue = highBit-1-uint64(t.Seen), t.Seen == 0
	case views.ColumnDetail:
		return k.withDetail(t)
	}
	return k
}

// withDetail sorts failures by their error, and other tasks by their inference time.
func (k key) withDetail(t *poller.Task) key {
	if k.text, k.subtext = t.ErrorType, t.Error; k.text == "" && k.subtext == "" {
		// The bits of non-negative floats sort as the floats do.
		k.weight, k.noValue = highBit|math.Float64bits(t.InferenceTime), !(t.InferenceTime >= 0) // NaN too
	}
	return k
}

// withElapsed sorts by a time that is over, withStart by one that grows since a stamp; 0 for none.
func (k key) withElapsed(d time.Duration, ok bool) key {
	k.weight, k.noValue = uint64(d), !ok
	return k
}

func (k key) withStart(since poller.Stamp) key {
	k.weight, k.noValue = highBit|(highBit-1-uint64(since)), since == 0
	return k
}

// The classes of the order by activity, in the bits above those of a stamp.
const (
	stampBits = 48

	classActive  = 1 << stampBits
	classWaiting = 2 << stampBits
	classEnded   = 3 << stampBits
)

// activity returns a task's weight in the order by activity: slow tasks, then running ones, the
// longest first, then waiting ones in the order of addition, then ended ones, the latest first.
func activity(t *poller.Task, slow bool) uint64 {
	switch {
	case t.State.Terminal():
		return classEnded | (1<<stampBits - 1 - uint64(t.Ended))
	case slow:
		return 0
	case t.State == poller.Running || t.State == poller.Reading:
		return classActive | uint64(t.Started)
	}
	return classWaiting
}

// compare returns a negative number if a's task is before b's, a positive one if it is after,
// and 0 only for the same task.
func (o order) compare(a, b *key) int {
	switch {
	case a.noValue && b.noValue:
		return cmp.Compare(a.seq, b.seq)
	case a.noValue:
		return 1
	case b.noValue:
		return -1
	}
	by := cmp.Compare(a.weight, b.weight)
	if by == 0 {
		by = cmp.Or(strings.Compare(a.text, b.text), strings.Compare(a.subtext, b.subtext))
	}
	if o.descending {
		by = -by
	}
	return cmp.Or(by, cmp.Compare(a.seq, b.seq))
}

// sort sorts seqs. It computes all keys first, because that would take most of the time if each
// comparison did it, and it moves only pointers to them.
func (o order) sort(keyOf func(seq int32) key, seqs []int32) {
	keys, sorted := make([]key, len(seqs)), make([]*key, len(seqs))
	for i, seq := range seqs {
		keys[i] = keyOf(seq)
		sorted[i] = &keys[i]
	}
	slices.SortFunc(sorted, o.compare)
	for i, k := range sorted {
		seqs[i] = k.seq
	}
}
