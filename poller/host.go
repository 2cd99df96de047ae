package poller

import (
	"math/rand/v2"
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// retryCredit is the number of retries that each other request earns, so that retries are a
// fifth of the requests while others wait.
const retryCredit = 1.0 / 4

// host has the request budget and the health of one origin. The poller's goroutine owns it.
//
// Trouble is attributed to the smallest part that explains it. A task whose poll fails backs
// off alone. An endpoint is in trouble when several of its tasks fail and none is answered: its
// tasks leave the schedule, and single probes check whether it is back. The host is in trouble
// when no request to it is answered.
type host struct {
	origin     queue.Origin
	base       *queue.Base // the first that lives there
	pace       pacer
	plan       *plan.Planner
	operations operations
	slots      int           // requests at once
	interval   time.Duration // between two polls of a task, at least
	random     *rand.Rand
	flights    []*flight
	retries    int // of these, the ones that are likely to fail
	live       int // tasks not terminal

	ends      plan.Estimate // when the live tasks will have ended
	foreseen  bool          // that is known
	estimated time.Duration // when that was estimated, 0 for never

	health
	failedAt   *endpoint     // the endpoint of the last failed request
	elsewhere  bool          // another endpoint failed in the same row
	answeredAt time.Duration // when the last answer came
	silence                  // whether it answers at all
	bad        int           // answers 5xx in a row
	limits     int           // 429s in a row that made pauses
	heldBy     *endpoint     // whose 429, which the rate does not explain, makes the pause

	endpoints  []*endpoint
	byName     map[string]*endpoint
	endpointOf func(seq int32) *endpoint
	turn       int     // the endpoint that is looked at first
	credit     float64 // retries that may be made before others

	// refusedAlone are tasks that refuse a key that others accept.
	refusedAlone map[int32]bool

	stopped   *queue.Fault            // 401: nothing is asked
	forbidden map[string]*queue.Fault // 403: by endpoint
	parked    map[string][]int32      // the tasks of those endpoints
}

// newHost returns the host of a base.
func newHost(base *queue.Base, o *Options, epoch time.Time) *host {
	return &host{
		origin: base.Origin(), base: base, pace: newPacer(o.Rate, epoch), slots: o.Concurrency, interval: o.Interval, random: o.Random,
		plan:   plan.New(o.Interval),
		byName: map[string]*endpoint{}, refusedAlone: map[int32]bool{},
		forbidden: map[string]*queue.Fault{},
		parked:    map[string][]int32{},
	}
}

// poll takes a task to poll from the planner. A retry is likely to fail.
func (h *host) poll(seq int32, retry bool, now time.Duration) *operation {
	h.plan.Take(seq, now)
	return &operation{seq: seq, retry: retry}
}

// pick removes and returns the request to make now, and takes a token for it. Where none may be
// made now it returns nil and the time to call it again, plan.Never where only an event can
// change that.
func (h *host) pick(now time.Duration, paused bool) (next *operation, at time.Duration) {
	switch {
	case h.stopped != nil:
		return nil, plan.Never
	case h.until > now:
		return nil, h.until
	case h.trouble != nil && len(h.flights) >= h.probesAtOnce():
		return nil, plan.Never
	}
	// Ask the planner only when a token is available: it counts every declined offer
	// as spare budget.
	h.pace.climb(now)
	wall := h.pace.at(now)
	reservation := h.pace.limiter.ReserveN(wall, 1)
	if wait := reservation.DelayFrom(wall); wait > 0 {
		reservation.CancelAt(wall)
		return nil, now + h.pace.rest(wait)
	}
	if h.trouble != nil {
		next, at = h.pickProbe(now, paused)
	} else {
		next, at = h.choose(now, paused)
	}
	if next == nil {
		reservation.CancelAt(wall)
		return nil, at
	}
	h.pace.sent.add(now)
	return next, 0
}

// choose returns the next request: a retry if there is credit for one, else an operation or a
// poll, else a retry.
func (h *host) choose(now time.Duration, paused bool) (next *operation, at time.Duration) {
	if h.credit >= 1 && !paused {
		if next, _ = h.pickRetry(now); next != nil {
			h.credit--
			return next, 0
		}
	}
	seq, due, pollAt := h.nextPoll(now, paused)
	next, at = h.operations.next(now, paused, due, func(seq int32) bool { return h.admits(h.endpointOf(seq), now) })
	if next == nil && due {
		next = h.poll(seq, false, now)
	}
	if next != nil {
		h.credit = min(h.credit+retryCredit, 1)
		return next, 0
	}
	at = min(at, pollAt)
	if paused {
		return nil, at
	}
	next, retryAt := h.pickRetry(now)
	return next, min(at, retryAt)
}

// nextPoll returns the task to poll now, or else when to call it again. It sets the tasks of
// blocked endpoints aside.
func (h *host) nextPoll(now time.Duration, paused bool) (seq int32, ok bool, at time.Duration) {
	rate := h.pace.now()
	if seq, ok, at = h.plan.Next(now, rate, true); ok || paused {
		return seq, ok, at
	}
	for _, e := range h.endpoints {
		if len(e.untried) > 0 && h.admits(e, now) {
			if seq, ok = h.takeAside(&e.untried); ok {
				return seq, true, 0
			}
		}
	}
	for {
		seq, ok, at = h.plan.Next(now, rate, false)
		if !ok {
			return 0, false, at
		}
		e := h.endpointOf(seq)
		if h.admits(e, now) {
			return seq, true, 0
		}
		h.setAside(e, seq, false)
	}
}
