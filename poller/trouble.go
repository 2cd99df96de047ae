package poller

import (
	"time"

	"polltop/poller/backoff"
	"polltop/poller/queue"
)

const (
	// firstHold and maxHold bound the hold after a 429 without Retry-After.
	firstHold = time.Second
	maxHold   = 15 * time.Second
	// unknownTasks is the number of different tasks with consecutive 404s from which on these
	// are trouble of the host (a wrong base path, a gateway) and do not end the tasks.
	// maxUnknownTrouble bounds that trouble: after it the 404s are believed.
	unknownTasks      = 3
	maxUnknownTrouble = 10 * time.Minute
	// reconnectAfter is the number of consecutive 5xx and unreadable answers after which new
	// connections are made, because the old ones may lead through a broken proxy.
	reconnectAfter = 3
)

// answered updates the health after an answer.
func (h *host) answered(r *request, now time.Duration) {
	e := r.endpoint
	h.keyAccepted(r.seq, e)
	h.addCanary(r.seq)
	e.addCanary(r.seq)
	h.apiAnswered(now)
	h.pace.accept(now, e)
	h.serverErrors = 0
	if h.heldByEndpoint != nil && h.heldByEndpoint != e && r.sent >= h.holdUntil {
		h.heldByEndpoint.hasOwnLimit, h.heldByEndpoint = true, nil
	}
	if h.holdUntil <= now {
		h.rateLimitHolds, h.holdCapped = 0, false
	}
	e.answered(r.sent, now)
}

// keyAccepted applies that the service accepted the key for a task: the refusals just before then
// are about single tasks.
func (h *host) keyAccepted(seq int32, e *endpoint) {
	delete(h.keyRefusedTasks, seq)
	refused := h.failedTasks
	switch {
	case h.cause == keyRefused && h.failures > 0:
	case e.keyRefusals > 0:
		refused = e.failedTasks
	default:
		return
	}
	for _, other := range refused {
		h.keyRefusedTasks[other] = other != seq
	}
}

// apiAnswered applies that the host's API answered, be it with an error. It ends the trouble of the
// host and of its endpoints.
func (h *host) apiAnswered(now time.Duration) {
	h.lastFailed, h.otherEndpointFailed = nil, false
	if h.recover() {
		h.recoverEndpoints(now)
	}
}

// recoverEndpoints ends the trouble of the endpoints without a hold.
func (h *host) recoverEndpoints(now time.Duration) {
	for _, e := range h.endpoints {
		if !e.held(now) {
			e.recover()
		}
	}
}

// fail updates the health after a request that failed for another reason than a 429.
func (h *host) fail(r *request, now time.Duration) {
	e, fault, cause := r.endpoint, r.fault, causeOf(r.fault)
	h.pace.accept(now, e)
	if fault.HTTP >= 500 || fault.Kind == queue.Gateway || fault.Kind == queue.BadAnswer {
		if h.serverErrors++; h.serverErrors%reconnectAfter == 0 {
			h.poller.options.Service.CloseIdle()
		}
	}
	if cause == keyRefused && h.keyRefusedTasks[r.seq] {
		cause = apiFails
	}
	if cause == apiFails || h.failures > 0 && h.cause != cause {
		h.apiAnswered(now)
	}
	if cause != apiFails {
		h.otherEndpointFailed = h.otherEndpointFailed || h.lastFailed != nil && h.lastFailed != e
		h.lastFailed = e
		h.health.fail(r.seq, cause, now)
		h.updateTrouble(fault, now)
	}
}

// updateTrouble begins or prolongs the host's trouble if its consecutive failures show it.
func (h *host) updateTrouble(fault *queue.Fault, now time.Duration) {
	switch {
	case h.cause == taskUnknown && now-h.firstFailure >= maxUnknownTrouble:
		// By now the service does not know the tasks.
		if h.trouble != nil {
			h.trouble = nil
			h.recoverEndpoints(now)
		}
	case h.trouble != nil && (len(h.inFlight) > 0 || h.nextProbe > now):
		// A request from before the trouble, or one of several probes.
	case h.trouble == nil && h.cause == keyRefused:
		// Poll another task at once, or the only one once more.
		h.begin(fault, now)
		if h.nextProbe = now; h.plan.Live() <= 1 {
			h.nextProbe = now + confirmAfter
		}
	case h.trouble != nil, h.allFail(now):
		h.begin(fault, now)
		h.backOff(h.random, now)
	}
}

// allFail reports whether the consecutive failures are enough for trouble of the host: of several
// endpoints, or of the only one.
func (h *host) allFail(now time.Duration) bool {
	if h.failures < hostTroubleFailures || h.cause == taskUnknown && len(h.failedTasks) < unknownTasks {
		return false
	}
	// An endpoint with failures from before those of the host is in trouble alone.
	onlyEndpoint := h.plan.Live() <= h.plan.LiveAt(h.lastFailed.name) && h.lastFailed.failures < h.failures
	return (h.otherEndpointFailed || onlyEndpoint) && !h.pollCanary(&h.health, now)
}

// keyRefusalConfirmed reports whether the host has refused the key for two tasks, or twice for the
// only one.
func (h *host) keyRefusalConfirmed() bool {
	return h.cause == keyRefused && h.failures >= 2 && (len(h.failedTasks) >= 2 || h.plan.Live() <= 1)
}

// stop ends all requests to the host, because it refuses the key.
func (h *host) stop(fault *queue.Fault) {
	h.recover()
	h.stopped = fault
}

// knowsNoTask reports whether the service answers 404 for all tasks of the host, or for all of an
// endpoint of which it knew some. Then a 404 does not end its task.
func (h *host) knowsNoTask(e *endpoint, known bool, now time.Duration) bool {
	if h.cause == taskUnknown && len(h.failedTasks) >= unknownTasks {
		return now-h.firstFailure < maxUnknownTrouble
	}
	return known && len(e.failedTasks) >= unknownTasks && now-e.firstFailure < maxUnknownTrouble
}

// applyRateLimit applies a 429, and reports whether the request rate explains it. repeated says
// that the last request for the same task got one too. A 429 that the rate explains holds the
// host. Another one does if it has a Retry-After and may be about the whole host. It is not if it
// is repeated, or if other endpoints were answered meanwhile: the first request after such a hold
// is to another endpoint, to find out.
func (h *host) applyRateLimit(r *request, repeated bool, now time.Duration) (explained bool) {
	e, fault := r.endpoint, r.fault
	h.apiAnswered(now)
	if fault.LimitsCreation() {
		return false
	}
	explained = h.pace.refuse(now, r.sent, e, repeated, h.plan.Live() > h.plan.LiveAt(e.name)) || fault.LimitsCalls()
	// fal limits endpoints. What SeaCloud limits is not known, Comfy limits the caller.
	if !explained && (repeated || fault.RetryAfter == 0 || e.hasOwnLimit || h.base.Service() == queue.Fal) {
		return false
	}
	if h.heldByEndpoint = nil; !explained {
		h.heldByEndpoint = e
		if seq, _, ok := h.taskElsewhere(e, now); ok {
			h.plan.Hasten(seq)
		}
	}
	if h.holdUntil <= now {
		h.rateLimitHolds++
	}
	delay := h.holdDelay(fault.RetryAfter, r.sent)
	if delay == 0 {
		delay = backoff.Delay(h.random, firstHold, h.rateLimitHolds-1, maxHold)
	}
	h.holdUntil = max(h.holdUntil, now+delay)
	if explained {
		h.pace.resumesAt = max(h.pace.resumesAt, h.holdUntil)
	}
	return explained
}
