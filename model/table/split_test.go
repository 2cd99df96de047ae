package table

import (
	"fmt"
	"runtime"
	"testing"
)

func TestSplitCoversEachOnce(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	for _, n := range []int{0, 1, splitLeast, 2 * splitLeast, 3*splitLeast + 7, 10 * splitLeast} {
		times := make([]uint8, n)
		split(n, func(from, to int) {
			for i := from; i < to; i++ {
				times[i]++
			}
		})
		for i, got := range times {
			if got != 1 {
				t.Fatalf("of %d, %d came %d times", n, i, got)
			}
		}
	}
}

func TestSplitPanicsInTheCaller(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	for _, n := range []int{1, 4 * splitLeast} {
		func() {
			defer func() {
				if v := recover(); fmt.Sprint(v) != "broken" {
					t.Errorf("of %d, the panic is %v", n, v)
				}
			}()
			split(n, func(_, to int) {
				if to == n {
					panic("broken")
				}
			})
		}()
	}
}
