// Package backoff computes how long to wait before a retry.
package backoff

import (
	"math/rand/v2"
	"time"
)

// Delay returns a random duration between half of d and d, where d is first doubled n
// times, at most most. What failed together does not come back together.
func Delay(first time.Duration, n int, most time.Duration) time.Duration {
	d := first
	for range n {
		if d >= most/2 {
			d = most
			break
		}
		d *= 2
	}
	d = min(d, most)
	return d/2 + rand.N(d/2+1)
}
