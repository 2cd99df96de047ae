package backoff

import (
	"testing"
	"time"
)

func TestDelayDoublesUpToItsBound(t *testing.T) {
	const most = 30 * time.Second
	for n, full := range map[int]time.Duration{
		-1: time.Second, 0: time.Second, 1: 2 * time.Second, 4: 16 * time.Second, 5: most, 100: most, 1 << 30: most,
	} {
		shortest, longest := most, time.Duration(0)
		for range 1000 {
			d := Delay(nil, time.Second, n, most)
			shortest, longest = min(shortest, d), max(longest, d)
		}
		if shortest < full/2 || longest > full || longest-shortest < full/4 {
			t.Errorf("after %d retries it is %v to %v, want half to all of %v", n, shortest, longest, full)
		}
	}
}
