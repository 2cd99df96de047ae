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
	creations  creations
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

// choice is a request to make.
type choice struct {
	operation operation
	retry     bool // it takes a slot of those for requests likely to fail
}

// pick removes and returns the request to make now, and takes a token for it. Where none may be
// made now it returns false and the time to call it again, plan.Never where only an event can
// change that.
func (h *host) pick(now time.Duration, paused bool) (next choice, ok bool, at time.Duration) {
	switch {
	case h.stopped != nil:
		return choice{}, false, plan.Never
	case h.until > now:
		return choice{}, false, h.until
	case h.trouble != nil && (len(h.flights) >= h.probesAtOnce()):
		return choice{}, false, plan.Never
	}
	// Ask the planner only when a token is available: it counts every declined offer
	// as spare budget.
	h.pace.climb(now)
	wall := h.pace.at(now)
	reservation := h.pace.limiter.ReserveN(wall, 1)
	if wait := reservation.DelayFrom(wall); wait > 0 {
		reservation.CancelAt(wall)
		return choice{}, false, now + h.pace.rest(wait)
	}
	switch {
	case h.trouble == nil:
		next, ok, at = h.choose(now, paused)
	case h.live == 0:
		next, ok, at = h.creations.next(h, now, paused) // nothing else can find out that it is over
	default:
		next, ok, at = h.pickProbe(now, paused)
	}
	if !ok {
		reservation.CancelAt(wall)
		return choice{}, false, at
	}
	h.pace.sent.add(now)
	return next, true, 0
}

// choose returns the next request. Those that create tasks take turns with all others.
func (h *host) choose(now time.Duration, paused bool) (next choice, ok bool, at time.Duration) {
	c := &h.creations
	if c.turn = !c.turn; c.turn {
		if next, ok, at = c.next(h, now, paused); ok {
			return next, true, 0
		}
	}
	next, ok, otherAt := h.chooseOther(now, paused)
	if !ok && !c.turn {
		next, ok, at = c.next(h, now, paused)
	}
	return next, ok, min(at, otherAt)
}

// chooseOther returns the next request that creates no task: a retry if there is credit for
// one, else an operation or a poll, else a retry.
func (h *host) chooseOther(now time.Duration, paused bool) (next choice, ok bool, at time.Duration) {
	if h.credit >= 1 && !paused {
		if next, ok, _ = h.pickRetry(now); ok {
			h.credit--
			return next, true, 0
		}
	}
	seq, due, pollAt := h.nextPoll(now, paused)
	op, ok, at := h.operations.next(now, paused, due, func(seq int32) bool { return h.admits(h.endpointOf(seq), now) })
	if ok || due {
		h.credit = min(h.credit+retryCredit, 1)
	}
	switch {
	case ok:
		return choice{operation: op}, true, 0
	case due:
		h.plan.Take(seq, now)
		return choice{operation: operation{seq: seq}}, true, 0
	case paused:
		return choice{}, false, min(at, pollAt)
	}
	next, ok, retryAt := h.pickRetry(now)
	return next, ok, min(retryAt, min(at, pollAt))
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
