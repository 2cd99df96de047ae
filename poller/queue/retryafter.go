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

// unixTime is from where on a number of seconds is a date in Unix time.
const unixTime = 1e9

// RetryAfter returns how long an answer asks to wait, at most maxRetryAfter; 0 where it does
// not say, or the time has passed. It reads Retry-After-Ms, in milliseconds, and
// Retry-After: seconds with or without a fraction, a date or a Unix time. A date counts from
// the answer's own Date where there is one, because the clocks may differ.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(strings.TrimSpace(header.Get("Retry-After-Ms")), 64); err == nil {
		return boundedWait(ms / 1000)
	}
	if served, err := http.ParseTime(header.Get("Date")); err == nil {
		now = served
	}
	value := strings.TrimSpace(header.Get("Retry-After"))
	seconds, err := strconv.ParseFloat(value, 64)
	at, dateErr := http.ParseTime(value)
	switch {
	case err == nil && seconds >= unixTime:
		seconds -= float64(now.Unix())
	case err != nil && dateErr == nil:
		seconds = at.Sub(now).Seconds()
	}
	return boundedWait(seconds)
}

// boundedWait returns a number of seconds as a duration from 0 to maxRetryAfter.
func boundedWait(seconds float64) time.Duration {
	if math.IsNaN(seconds) {
		return 0
	}
	return time.Duration(min(max(seconds, 0), maxRetryAfter.Seconds()) * float64(time.Second))
}
