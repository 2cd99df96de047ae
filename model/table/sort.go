package table

import (
	"cmp"
	"slices"

	"polltop/poller"
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

// chunkBytes is how many bytes of text go into a key. The byte that is left
// says how many there were, which tells a text that ends from one with zero
// bytes behind, and chunkBytes+1 where the text goes on.
const chunkBytes = 7

// sorter sorts rows by an order.
type sorter struct {
	order
	tasks []*poller.Task // by seq
	flip  uint64         // set bits in it turn the keys' order round
}

// sort sorts seqs, which must be ascending.
func (o order) sort(tasks []*poller.Task, seqs []int32) {
	s := sorter{order: o, tasks: tasks}
	if o.descending {
		s.flip = ^s.flip
	}
	entries := make([]entry, 0, len(seqs))
	missing := seqs[:0] // reuses what has been read already
	for _, seq := range seqs {
		if weight, ok := o.weight(tasks[seq]); ok {
			entries = append(entries, entry{weight ^ s.flip, seq})
		} else {
			missing = append(missing, seq)
		}
	}
	copy(seqs[len(entries):], missing)
	s.sortKeys(entries, func(run []entry) { s.sortTexts(run, 0, 0) })
	for i, e := range entries {
		seqs[i] = e.seq
	}
}

// sortKeys sorts entries by key and then seq, and hands each run of more than
// one entry of equal key to next.
func (s *sorter) sortKeys(entries []entry, next func(run []entry)) {
	slices.SortFunc(entries, func(a, b entry) int {
		if a.key != b.key {
			return cmp.Compare(a.key, b.key)
		}
		return cmp.Compare(a.seq, b.seq)
	})
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
	for i := range run {
		run[i].key = chunk(s.text(s.tasks[run[i].seq], part)[from:]) ^ s.flip
	}
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
