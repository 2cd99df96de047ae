package poller

import (
	"time"

	"polltop/poller/plan"
)

// pickRetry returns a request that is likely to fail: to an endpoint in trouble, or about a task
// whose last poll failed. These may use only a share of the slots.
func (h *host) pickRetry(now time.Duration) (next choice, ok bool, at time.Duration) {
	if h.retries >= h.share() {
		return choice{}, false, plan.Never
	}
	// First, because it sets tasks aside that wait for an endpoint.
	seq, due, at := h.nextRetry(now)
	for i := range h.endpoints {
		e := h.endpoints[(h.turn+i)%len(h.endpoints)]
		if e.trouble == nil {
			continue
		}
		next, ok, wake := h.pickAt(e, now)
		if ok {
			h.turn = (h.turn + i + 1) % len(h.endpoints)
			return next, true, 0
		}
		at = min(at, wake)
	}
	if !due {
		return choice{}, false, at
	}
	h.plan.Take(seq, now)
	return choice{operation{seq: seq}, true}, true, 0
}

// nextRetry returns the task to retry, or else when to call it again. It sets the tasks of
// endpoints in trouble aside.
func (h *host) nextRetry(now time.Duration) (seq int32, ok bool, at time.Duration) {
	for {
		seq, ok, at := h.plan.NextRetry(now)
		if !ok || h.retriable(seq) {
			return seq, ok, at
		}
	}
}

// retriable reports whether a task may be retried now. If its endpoint is in trouble, it sets
// the task aside instead.
func (h *host) retriable(seq int32) bool {
	e := h.endpointOf(seq)
	if e.trouble == nil {
		return true
	}
	h.setAside(e, seq, true)
	return false
}

// pickAt returns the next request to an endpoint in trouble, or else when to call it again.
// Tasks that did not fail themselves go first: as many as the share of retries allows while few
// have failed, even after a Retry-After, then one at a time.
func (h *host) pickAt(e *endpoint, now time.Duration) (next choice, ok bool, at time.Duration) {
	probes := now >= e.probeAt && e.flights == 0
	switch {
	case e.explores() && (probes || !e.held(now)):
		e.round = h.exploreRound(e)
	case probes:
		e.round = 1
	}
	if e.round > 0 {
		if next, ok, at = h.probe(e, probes, now); ok {
			e.round--
			return next, true, 0
		}
		if e.round = 0; probes {
			return choice{}, false, at
		}
	}
	if e.flights > 0 {
		return choice{}, false, plan.Never
	}
	return choice{}, false, e.probeAt
}

// probe returns a request to an endpoint in trouble about a task that did not fail itself, or
// with others about any task.
func (h *host) probe(e *endpoint, others bool, now time.Duration) (next choice, ok bool, at time.Duration) {
	seq, ok, _ := h.witness(&e.health, now)
	if !ok {
		seq, ok = h.takeAside(&e.untried)
	}
	if !ok && others {
		seq, ok = h.takeAside(&e.failed)
	}
	switch {
	case ok:
		h.plan.Take(seq, now)
		return choice{operation{seq: seq}, true}, true, 0
	case !others:
		return choice{}, false, plan.Never
	}
	op, ok, at := h.operations.next(now, false, false, func(seq int32) bool { return h.endpointOf(seq) == e })
	return choice{op, true}, ok, at
}
