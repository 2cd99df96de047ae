package report

import (
	"fmt"
	"strings"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
	"polltop/views/theme"
)

// ProgressProps is what the progress line tells.
type ProgressProps struct {
	Counts Counts
	// ToSubmit is how many payloads are yet to be submitted.
	ToSubmit int
	// Rate is how many polls/s there were.
	Rate    float64
	Elapsed time.Duration
	// Width is the terminal's, in cells; 80 is taken for 0 and less.
	Width int
}

// Progress returns how far the tasks are, as one line without its end, such as
// "412/500  ✓ 405  ✗ 7  ▸ 60  · 28  18.2 polls/s  1m12s". It is narrower than
// the terminal, so that no cursor wraps: what does not fit is left out, from the
// end on.
func Progress(p ProgressProps) string {
	if p.Width <= 0 {
		p.Width = defaultWidth
	}
	parts := []string{fmt.Sprintf("%d/%d", p.Counts.Ended(), p.Counts.Total()+p.ToSubmit)}
	if p.ToSubmit > 0 {
		parts = append(parts, fmt.Sprintf("%d to submit", p.ToSubmit))
	}
	for _, state := range order {
		if n := p.Counts[state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", theme.Symbol(state), n))
		}
	}
	parts = append(parts, fmt.Sprintf("%.1f polls/s", p.Rate), views.Duration(p.Elapsed))
	line := safe.Truncate(parts[0], p.Width-1)
	for _, part := range parts[1:] {
		longer := line + "  " + part
		if safe.Width(longer) >= p.Width {
			break
		}
		line = longer
	}
	return line
}

// Trouble returns what keeps a host's tasks from being asked as one line for
// people, "" where nothing does: that it refuses the key, can't be reached, or answers
// nothing but pages.
func Trouble(h poller.HostStatus) string {
	switch {
	case h.Stopped != nil:
		return safe.Line(h.Base.Host() + " refuses the key: " + h.Stopped.Error())
	case h.Outage != nil:
		return safe.Line(h.Base.Host() + " " + outageText(h.Outage))
	}
	return ""
}

// outageText returns that a host can't be reached, or what it answers to everything.
func outageText(f *queue.Fault) string {
	return views.Outage(f) + ", and is tried again: " + f.Error()
}

// Refusal returns that a host refuses an endpoint to the key as one line for
// people.
func Refusal(h poller.HostStatus, f poller.Forbidden) string {
	return safe.Line(strings.TrimSpace(h.Base.Host()+" refuses the endpoint "+f.Endpoint) + " to the key: " + f.Fault.Error())
}
