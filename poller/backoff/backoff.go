// Package backoff computes how long to wait before a retry: exponential, bounded, with
// jitter. The poller and the downloads call it. It knows nothing of what is retried.
package backoff

import (
	"math/rand/v2"
	"time"
)

// maxDoublings bounds the doublings, so that a base of an hour does not overflow.
const maxDoublings = 20

// Delay returns the wait before retry n, from 0: a random duration from half of d to d, where d is
// base doubled n times, but at most most. It is random so that what failed at one time is not
// retried at one time. Without a random source it uses the global one.
func Delay(random *rand.Rand, base time.Duration, n int, most time.Duration) time.Duration {
	d := min(base<<min(max(n, 0), maxDoublings), most)
	draw := rand.Int64N
	if random != nil {
		draw = random.Int64N
	}
	return d/2 + time.Duration(draw(int64(d/2)+1))
}
