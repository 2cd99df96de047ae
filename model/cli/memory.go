package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// headroom is how much may be allocated between two collections, in bytes: with
	// few tasks little is alive, and Go's own rule, as much as that again, would
	// collect many times a second while thousands of answers come.
	headroom = 16 << 20
	// percentLeast and percentMost bound it in percent of what is alive. With a
	// hundred thousand tasks as much again as is alive would be memory that nobody
	// uses.
	percentLeast, percentMost = 50, 400
)

// boundMemory settles after each collection when the next is, unless the user has.
func boundMemory() {
	if os.Getenv("GOGC") == "" {
		settleCollections(percentMost)
	}
}

// collected is an object that nothing holds, so that its end tells of a collection.
type collected struct{ percent *int }

// settleCollections sets after how many percent of growth memory is collected, and
// does so anew after each collection.
func settleCollections(percent int) {
	debug.SetGCPercent(percent)
	runtime.SetFinalizer(&collected{&percent}, func(c *collected) { settleCollections(percentFor(alive())) })
}

// percentFor returns how many percent of growth the headroom is, given how many
// bytes are alive.
func percentFor(alive uint64) int {
	return int(min(max(headroom*100/max(alive, 1), percentLeast), percentMost))
}

// alive returns how many bytes the last collection found alive.
func alive() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}
