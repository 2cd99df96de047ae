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

// RetryAfter reads the Retry-After header: seconds or a date, as RFC 9110,
// section 10.2.3 has it. A date is taken relative to the answer's own Date
// header where there is one, as the two clocks may differ. It returns 0 when
// the header is missing, past or not to be understood.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		if math.IsNaN(seconds) || seconds <= 0 {
			return 0
		}
		return time.Duration(min(seconds, maxRetryAfter.Seconds()) * float64(time.Second))
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if served, err := http.ParseTime(header.Get("Date")); err == nil {
		now = served
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}
