package queue

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds what a service may ask for, so that a wrong header (or a
// wrong clock behind a date) does not silence polltop for days.
const maxRetryAfter = time.Hour

// RetryAfter returns how long an answer asks to wait, at most maxRetryAfter; 0 when
// it does not say, or names a time that has passed. It reads Retry-After-Ms,
// in milliseconds, and Retry-After in all forms that are seen: seconds with or
// without a fraction, a duration such as 3s or 500ms, and a date. A date is taken
// relative to the answer's own Date where there is one, as the two clocks may
// differ.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(strings.TrimSpace(header.Get("Retry-After-Ms")), 64); err == nil {
		return boundedWait(ms / 1000)
	}
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		return boundedWait(seconds)
	}
	if wait, err := time.ParseDuration(strings.ToLower(strings.ReplaceAll(value, " ", ""))); err == nil {
		return boundedWait(wait.Seconds())
	}
	at, err := http.ParseTime(value)
	if err != nil {
		if at, err = time.Parse(time.RFC3339, value); err != nil {
			return 0
		}
	}
	if served, err := http.ParseTime(header.Get("Date")); err == nil {
		now = served
	}
	return boundedWait(at.Sub(now).Seconds())
}

// boundedWait returns a number of seconds as a duration from 0 to maxRetryAfter.
func boundedWait(seconds float64) time.Duration {
	if math.IsNaN(seconds) {
		return 0
	}
	return time.Duration(min(max(seconds, 0), maxRetryAfter.Seconds()) * float64(time.Second))
}
