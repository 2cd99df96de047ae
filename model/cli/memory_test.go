package cli

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestMemoryBoundsWhatCollectionsLeave(t *testing.T) {
	for alive, want := range map[uint64]int{0: percentMost, 1 << 20: percentMost, 16 << 20: 100, 24 << 20: 66, 32 << 20: 50, 1 << 30: percentLeast} {
		if got := percentFor(alive); got != want {
			t.Errorf("with %d bytes alive it is %d %%, want %d %%", alive, got, want)
		}
	}
}

func TestMemoryIsSettledAfterCollections(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	held := make([]byte, 64<<20)
	settleCollections(percentMost)
	runtime.GC()
	for percent := percentMost; percent != percentLeast; percent = debug.SetGCPercent(percent) {
		runtime.Gosched() // finalizers have a goroutine of their own
	}
	runtime.KeepAlive(held)
}
