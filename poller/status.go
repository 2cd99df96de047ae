package poller

import (
	"cmp"
	"slices"
	"time"

	"polltop/poller/queue"
)

// HostStatus is the state of one host.
type HostStatus struct {
	Base *queue.Base
	// Live counts the host's tasks that have not ended.
	Live int
	// Rate is the most requests/s that are made now; after a 429 it is below
	// Most, the configured one, for a while.
	Rate, Most float64
	// Hold is the end of the pause that the host asked for; 0 for none.
	Hold Stamp
	// Ends estimates when the live tasks will have ended; zero where too little is known.
	Ends Ends
	// Outage is why the host counts as unreachable, Since the time of the first failure
	// and Probe that of the next probe. Outage is nil while it is reachable.
	Outage       *queue.Fault
	Since, Probe Stamp
	// Troubles are the endpoints in trouble while the host itself is not, in the order of
	// first use.
	Troubles []EndpointTrouble
	// Stopped is the refusal of the key that stopped all requests to the host.
	Stopped *queue.Fault
	// Forbidden are the endpoints that the key may not use, in order.
	Forbidden []Forbidden
	// Silent is since when requests have brought no answer at all; 0 before that has
	// lasted for some seconds.
	Silent Stamp
	// Unknown are the addresses of the queues where every answer so far was 404.
	Unknown []string
}

// EndpointTrouble is an endpoint of which several tasks fail and none is answered, or that
// asked for a pause. Its tasks wait until a request to it is answered.
type EndpointTrouble struct {
	Endpoint string
	// Fault is the last failure.
	Fault *queue.Fault
	// Since is when the trouble began, Probe the time of the next probe.
	Since, Probe Stamp
	// Held is set where the service asked to wait until Probe.
	Held bool
}

// Ends is when all of a host's live tasks are expected to have ended: at one time
// in ten before Low, as likely before Median as after it, and at one time in ten
// after High.
type Ends struct{ Low, Median, High Stamp }

// estimating is the least time between two estimates, because each takes as long as
// hundreds of polls.
const estimating = 2 * time.Second

// estimate renews the estimate of when the live tasks will have ended, if it is old.
func (h *host) estimate(now time.Duration) {
	if h.estimated > 0 && now < h.estimated+estimating {
		return
	}
	h.estimated = max(now, 1)
	h.ends, h.foreseen = h.plan.Estimate(now)
}

// Forbidden is an endpoint that the key may not use, and what the service said.
type Forbidden struct {
	Endpoint string
	Fault    *queue.Fault
}

// status returns the host's state for the screen.
func (h *host) status(clock func() time.Time, now time.Duration) HostStatus {
	// Use the present offset of the two clocks: the wall clock may have been set.
	wall := func(m time.Duration) Stamp { return StampOf(clock().Add(m - now)) }
	s := HostStatus{Base: h.base, Live: h.live, Rate: h.pace.now(), Most: h.pace.most, Stopped: h.stopped}
	if h.estimate(now); h.foreseen && h.live > 0 {
		s.Ends = Ends{wall(h.ends.Low), wall(h.ends.Median), wall(h.ends.High)}
	}
	if h.until > now {
		s.Hold = wall(h.until)
	}
	switch {
	case h.trouble != nil && h.cause != keyRefused:
		s.Outage, s.Since, s.Probe = h.trouble, wall(h.since), wall(h.probeAt)
	case h.trouble == nil:
		for _, e := range h.endpoints {
			if e.trouble != nil && e.refusals == 0 {
				s.Troubles = append(s.Troubles, EndpointTrouble{e.name, e.trouble, wall(e.since), wall(e.probeAt), e.held(now)})
			}
		}
	}
	if h.silent {
		s.Silent = wall(h.asked)
	}
	for _, e := range h.endpoints {
		if !e.known && e.deniedAt != "" {
			s.Unknown = append(s.Unknown, e.deniedAt)
		}
		if e.forbidden != nil {
			s.Forbidden = append(s.Forbidden, Forbidden{e.name, e.forbidden})
		}
	}
	slices.SortFunc(s.Forbidden, func(a, b Forbidden) int { return cmp.Compare(a.Endpoint, b.Endpoint) })
	return s
}
