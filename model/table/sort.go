package table

import (
	"cmp"
	"slices"

	"polltop/poller"
	"polltop/views"
)

// Sorting a hundred thousand tasks by comparing them pair by pair spends its
// time on waiting for memory: each comparison goes through two tasks to two
// texts elsewhere. So the rows are sorted by numbers that lie beside them: by
// weight first, and what weighs the same by a few bytes of its text at a time.

// entry is a row while it is sorted.
type entry struct {
	key uint64
	seq int32
}

// fewEntries is up to how many rows comparing the tasks is as good.
const fewEntries = 16

// manyEntries is from how many rows on it is faster to distribute them by their keys
// than to compare these.
const manyEntries = 512

// chunkBytes is how many bytes of text go into a key. The byte that is left
// says how many there were, which tells a text that ends from one with zero
// bytes behind, and chunkBytes+1 where the text goes on.
const chunkBytes = 7

// sorter sorts rows by an order.
type sorter struct {
	order
	tasks []*poller.Task // by seq
	flip  uint64         // set bits in it turn the keys' order round
	spare []entry        // as many as are sorted
}

// sort sorts seqs, which must be ascending.
func (o order) sort(tasks []*poller.Task, seqs []int32) {
	if o.column == views.ColumnAdded { // which is that of the seqs
		if o.descending {
			slices.Reverse(seqs)
		}
		return
	}
	s := sorter{order: o, tasks: tasks}
	if o.descending {
		s.flip = ^s.flip
	}
	entries := make([]entry, len(seqs))
	split(len(seqs), func(from, to int) {
		for i, seq := range seqs[from:to] {
			if weight, ok := o.weight(tasks[seq]); ok {
				entries[from+i] = entry{weight ^ s.flip, seq}
			} else {
				entries[from+i].seq = -1
			}
		}
	})
	missing := seqs[:0] // reuses what has been read already
	weighed := 0
	for i, e := range entries {
		if e.seq < 0 {
			missing = append(missing, seqs[i])
			continue
		}
		entries[weighed] = e
		weighed++
	}
	entries = entries[:weighed]
	copy(seqs[len(entries):], missing)
	s.sortKeys(entries, func(run []entry) { s.sortTexts(run, 0, 0) })
	for i, e := range entries {
		seqs[i] = e.seq
	}
}

// sortKeys sorts entries, which stand in the order of seq, by key and then seq, and
// hands each run of more than one entry of equal key to next.
func (s *sorter) sortKeys(entries []entry, next func(run []entry)) {
	if len(entries) < manyEntries {
		slices.SortFunc(entries, func(a, b entry) int {
			return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.seq, b.seq))
		})
	} else {
		s.distribute(entries)
	}
	for start := 0; start < len(entries); {
		end := start + 1
		for end < len(entries) && entries[end].key == entries[start].key {
			end++
		}
		if end-start > 1 {
			next(entries[start:end])
		}
		start = end
	}
}

// distribute sorts entries by key a byte at a time, the last first, and leaves those
// of equal key in their order. Bytes that all have in common are passed over.
func (s *sorter) distribute(entries []entry) {
	var differ uint64
	for _, e := range entries {
		differ |= e.key ^ entries[0].key
	}
	if s.spare == nil {
		s.spare = make([]entry, len(entries))
	}
	from, to := entries, s.spare[:len(entries)]
	for shift := 0; shift < 64; shift += 8 {
		if differ>>shift&0xff == 0 {
			continue
		}
		var places [256]int32
		for _, e := range from {
			places[e.key>>shift&0xff]++
		}
		place := int32(0)
		for i, count := range places {
			places[i] = place
			place += count
		}
		for _, e := range from {
			at := &places[e.key>>shift&0xff]
			to[*at] = e
			*at++
		}
		from, to = to, from
	}
	if &from[0] != &entries[0] {
		copy(entries, from)
	}
}

// sortTexts sorts a run of entries that are equal up to a byte of a part of
// their texts, and stand in the order of seq.
func (s *sorter) sortTexts(run []entry, part, from int) {
	if part == s.parts() {
		return
	}
	if len(run) <= fewEntries {
		slices.SortFunc(run, func(a, b entry) int { return s.compare(s.tasks[a.seq], s.tasks[b.seq]) })
		return
	}
	// Ids begin alike, and error texts may be all the same.
	from += s.common(run, part, from)
	split(len(run), func(first, end int) {
		for i := first; i < end; i++ {
			run[i].key = chunk(s.text(s.tasks[run[i].seq], part)[from:]) ^ s.flip
		}
	})
	s.sortKeys(run, func(run []entry) {
		if (run[0].key^s.flip)&0xff > chunkBytes {
			s.sortTexts(run, part, from+chunkBytes)
		} else {
			s.sortTexts(run, part+1, 0)
		}
	})
}

// common returns how many bytes all texts of a run share from a byte on.
func (s *sorter) common(run []entry, part, from int) int {
	first := s.text(s.tasks[run[0].seq], part)[from:]
	for _, e := range run[1:] {
		if first == "" {
			break
		}
		text := s.text(s.tasks[e.seq], part)[from:]
		first = first[:min(len(first), len(text))]
		for i := range len(first) {
			if first[i] != text[i] {
				first = first[:i]
				break
			}
		}
	}
	return len(first)
}

// chunk returns the start of a text as a key.
func chunk(text string) uint64 {
	var key uint64
	for i := range chunkBytes {
		key <<= 8
		if i < len(text) {
			key |= uint64(text[i])
		}
	}
	return key<<8 | uint64(min(len(text), chunkBytes+1))
}
