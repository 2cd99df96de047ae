package backoff

import (
	"math/rand/v2"
	"time"
)

// maxDoubled bounds how often a wait is doubled, so that one of an hour does not overflow.
const maxDoubled = 20

// Delay returns a random duration between half of d and d, where d is first doubled n
// times, at most most. What failed together does not come back together. Where random is
// nil the global source is used.
func Delay(random *rand.Rand, first time.Duration, n int, most time.Duration) time.Duration {
	d := min(first<<min(max(n, 0), maxDoubled), most)
	draw := rand.Int64N
	if random != nil {
		draw = random.Int64N
	}
	return d/2 + time.Duration(draw(int64(d/2)+1))
}
