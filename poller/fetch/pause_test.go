package fetch

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		value, date string
		want        time.Duration
	}{
		{"", "", 0},
		{"120", "", 2 * time.Minute},
		{" 0 ", "", 0},
		{"-5", "", 0},
		{"soon", "", 0},
		{"99999999999999999999", "", 0},
		{"Tue, 24 Nov 2026 12:00:30 GMT", "", 30 * time.Second},
		{"Tue, 24 Nov 2026 11:00:30 GMT", "", 0},
		{"Tue, 24 Nov 2026 13:00:30 GMT", "Tue, 24 Nov 2026 13:00:00 GMT", 30 * time.Second},
	} {
		if got := retryAfter(http.Header{"Retry-After": {c.value}, "Date": {c.date}}, now); got != c.want {
			t.Errorf("Retry-After %q, Date %q: %s, want %s", c.value, c.date, got, c.want)
		}
	}
}

func TestBackoff(t *testing.T) {
	for try, bounds := range map[int][2]time.Duration{
		1:   {250 * time.Millisecond, 500 * time.Millisecond},
		3:   {time.Second, 2 * time.Second},
		7:   {15 * time.Second, 30 * time.Second},
		900: {15 * time.Second, 30 * time.Second},
	} {
		if got := backoff(try, 0); got < bounds[0] || got > bounds[1] {
			t.Errorf("backoff(%d) = %s, want it within %s", try, got, bounds)
		}
	}
	if got := backoff(1, time.Minute); got < time.Minute {
		t.Errorf("backoff of a server that asked for a minute is %s", got)
	}
}
