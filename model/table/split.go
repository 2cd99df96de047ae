package table

import (
	"runtime"
	"sync"

	"polltop/poller/queue/guard"
)

// splitLeast is how many tasks make it worth while to share a look at each.
const splitLeast = 16_384

// split calls f for parts of the numbers below n, beside each other where they are
// many, and returns when all are done. A panic in one is the caller's.
func split(n int, f func(from, to int)) {
	parts := min(runtime.GOMAXPROCS(0), n/splitLeast)
	if parts < 2 {
		f(0, n)
		return
	}
	panics := make([]any, parts)
	var all sync.WaitGroup
	for part := range parts {
		all.Go(guard.Func(func() {
			defer func() { panics[part] = recover() }()
			f(part*n/parts, (part+1)*n/parts)
		}))
	}
	all.Wait()
	for _, v := range panics {
		if v != nil {
			panic(v)
		}
	}
}

// shown returns by seq which of some tasks are shown.
func (x *Index) shown(some func(seq int32) bool) []bool {
	shown := make([]bool, len(x.tasks))
	look := func(from, to int) {
		for seq := int32(from); seq < int32(to); seq++ {
			shown[seq] = some(seq) && x.shows(x.tasks[seq])
		}
	}
	if x.match == nil {
		split(len(shown), look)
	} else {
		look(0, len(shown)) // it may keep what it has found out
	}
	return shown
}
