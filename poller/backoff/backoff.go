package backoff

import (
	"math/rand/v2"
	"time"
)

// Delay returns a random duration between half of d and d, where d is first doubled n
// times, at most most. What failed together does not come back together. Where random is
// nil the global source is used.
func Delay(random *rand.Rand, first time.Duration, n int, most time.Duration) time.Duration {
	d := first
	for range n {
		if d >= most/2 {
			d = most
			break
		}
		d *= 2
	}
	d = min(d, most)
	draw := rand.Int64N
	if random != nil {
		draw = random.Int64N
	}
	return d/2 + time.Duration(draw(int64(d/2)+1))
}
