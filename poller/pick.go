package poller

import (
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// retryCredit is the number of retries that each other request earns, so that retries are a
// fifth of the requests while others wait.
const retryCredit = 1.0 / 4

// pick removes and returns the request to make now, and takes a token for it. Where none may be
// made now it returns nil and the time to call it again, plan.Never where only an event can
// change that.
func (h *host) pick(now time.Duration, paused bool) (r *request, at time.Duration) {
	switch {
	case h.stopped != nil:
		return nil, plan.Never
	case h.until > now:
		return nil, h.until
	case h.trouble != nil && h.underWay(func(r *request) bool { return r.sent >= h.since }) >= h.probesAtOnce():
		return nil, plan.Never
	}
	// Ask the planner only when a token is available: it counts every declined offer
	// as spare budget.
	if wait := h.pace.wait(now); wait > 0 {
		return nil, now + wait
	}
	if h.trouble == nil {
		r, at = h.choose(now, paused)
	} else {
		r, at = h.pickProbe(now, paused)
	}
	if r != nil {
		r.host = h
		h.pace.take(now)
	}
	return r, at
}

// choose returns the next request: a retry if there is credit for one, else an operation or a
// poll, else a retry.
func (h *host) choose(now time.Duration, paused bool) (r *request, at time.Duration) {
	if h.credit >= 1 && !paused {
		if r, _ = h.pickRetry(now); r != nil {
			h.credit--
			return r, 0
		}
	}
	seq, due, pollAt := h.plan.Next(now, h.pace.now(), paused)
	r, at = h.nextOperation(now, paused, due, func(o operation) bool { return o.kind == create || h.admits(h.endpointOf(o.seq), now) })
	if r != nil || due {
		h.credit = min(h.credit+retryCredit, 1)
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
	h.plan.Take(seq, now)
	return &request{operation: operation{seq: seq}, retry: retry}
}

// pickRetry returns a request that is likely to fail: to an endpoint in trouble, or about a task
// whose last poll failed. These may use only a share of the slots.
func (h *host) pickRetry(now time.Duration) (r *request, at time.Duration) {
	if h.underWay(func(r *request) bool { return r.retry }) >= h.share() {
		return nil, plan.Never
	}
	seq, due, at := h.plan.NextRetry(now)
	for i := range h.endpoints {
		e := h.endpoints[(h.turn+i)%len(h.endpoints)]
		if e.trouble == nil {
			continue
		}
		r, wake := h.pickAt(e, now)
		if r != nil {
			h.turn = (h.turn + i + 1) % len(h.endpoints)
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

// pickAt returns the next request to an endpoint in trouble, or else when to call it again.
// Tasks that did not fail themselves go first: as many as the share of retries allows while few
// have failed, even after a Retry-After, then one at a time.
func (h *host) pickAt(e *endpoint, now time.Duration) (r *request, at time.Duration) {
	flights := h.flightsAt(e)
	probes := now >= e.probeAt && flights == 0
	// Tasks that did not fail may be well, but after a 429.
	explores := e.failures < exploreFailures && e.trouble.Kind != queue.RateLimited
	switch {
	case explores && (probes || !e.held(now)):
		e.round = h.exploreRound(e)
	case probes:
		e.round = 1
	}
	at = plan.Never
	if e.round > 0 {
		if r, at = h.probe(e, probes, now); r != nil {
			e.round--
			return r, 0
		}
		e.round = 0
	}
	if !probes && flights == 0 {
		at = min(at, e.probeAt)
	}
	return nil, at
}

// probe returns a request to an endpoint in trouble about a task that did not fail itself, or
// with others about any task.
func (h *host) probe(e *endpoint, others bool, now time.Duration) (r *request, at time.Duration) {
	seq, ok, _ := h.witness(&e.health, now)
	if !ok {
		seq, _, ok, at = h.plan.Due(e.name, others, h.random.Int(), now)
	}
	switch {
	case ok:
		return h.pollOf(seq, true, now), 0
	case !others:
		return nil, at
	}
	r, operationAt := h.nextOperation(now, false, false, func(o operation) bool { return o.kind != create && h.endpointOf(o.seq) == e })
	return r, min(at, operationAt)
}

// probesAtOnce returns how many probes of a host in trouble may be under way: the share of
// requests likely to fail while few have failed, then one.
func (h *host) probesAtOnce() int {
	if h.failures < exploreFailures && h.cause != keyRefused {
		return h.share()
	}
	return 1
}

// pickProbe returns a probe of a host in trouble: at first several, about tasks that did not
// fail themselves, then one at a time at growing intervals, or at once if the user asks.
func (h *host) pickProbe(now time.Duration, paused bool) (r *request, at time.Duration) {
	probes := now >= h.probeAt && len(h.flights) == 0
	seq, ok, _ := h.plan.Next(now, h.pace.now(), true)
	if !ok && !paused && (probes || h.probesAtOnce() > 1) {
		var failed bool
		seq, failed, ok = h.probeTask(now)
		ok = ok && (probes || !failed)
	}
	switch {
	case ok:
		return h.pollOf(seq, false, now), 0
	case !probes && len(h.flights) > 0:
		return nil, plan.Never
	case !probes:
		return nil, h.probeAt
	}
	// Tasks are created only where nothing else can find out that it is over.
	return h.nextOperation(now, paused, false, func(o operation) bool { return o.kind != create || h.live == 0 })
}

// probeTask returns the task to probe the host with, of another endpoint than the last failed
// one if possible.
func (h *host) probeTask(now time.Duration) (seq int32, failed, ok bool) {
	if seq, failed, ok = h.otherTask(h.failedAt, now); ok || h.failedAt == nil || h.failedAt.held(now) {
		return seq, failed, ok
	}
	return h.taskOf(h.failedAt)
}

// taskOf returns a task of an endpoint, whenever it is due: one whose last poll has not failed, if
// there is one.
func (h *host) taskOf(e *endpoint) (seq int32, failed, ok bool) {
	seq, failed, ok, _ = h.plan.Due(e.name, true, h.random.Int(), plan.Never)
	return seq, failed, ok
}

// otherTask returns a task of another endpoint than e that may be asked, in rotation.
func (h *host) otherTask(e *endpoint, now time.Duration) (seq int32, failed, ok bool) {
	for i := range h.endpoints {
		at := (h.turn + i) % len(h.endpoints)
		if h.endpoints[at] == e || h.endpoints[at].held(now) {
			continue
		}
		if seq, failed, ok = h.taskOf(h.endpoints[at]); ok {
			h.turn = at + 1
			return seq, failed, true
		}
	}
	return 0, false, false
}
