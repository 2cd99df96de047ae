package poller

import (
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// retriesPerRequest is the number of retries that each other request earns, so that retries are
// a fifth of the requests while others wait.
const retriesPerRequest = 1.0 / 4

// pick removes and returns the request to make now, and acquires a token for it. If there is none
// it returns nil and the time to call it again, plan.Never where only an event can change that.
func (h *host) pick(now time.Duration, paused bool) (r *request, at time.Duration) {
	switch {
	case h.stopped != nil:
		return nil, plan.Never
	case h.holdUntil > now:
		return nil, h.holdUntil
	case h.trouble != nil && h.countInFlight(func(r *request) bool { return r.sent >= h.troubleSince }) >= h.probesAtOnce():
		return nil, plan.Never
	}
	// Ask the planner only when a token is available: it counts every declined offer
	// as spare budget.
	if wait := h.pace.wait(now); wait > 0 {
		return nil, now + wait
	}
	if h.trouble == nil {
		r, at = h.pickRequest(now, paused)
	} else {
		r, at = h.pickHostProbe(now, paused)
	}
	if r != nil {
		r.host = h
		h.pace.acquire(now)
	}
	return r, at
}

// pickRequest returns the next request to a host without trouble: a retry if there is a token for
// one, else an operation or a poll, else a retry.
func (h *host) pickRequest(now time.Duration, paused bool) (r *request, at time.Duration) {
	if h.retryTokens >= 1 && !paused {
		if r, _ = h.pickRetry(now); r != nil {
			h.retryTokens--
			return r, 0
		}
	}
	seq, due, pollAt := h.plan.Next(now, h.pace.perSecond(), paused)
	r, at = h.nextOperation(now, paused, due, func(o operation) bool { return o.kind == create || h.admits(h.endpointOf(o.seq), now) })
	if r != nil || due {
		h.retryTokens = min(h.retryTokens+retriesPerRequest, 1)
	}
	switch {
	case r != nil:
		return r, 0
	case due:
		return h.pollOf(seq, false, now), 0
	case paused:
		return nil, min(at, pollAt)
	}
	r, retryAt := h.pickRetry(now)
	return r, min(retryAt, at, pollAt)
}

// pollOf returns the poll of a task, and reports it to the planner.
func (h *host) pollOf(seq int32, retry bool, now time.Duration) *request {
	h.plan.Dispatch(seq, now)
	return &request{operation: operation{seq: seq}, retry: retry}
}

// pickRetry returns a request that is likely to fail: to an endpoint in trouble, or about a task
// whose last poll failed. These may use only a share of the concurrency.
func (h *host) pickRetry(now time.Duration) (r *request, at time.Duration) {
	if h.countInFlight(func(r *request) bool { return r.retry }) >= h.retrySlots() {
		return nil, plan.Never
	}
	seq, due, at := h.plan.NextRetry(now)
	for i := range h.endpoints {
		e := h.endpoints[(h.nextEndpoint+i)%len(h.endpoints)]
		if e.trouble == nil {
			continue
		}
		r, wake := h.pickEndpointProbe(e, now)
		if r != nil {
			h.nextEndpoint = (h.nextEndpoint + i + 1) % len(h.endpoints)
			r.retry = true
			return r, 0
		}
		at = min(at, wake)
	}
	if !due {
		return nil, at
	}
	return h.pollOf(seq, true, now), 0
}

// pickEndpointProbe returns the next request to an endpoint in trouble, or when to call it again.
// While few requests have failed, a round of probes polls several tasks that did not fail
// themselves, even after a Retry-After. Later one task is polled at a time.
func (h *host) pickEndpointProbe(e *endpoint, now time.Duration) (r *request, at time.Duration) {
	inFlight := h.inFlightTo(e)
	due := now >= e.nextProbe && inFlight == 0
	// A 429 is likely for the other tasks as well.
	several := e.failures < singleProbeFailures && e.trouble.Kind != queue.RateLimited
	switch {
	case several && !e.held(now):
		e.probesLeft = h.probeRound(e)
	case due:
		e.probesLeft = 1
	}
	at = plan.Never
	if e.probesLeft > 0 {
		if r, at = h.probeOf(e, due, now); r != nil {
			e.probesLeft--
			return r, 0
		}
		e.probesLeft = 0
	}
	if !due && inFlight == 0 {
		at = min(at, e.nextProbe)
	}
	return nil, at
}

// probeOf returns a poll of a canary of an endpoint in trouble, or of a task that did not fail
// itself, or with failedToo another request to the endpoint.
func (h *host) probeOf(e *endpoint, failedToo bool, now time.Duration) (r *request, at time.Duration) {
	seq, ok, _ := h.canary(&e.health, now)
	if !ok {
		seq, _, ok, at = h.plan.Due(e.name, failedToo, h.random.Int(), now)
	}
	switch {
	case ok:
		return h.pollOf(seq, true, now), 0
	case !failedToo:
		return nil, at
	}
	r, operationAt := h.nextOperation(now, false, false, func(o operation) bool { return o.kind != create && h.endpointOf(o.seq) == e })
	return r, min(at, operationAt)
}

// probesAtOnce returns how many probes of a host in trouble may be in flight: as many as retries
// while few requests have failed, then one.
func (h *host) probesAtOnce() int {
	if h.failures < singleProbeFailures && h.cause != keyRefused {
		return h.retrySlots()
	}
	return 1
}

// pickHostProbe returns a probe of a host in trouble: at first several, of tasks that did not
// fail themselves, then one at a time at growing intervals, or at once if the user asks for a task.
func (h *host) pickHostProbe(now time.Duration, paused bool) (r *request, at time.Duration) {
	due := now >= h.nextProbe && len(h.inFlight) == 0
	seq, ok, _ := h.plan.Next(now, h.pace.perSecond(), true)
	if !ok && !paused && (due || h.probesAtOnce() > 1) {
		var failed bool
		seq, failed, ok = h.probeTask(now)
		ok = ok && (due || !failed)
	}
	switch {
	case ok:
		return h.pollOf(seq, false, now), 0
	case !due && len(h.inFlight) > 0:
		return nil, plan.Never
	case !due:
		return nil, h.nextProbe
	}
	// Tasks are created only if there is no live task to probe with.
	return h.nextOperation(now, paused, false, func(o operation) bool { return o.kind != create || h.live == 0 })
}

// probeTask returns the task to probe the host with, of another endpoint than the last failed
// one if possible.
func (h *host) probeTask(now time.Duration) (seq int32, failed, ok bool) {
	if seq, failed, ok = h.taskElsewhere(h.lastFailed, now); ok || h.lastFailed == nil || h.lastFailed.held(now) {
		return seq, failed, ok
	}
	return h.anyTask(h.lastFailed)
}

// anyTask returns a task of an endpoint, due or not: if possible one whose last poll has not
// failed.
func (h *host) anyTask(e *endpoint) (seq int32, failed, ok bool) {
	seq, failed, ok, _ = h.plan.Due(e.name, true, h.random.Int(), plan.Never)
	return seq, failed, ok
}

// taskElsewhere returns a task of another endpoint than e without a hold, in rotation.
func (h *host) taskElsewhere(e *endpoint, now time.Duration) (seq int32, failed, ok bool) {
	for i := range h.endpoints {
		at := (h.nextEndpoint + i) % len(h.endpoints)
		if h.endpoints[at] == e || h.endpoints[at].held(now) {
			continue
		}
		if seq, failed, ok = h.anyTask(h.endpoints[at]); ok {
			h.nextEndpoint = at + 1
			return seq, failed, true
		}
	}
	return 0, false, false
}
