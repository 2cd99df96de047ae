package poller

import (
	"time"

	"polltop/poller/backoff"
	"polltop/poller/queue"
)

const (
	// holdFirst and holdMost bound the pause after a 429 without Retry-After.
	holdFirst = time.Second
	holdMost  = 15 * time.Second
	// unknownTasks is the number of different tasks in a row that the service does not
	// know, without an answer about any, from which on this counts as trouble of the host
	// (a wrong base path, a gateway) and not as the end of the tasks. unknownMost bounds
	// the time of that trouble.
	unknownTasks = 3
	unknownMost  = 10 * time.Minute
	// badConnection is the number of answers 5xx in a row after which new connections are
	// made: only the old ones may lead through a broken proxy.
	badConnection = 3
)

// answered updates the health after an answer.
func (h *host) answered(r *request, now time.Duration) {
	e := r.endpoint
	h.goodFor(r.seq, e)
	h.noteAnswer(r.seq)
	e.noteAnswer(r.seq)
	h.alive(now)
	h.pace.accept(now, e)
	h.bad = 0
	if h.heldBy != nil && h.heldBy != e && r.sent >= h.until {
		h.heldBy.limitsItself, h.heldBy = true, nil
	}
	if h.until <= now {
		h.limits, h.capped = 0, false
	}
	e.answered(r.sent, now)
}

// goodFor notes that the key was accepted for a task. Tasks for which it was just refused are
// refused alone then.
func (h *host) goodFor(seq int32, e *endpoint) {
	delete(h.refusedAlone, seq)
	refused := h.tasks
	switch {
	case h.cause == keyRefused && h.failures > 0:
	case e.refusals > 0:
		refused = e.tasks
	default:
		return
	}
	for _, other := range refused {
		h.refusedAlone[other] = other != seq
	}
}

// alive notes an answer of the host's API, be it a failure. It ends the host's trouble and the
// waits that it caused.
func (h *host) alive(now time.Duration) {
	h.failedAt, h.elsewhere = nil, false
	if h.recover() {
		h.recoverEndpoints(now)
	}
}

// recoverEndpoints ends the trouble of the endpoints that may be asked.
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
		if h.bad++; h.bad%badConnection == 0 {
			h.poller.options.Service.CloseIdle()
		}
	}
	if cause == keyRefused && h.refusedAlone[r.seq] {
		cause = apiFails
	}
	if cause == apiFails || h.failures > 0 && h.cause != cause {
		h.alive(now)
	}
	if cause != apiFails {
		h.elsewhere = h.elsewhere || h.failedAt != nil && h.failedAt != e
		h.failedAt = e
		h.health.fail(r.seq, cause, now)
		h.judge(fault, now)
	}
}

// judge decides whether the failed requests begin or prolong trouble of the host.
func (h *host) judge(fault *queue.Fault, now time.Duration) {
	switch {
	case h.cause == unknown && now-h.first >= unknownMost:
		// It lasted so long that the service really does not know the tasks.
		if h.trouble != nil {
			h.trouble = nil
			h.recoverEndpoints(now)
		}
	case h.trouble != nil && (len(h.flights) > 0 || h.probeAt > now):
		// A request from before the trouble, or one of several probes.
	case h.trouble == nil && h.cause == keyRefused:
		// Ask about another task, or about the only one once more.
		h.begin(fault, now)
		if h.probeAt = now; h.plan.Live() <= 1 {
			h.probeAt = now + confirmAfter
		}
	case h.trouble != nil, h.nothingAnswers(now):
		h.begin(fault, now)
		h.backOff(h.random, now)
	}
}

// nothingAnswers reports whether enough requests in a row have failed for trouble of the host:
// to several endpoints, or to the only one.
func (h *host) nothingAnswers(now time.Duration) bool {
	if h.failures < hostTroubleAfter || h.cause == unknown && len(h.tasks) < unknownTasks {
		return false
	}
	// An endpoint that failed before, while others were answered, is in trouble alone.
	alone := h.plan.Live() <= h.plan.LiveAt(h.failedAt.name) && h.failedAt.failures < h.failures
	return (h.elsewhere || alone) && !h.askWitness(&h.health, now)
}

// keyRefused reports whether the host certainly refuses the key: for two tasks, or for the only
// one twice.
func (h *host) keyRefused() bool {
	return h.cause == keyRefused && h.failures >= 2 && (len(h.tasks) >= 2 || h.plan.Live() <= 1)
}

// stop has nothing asked any more, because the key is refused.
func (h *host) stop(fault *queue.Fault) {
	h.recover()
	h.stopped = fault
}

// deniesAll reports whether the service knows no task of the host, or no task of an endpoint of
// which it knew some. Such an answer says nothing of a single task.
func (h *host) deniesAll(e *endpoint, known bool, now time.Duration) bool {
	if h.cause == unknown && len(h.tasks) >= unknownTasks {
		return now-h.first < unknownMost
	}
	return known && len(e.tasks) >= unknownTasks && now-e.first < unknownMost
}

// limited notes a 429, and reports whether it pauses the whole host. A 429 that the rate does not
// explain does so only if the service asks for a pause and its scope is not known: not for a
// task that is refused again, nor for an endpoint beside which others were answered. The first
// request after such a pause is to another endpoint.
func (h *host) limited(r *request, again bool, now time.Duration) bool {
	e, fault := r.endpoint, r.fault
	h.alive(now)
	if fault.LimitsCreation() {
		return false
	}
	explained := h.pace.refuse(now, r.sent, e, again, h.plan.Live() > h.plan.LiveAt(e.name)) || fault.LimitsCalls()
	// fal limits endpoints. What SeaCloud limits is not known, Comfy limits the caller.
	if !explained && (again || fault.RetryAfter == 0 || e.limitsItself || h.base.Service() == "fal") {
		return false
	}
	if h.heldBy = nil; !explained {
		h.heldBy = e
		if seq, _, ok := h.otherTask(e, now); ok {
			h.plan.Hasten(seq)
		}
	}
	if h.until <= now {
		h.limits++
	}
	pause := h.obey(fault.RetryAfter, r.sent)
	if pause == 0 {
		pause = backoff.Delay(h.random, holdFirst, h.limits-1, holdMost)
	}
	h.until = max(h.until, now+pause)
	if explained {
		h.pace.resumes = max(h.pace.resumes, h.until)
	}
	return explained
}
