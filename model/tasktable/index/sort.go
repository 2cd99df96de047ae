package index

import (
	"cmp"
	"slices"
	"strings"

	"polltop/poller"
	"polltop/views"
)

// entry is a row while it is sorted. What it is compared by lies in it, as looking
// it up in the task at each comparison would take most of the time.
type entry struct {
	weight uint64
	text   string // the first of the task's texts
	seq    int32
}

// sort sorts seqs, which must be ascending.
func (o order) sort(tasks []*poller.Task, seqs []int32) {
	if o.column == views.ColumnAdded { // which is that of the seqs
		if o.descending {
			slices.Reverse(seqs)
		}
		return
	}
	entries := make([]entry, 0, len(seqs))
	var missing []int32
	for _, seq := range seqs {
		weight, ok := o.weight(tasks[seq])
		if !ok {
			missing = append(missing, seq)
			continue
		}
		e := entry{weight: weight, seq: seq}
		if o.parts() > 0 {
			e.text = o.text(tasks[seq], 0)
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int {
		by := cmp.Compare(a.weight, b.weight)
		if by == 0 {
			by = strings.Compare(a.text, b.text)
		}
		switch {
		case by == 0 && o.parts() > 1:
			return o.compare(tasks[a.seq], tasks[b.seq])
		case by == 0:
			return cmp.Compare(a.seq, b.seq)
		case o.descending:
			return -by
		}
		return by
	})
	for i, e := range entries {
		seqs[i] = e.seq
	}
	copy(seqs[len(entries):], missing)
}
