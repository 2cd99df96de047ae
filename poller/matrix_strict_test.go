package poller_test

import (
	"testing"
	"time"

	"polltop/poller/simulator/faulty"
)

// Services are stricter than a bucket that takes a second's requests at once: they
// allow small bursts or none, or ask for longer pauses than a second.
func TestGoodCitizenUnderAStrictLimit(t *testing.T) {
	for name, config := range map[string]faulty.Config{
		"small bursts":             {RateBurst: 5},
		"no bursts":                {RateBurst: 1},
		"pauses of 5 s":            {RetryAfter: 5 * time.Second},
		"no bursts, pauses of 5 s": {RateBurst: 1, RetryAfter: 5 * time.Second},
	} {
		if !isLong() && config.RateBurst != 1 {
			continue // what it finds is found by the others as well
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config.RateLimit, config.Latency = allowed, 50*time.Millisecond
			goodCitizen(t, config, 30*time.Second, 6*time.Minute)
		})
	}
}
