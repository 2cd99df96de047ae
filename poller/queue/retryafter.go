package queue

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"slices"
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

// AddSecrets adds texts that must never show, as after a change of the key. One
// shorter than four bytes would redact half of every answer, and is no secret.
func (c *Client) AddSecrets(secrets ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(*c.secrets.Load())
	for _, secret := range secrets {
		if len(secret) < 4 {
			continue
		}
		for _, form := range formsOf(secret) {
			if !slices.Contains(all, form) {
				all = append(all, form)
			}
		}
	}
	// The longest first: one may be part of another.
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) })
	c.secrets.Store(&all)
}

// formsOf returns a secret as it may stand in an answer: as it is, escaped in
// JSON in the ways that services do, and escaped in a URL.
func formsOf(secret string) []string {
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if quoted, err := json.Marshal(secret); err == nil {
		escaped := string(quoted[1 : len(quoted)-1])
		forms = append(forms, escaped, strings.ReplaceAll(escaped, "/", `\/`))
	}
	return append(forms, strings.ReplaceAll(secret, "/", `\/`))
}

// redacted stands where a secret was.
const redacted = "[redacted]"

// Redact returns a text without the user's secrets.
func (c *Client) Redact(s string) string {
	for _, secret := range *c.secrets.Load() {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return s
}

// redactBytes returns a body without the user's secrets.
func (c *Client) redactBytes(body []byte) []byte {
	for _, secret := range *c.secrets.Load() {
		if bytes.Contains(body, []byte(secret)) {
			body = bytes.ReplaceAll(body, []byte(secret), []byte(redacted))
		}
	}
	return body
}
