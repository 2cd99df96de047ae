package poller

import (
	"math/rand/v2"
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

const (
	// outageAfter is how many requests in a row must go without a usable
	// answer before the host is taken for unreachable rather than a task for
	// unlucky.
	outageAfter = 5
	// probeFirst and probeMost bound the waits between the single requests
	// that look whether an unreachable host is back.
	probeFirst = time.Second
	probeMost  = 10 * time.Second
	// holdFirst and holdMost bound the pause after a 429 without Retry-After.
	holdFirst = time.Second
	holdMost  = time.Minute
)

// host is the budget and the health of one origin: its limits are the host's,
// not a task's. The poller's goroutine owns it.
type host struct {
	origin  queue.Origin
	base    *queue.Base // the first that lives there
	pace    pacer
	plan    *plan.Planner
	errands errands
	flights int // requests under way
	live    int // tasks not terminal

	ends      plan.Estimate // when the live tasks will have ended
	foreseen  bool          // that is known
	estimated moment        // when that was estimated, 0 for never

	hold   moment // no request before this moment
	limits int    // 429s in a row

	unanswered int          // requests in a row without a usable answer
	outage     *queue.Fault // why the host is taken for unreachable
	outageAt   moment
	probeAt    moment
	probes     int

	stopped   *queue.Fault            // 401: nothing is asked
	forbidden map[string]*queue.Fault // 403: by endpoint
	parked    map[string][]int32      // the tasks of those endpoints
}

// newHost returns the budget for an origin: at most most requests/s, and one for
// the same task in each interval.
func newHost(base *queue.Base, most float64, interval time.Duration, epoch time.Time) *host {
	return &host{
		origin: base.Origin(), base: base, pace: newPacer(most, epoch),
		plan:      plan.New(plan.Options{Interval: interval}),
		forbidden: map[string]*queue.Fault{},
		parked:    map[string][]int32{},
	}
}

// pick returns the request to make now, and takes it from where it waits and
// from the budget. Where none may be made now it returns false and the moment
// to look again, or -1 where only an event can change that.
func (h *host) pick(now moment, paused bool) (job errand, ok bool, at moment) {
	if h.stopped != nil {
		return errand{}, false, -1
	}
	if h.hold > now {
		return errand{}, false, h.hold
	}
	if h.outage != nil {
		return h.pickProbe(now, paused)
	}
	// The plan is asked only where there is a request to make: it takes one that it
	// finds no use for to be left over.
	h.pace.climb(now)
	wall := h.pace.at(now)
	reservation := h.pace.limiter.ReserveN(wall, 1)
	if wait := reservation.DelayFrom(wall); wait > 0 {
		reservation.CancelAt(wall)
		return errand{}, false, now + h.pace.rest(wait)
	}
	seq, due, pollAt := h.plan.Next(now, h.pace.now(), paused)
	job, ok, at = h.errands.next(now, paused, due)
	switch {
	case ok:
		h.pace.take(now)
		return job, true, 0
	case due:
		h.pace.take(now)
		h.plan.Take(seq, now)
		return errand{seq: seq}, true, 0
	}
	reservation.CancelAt(wall)
	return errand{}, false, sooner(at, pollAt)
}

// sooner returns the earlier of two moments, of which -1 is never.
func sooner(a, b moment) moment {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}

// pickProbe returns the one request to probe an unreachable host with, whatever
// it is due: one at a time, at growing intervals, or at once if the user asks.
func (h *host) pickProbe(now moment, paused bool) (job errand, ok bool, at moment) {
	if h.flights > 0 {
		return errand{}, false, -1
	}
	seq, ok, _ := h.plan.Next(now, h.pace.now(), true)
	if !ok && h.probeAt > now {
		return errand{}, false, h.probeAt
	}
	if !ok && !paused {
		seq, ok = h.plan.Earliest(now)
	}
	if ok {
		h.plan.Take(seq, now)
		return errand{seq: seq}, true, 0
	}
	return h.errands.next(now, paused, false)
}

// answered notes that the host gave a usable answer.
func (h *host) answered(now moment) {
	h.alive(now)
	h.limits = 0
}

// alive notes that the host gave an answer, if only a refusal: that ends an
// outage, and with it the waits that it caused.
func (h *host) alive(now moment) {
	h.unanswered = 0
	if h.outage != nil {
		h.outage, h.probes = nil, 0
		h.plan.Advance(now)
	}
}

// limited notes a 429: all requests to the host wait, then come more slowly.
// Requests that were under way when the first came do not cut the rate again.
func (h *host) limited(now moment, retryAfter time.Duration) {
	first := now >= h.hold
	if first {
		h.limits++
	}
	if retryAfter == 0 {
		retryAfter = jitter(doubled(holdFirst, h.limits-1, holdMost))
	}
	h.wait(now, retryAfter)
	if first {
		h.pace.slow(now, h.hold)
	}
}

// wait stops all requests to the host for the time that it asked for.
func (h *host) wait(now moment, d time.Duration) { h.hold = max(h.hold, now+d) }

// failed notes a request without a usable answer, and whether this makes or
// prolongs an outage.
func (h *host) failed(now moment, fault *queue.Fault) {
	h.unanswered++
	switch {
	case h.outage != nil && h.flights > 0:
		return // it was under way when the outage was noticed, and is no probe
	case h.outage != nil:
		h.probes++
		h.outage = fault
	case h.unanswered >= outageAfter:
		h.outage, h.outageAt = fault, now
	default:
		return
	}
	h.probeAt = now + jitter(doubled(probeFirst, h.probes, probeMost))
}

// doubled returns first doubled n times, at most most.
func doubled(first time.Duration, n int, most time.Duration) time.Duration {
	for range n {
		if first >= most/2 {
			return most
		}
		first *= 2
	}
	return min(first, most)
}

// jitter returns a random duration between half of d and d, so that what was
// delayed together does not come back together.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d/2+1)
}
