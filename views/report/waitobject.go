package report

import (
	"io"
	"math"
	"time"

	"polltop/poller"
	"polltop/views"
	"polltop/views/safe"
)

// EventWaiting is the event of a WaitObject.
const EventWaiting = "waiting"

// The reasons for which tasks are not asked for a while.
const (
	WaitRetryAfter = "retry_after" // the service asked for a pause
	WaitTrouble    = "trouble"     // the endpoint answers none of its tasks
	WaitOutage     = "outage"      // nothing of the host answers
)

// WaitObject says that a host, or an endpoint of it, is asked for nothing for a while,
// for programs. Its names are a promise as those of TaskObject are.
type WaitObject struct {
	Time     string  `json:"time"`
	Event    string  `json:"event"`
	Host     string  `json:"host"`
	Endpoint string  `json:"endpoint,omitempty"`
	Reason   string  `json:"reason"`
	Wait     float64 `json:"wait_s"`
}

// Wait is what is waited for: for programs, and as one line for people.
type Wait struct {
	Object WaitObject
	Text   string
}

// Encode writes the object as one line of JSON and returns the writer's error.
func (o WaitObject) Encode(w io.Writer) error { return writeLine(w, o) }

// Waits returns what of a host is asked for nothing for a while.
func Waits(h poller.HostStatus, now time.Time) []Wait {
	stamp, host := poller.StampOf(now), h.Base.Host()
	var waits []Wait
	add := func(endpoint, reason string, until poller.Stamp, text string) {
		waits = append(waits, Wait{Text: safe.Line(host + ": " + text), Object: WaitObject{
			Time: timeText(now), Event: EventWaiting, Host: host, Endpoint: endpoint, Reason: reason,
			Wait: math.Round(until.Sub(stamp).Seconds()*1000) / 1000,
		}})
	}
	if wait := h.Hold.Sub(stamp); wait > 0 {
		add("", WaitRetryAfter, h.Hold, "waiting "+views.Duration(wait+time.Second-time.Millisecond)+" as the service asked")
	}
	if h.Outage != nil && len(waits) == 0 {
		add("", WaitOutage, max(h.Probe, stamp), outageText(h.Outage))
	}
	for _, e := range h.Troubles {
		reason := WaitTrouble
		if e.Held {
			reason = WaitRetryAfter
		}
		add(e.Endpoint, reason, e.Probe, views.EndpointTrouble(e, stamp))
	}
	return waits
}
