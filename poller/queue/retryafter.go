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

// RetryAfter returns how long an answer asks to wait, at most maxRetryAfter; 0 where it does
// not say, or the time has passed. It reads Retry-After-Ms, in milliseconds, and
// Retry-After in all forms that are seen: seconds with or without a fraction, a duration
// such as 3s, 500ms or "3 seconds", a date and a Unix time, each also twice with a comma. A
// date counts from the answer's own Date where there is one, because the clocks may differ.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(strings.TrimSpace(header.Get("Retry-After-Ms")), 64); err == nil {
		return boundedWait(ms / 1000)
	}
	value := strings.TrimSpace(header.Get("Retry-After"))
	served, err := http.ParseTime(header.Get("Date"))
	if err == nil {
		now = served
	}
	if wait, ok := waitOf(value, now); ok {
		return wait
	}
	// A header that a proxy doubled: 3, 3.
	if first, _, found := strings.Cut(value, ","); found {
		if wait, ok := waitOf(strings.TrimSpace(first), now); ok {
			return wait
		}
	}
	at, err := http.ParseTime(value)
	if err != nil {
		if at, err = time.Parse(time.RFC3339, value); err != nil {
			return 0
		}
	}
	return boundedWait(at.Sub(now).Seconds())
}

// unixTime is from where on a number of seconds is a date in Unix time.
const unixTime = 1e9

// unitWords are units of time as they are written out, each with its short form. The
// longer word comes first.
var unitWords = strings.NewReplacer(
	"milliseconds", "ms", "millisecond", "ms", "seconds", "s", "second", "s", "secs", "s", "sec", "s",
	"minutes", "m", "minute", "m", "mins", "m", "min", "m", "hours", "h", "hour", "h",
)

// waitOf reads a number of seconds, a Unix time, or a duration with its unit.
func waitOf(value string, now time.Time) (wait time.Duration, ok bool) {
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if seconds >= unixTime {
			seconds -= float64(now.Unix())
		}
		return boundedWait(seconds), true
	}
	duration, err := time.ParseDuration(unitWords.Replace(strings.ToLower(strings.ReplaceAll(value, " ", ""))))
	return boundedWait(duration.Seconds()), err == nil
}

// boundedWait returns a number of seconds as a duration from 0 to maxRetryAfter.
func boundedWait(seconds float64) time.Duration {
	if math.IsNaN(seconds) {
		return 0
	}
	return time.Duration(min(max(seconds, 0), maxRetryAfter.Seconds()) * float64(time.Second))
}
