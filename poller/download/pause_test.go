package download

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	for try, bounds := range map[int][2]time.Duration{
		1:   {250 * time.Millisecond, 500 * time.Millisecond},
		3:   {time.Second, 2 * time.Second},
		7:   {15 * time.Second, 30 * time.Second},
		900: {15 * time.Second, 30 * time.Second},
	} {
		if got := retryDelay(try, 0); got < bounds[0] || got > bounds[1] {
			t.Errorf("retryDelay(%d) = %s, want it within %s", try, got, bounds)
		}
	}
	if got := retryDelay(1, time.Minute); got < time.Minute {
		t.Errorf("backoff of a server that asked for a minute is %s", got)
	}
}
