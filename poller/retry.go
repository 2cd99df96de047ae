package poller

import (
	"time"

	"polltop/poller/plan"
)

// pickRetry returns a request that is likely to fail: to an endpoint in trouble, or about a task
// whose last poll failed. These may use only a share of the slots. Without one it returns nil and
// when to call it again.
func (h *host) pickRetry(now time.Duration) (next *operation, at time.Duration) {
	if h.retries >= h.share() {
		return nil, plan.Never
	}
	// First, because it sets tasks aside that wait for an endpoint.
	seq, due, at := h.nextRetry(now)
	for i := range h.endpoints {
		e := h.endpoints[(h.turn+i)%len(h.endpoints)]
		if e.trouble == nil {
			continue
		}
		next, wake := h.pickAt(e, now)
		if next != nil {
			h.turn = (h.turn + i + 1) % len(h.endpoints)
			return next, 0
		}
		at = min(at, wake)
	}
	if !due {
		return nil, at
	}
	return h.poll(seq, true, now), 0
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
func (h *host) pickAt(e *endpoint, now time.Duration) (next *operation, at time.Duration) {
	probes := now >= e.probeAt && e.flights == 0
	switch {
	case e.explores() && (probes || !e.held(now)):
		e.round = h.exploreRound(e)
	case probes:
		e.round = 1
	}
	if e.round > 0 {
		if next, at = h.probe(e, probes, now); next != nil {
			e.round--
			return next, 0
		}
		if e.round = 0; probes {
			return nil, at
		}
	}
	if e.flights > 0 {
		return nil, plan.Never
	}
	return nil, e.probeAt
}

// probe returns a request to an endpoint in trouble about a task that did not fail itself, or
// with others about any task.
func (h *host) probe(e *endpoint, others bool, now time.Duration) (next *operation, at time.Duration) {
	seq, ok, _ := h.witness(&e.health, now)
	if !ok {
		seq, ok = h.takeAside(&e.untried)
	}
	if !ok && others {
		seq, ok = h.takeAside(&e.failed)
	}
	switch {
	case ok:
		return h.poll(seq, true, now), 0
	case !others:
		return nil, plan.Never
	}
	next, at = h.operations.next(now, false, false, func(seq int32) bool { return h.endpointOf(seq) == e })
	if next != nil {
		next.retry = true
	}
	return next, at
}
