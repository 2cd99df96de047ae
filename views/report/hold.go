package report

import (
	"math"
	"net/http"
	"strings"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
)

// The reasons for which tasks are not polled for a while.
const (
	WaitRetryAfter = "retry_after" // the service asked for a pause
	WaitTrouble    = "trouble"     // the endpoint answers no poll of its tasks
	WaitOutage     = "outage"      // the host answers no poll
)

// WaitObject is a JSON object about a host or an endpoint of it that is not polled for a while. Its
// names are as stable as those of TaskObject.
type WaitObject struct {
	Time     string  `json:"time"`
	Event    string  `json:"event"`
	Host     string  `json:"host"`
	Endpoint string  `json:"endpoint,omitempty"`
	Reason   string  `json:"reason"`
	Wait     float64 `json:"wait_s"`
}

// HoldScope identifies a Hold: that of an endpoint or of the whole host, for trouble or a pause.
type HoldScope struct {
	Origin           queue.Origin
	Endpoint         string
	WholeHost, Pause bool
}

// Hold is what keeps tasks from being polled.
type Hold struct {
	HoldScope
	Reason  string        // one of the reasons of WaitObject; "" for a refused key, which has no end
	Wait    time.Duration // until the next request
	Fault   *queue.Fault  // the service's answer
	Text    string        // one line for the user
	EndText string        // the line for the end of the hold; "" for none
	Object  WaitObject    // the object for programs, unless Reason is ""
}

// Holds returns what keeps tasks of a host from being polled: a refused key, an outage or a pause of
// the host, and the same of its endpoints.
func Holds(s poller.HostStatus, now time.Time) (holds []Hold) {
	stamp, host := poller.StampOf(now), s.Base.Host()
	add := func(h Hold, text, over string) {
		h.Origin, h.Text, h.EndText = s.Base.Origin(), safe.Line(text), safe.Line(over)
		h.Object = WaitObject{
			Time: timeText(now), Event: EventWaiting, Host: host, Endpoint: h.Endpoint, Reason: h.Reason, Wait: math.Round(h.Wait.Seconds()*1000) / 1000,
		}
		holds = append(holds, h)
	}
	wholeHost, endText := HoldScope{WholeHost: true}, host+" answers again"
	switch {
	case s.Stopped != nil:
		add(Hold{HoldScope: wholeHost, Fault: s.Stopped}, host+" refuses the key: "+s.Stopped.Error(), endText)
	case s.Outage != nil:
		add(Hold{HoldScope: wholeHost, Reason: WaitOutage, Wait: s.NextProbe.Sub(stamp), Fault: s.Outage},
			host+" "+views.OutageText(s.Outage)+", and is tried again: "+s.Outage.Error(), endText)
	}
	for _, f := range s.Forbidden {
		add(Hold{HoldScope: HoldScope{Endpoint: f.Endpoint}, Fault: f.Fault}, Refusal(host, f), "")
	}
	if wait := s.HoldUntil.Sub(stamp); wait > 0 {
		fault := &queue.Fault{Kind: queue.RateLimited, HTTP: http.StatusTooManyRequests, RetryAfter: wait, Message: "the service asked to wait"}
		add(Hold{HoldScope: HoldScope{WholeHost: true, Pause: true}, Reason: WaitRetryAfter, Wait: wait, Fault: fault},
			host+": waiting "+views.Duration(wait+time.Second-time.Millisecond)+" as the service asked", "")
	}
	for _, e := range s.Troubles {
		reason := WaitTrouble
		if e.Held {
			reason = WaitRetryAfter
		}
		add(Hold{HoldScope: HoldScope{Endpoint: e.Endpoint}, Reason: reason, Wait: e.NextProbe.Sub(stamp), Fault: e.Fault},
			host+": "+views.EndpointTrouble(e, stamp), e.Endpoint+" answers again")
	}
	return holds
}

// Refusal returns one line for the user about an endpoint that a host refuses to the key.
func Refusal(host string, f poller.Forbidden) string {
	return safe.Line(strings.TrimSpace(host+" refuses the endpoint "+f.Endpoint) + " to the key: " + f.Fault.Error())
}
