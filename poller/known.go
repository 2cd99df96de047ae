package poller

import (
	"hash/maphash"

	"polltop/poller/queue"
)

// known finds tasks by their requests' keys. It holds nothing but Seqs, in a table
// of open addresses, as the keys stand in the tasks: a map with the keys in it takes
// 45 bytes a task, this takes 8.
type known struct {
	seed  maphash.Seed
	seqs  []int32 // Seq+1 each, 0 where there is none; a power of two of them
	count int
}

func newKnown() known { return known{seed: maphash.MakeSeed()} }

// find returns the Seq of the task with a key, given all tasks by Seq.
func (k *known) find(tasks []*Task, key queue.Key) (int32, bool) {
	if k.count == 0 {
		return 0, false
	}
	at := k.place(tasks, key)
	return k.seqs[at] - 1, k.seqs[at] != 0
}

// put makes a task, which is among tasks, be found by its key.
func (k *known) put(tasks []*Task, seq int32) {
	if 4*(k.count+1) > 3*len(k.seqs) {
		k.grow(tasks, k.count+1)
	}
	at := k.place(tasks, tasks[seq].Request.Key())
	if k.seqs[at] == 0 {
		k.count++
	}
	k.seqs[at] = seq + 1
}

// drop makes a task, which is still among tasks, be found no more.
func (k *known) drop(tasks []*Task, key queue.Key) {
	if k.count == 0 {
		return
	}
	at := k.place(tasks, key)
	if k.seqs[at] == 0 {
		return
	}
	k.seqs[at] = 0
	k.count--
	// Those behind it up to the next gap may have been put there because it was in
	// their way.
	for at = k.after(at); k.seqs[at] != 0; at = k.after(at) {
		seq := k.seqs[at]
		k.seqs[at] = 0
		k.seqs[k.place(tasks, tasks[seq-1].Request.Key())] = seq
	}
}

// reserve makes room for n tasks in all.
func (k *known) reserve(tasks []*Task, n int) {
	if 4*n > 3*len(k.seqs) {
		k.grow(tasks, n)
	}
}

// grow makes room for n tasks, and puts those that there are into their new places.
func (k *known) grow(tasks []*Task, n int) {
	size := max(len(k.seqs), 16)
	for 4*n > 3*size {
		size *= 2
	}
	old := k.seqs
	k.seqs = make([]int32, size)
	for _, seq := range old {
		if seq != 0 {
			k.seqs[k.place(tasks, tasks[seq-1].Request.Key())] = seq
		}
	}
}

// place returns where a key stands in the table, or would.
func (k *known) place(tasks []*Task, key queue.Key) int {
	at := int(maphash.String(k.seed, key.ID)) & (len(k.seqs) - 1)
	for k.seqs[at] != 0 && tasks[k.seqs[at]-1].Request.Key() != key {
		at = k.after(at)
	}
	return at
}

func (k *known) after(at int) int { return (at + 1) & (len(k.seqs) - 1) }
