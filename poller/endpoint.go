package poller

import (
	"math/rand/v2"
	"time"

	"polltop/poller/queue"
)

const (
	// slowAfter is how long a request must be under way at least to be slow. It is
	// slow when it also takes slowFactor times as long as its endpoint usually does.
	slowAfter  = 2 * time.Second
	slowFactor = 3
	// exploreFailures is how many requests in a row may fail until the tasks of an
	// endpoint in trouble that did not fail themselves wait for its backoff as well.
	exploreFailures = 50
)

// endpoint is how the requests about the tasks of one endpoint of a host fare.
type endpoint struct {
	name string
	health
	flights int           // requests under way
	answers bool          // it has answered a request
	latency time.Duration // that answers take, on average; 0 for unknown

	// untried and failed are tasks that wait outside the schedule until the endpoint
	// may be asked, by whether their own last poll failed. Some may have left since.
	untried, failed []int32

	// confirm is one more than the task that did not fail itself and is asked whether
	// the trouble is the endpoint's; 0 when that is certain.
	confirm int32

	limitsItself bool // its 429s say nothing of other endpoints

	refusals int  // answers in a row that the key may not use it (403)
	heldBy   bool // one task alone brought the Retry-After that holds it
	// retryAfterOfTasks says that it answered others when a Retry-After was over that
	// one task had brought: the next one is the task's own.
	retryAfterOfTasks bool
}

// answered notes an answer that took so long, and reports whether it ends trouble. A
// Retry-After is waited for all the same.
func (e *endpoint) answered(took time.Duration, now moment) bool {
	e.latency = took
	if e.answers {
		e.latency = (7*e.latency + took) / 8
	}
	e.answers, e.refusals = true, 0
	if e.held(now) {
		return false
	}
	if e.heldBy {
		e.heldBy, e.retryAfterOfTasks = false, true
	}
	e.capped = false
	return e.recover()
}

// isSlow reports whether a request to it that is under way for so long is slow.
func (e *endpoint) isSlow(d time.Duration) bool { return d >= max(slowAfter, slowFactor*e.latency) }

// held reports whether a Retry-After forbids requests now.
func (e *endpoint) held(now moment) bool { return e.until > now }

// hold obeys the Retry-After of a failed request. It is the endpoint's, unless it is
// known to be the task's own; then hold returns false.
func (e *endpoint) hold(fault *queue.Fault, now moment) bool {
	if len(e.tasks) >= troubleTasks {
		e.retryAfterOfTasks, e.heldBy = false, false
	} else if e.retryAfterOfTasks {
		return false
	} else {
		e.heldBy = true
	}
	if e.trouble != nil {
		e.probes++
	}
	e.begin(fault, now)
	e.confirm = 0
	e.until = max(e.until, now+e.obey(fault.RetryAfter))
	e.probeAt = e.until
	return true
}

// explores reports whether tasks of it that did not fail themselves may be asked while
// it is in trouble: some may be well though others are not. After a 429 none may.
func (e *endpoint) explores() bool {
	return e.failures < exploreFailures && e.trouble.Kind != queue.RateLimited
}

// share returns how many of a host's slots may be taken by requests that are likely to
// fail: by retries, and by those to endpoints that have not answered yet.
func (h *host) share() int { return max(1, h.slots/4) }

// admits reports whether one more request to an endpoint may be made now. One that has
// not answered yet, or does so slowly, is admitted to its share of the slots only,
// where there are others.
func (h *host) admits(e *endpoint, now moment) bool {
	if e.trouble != nil || e.held(now) {
		return false
	}
	if e.flights == 0 || h.plan.LiveOf(e.name) == h.plan.Live() {
		return true
	}
	share := h.share()
	if !e.answers {
		return e.flights < share && len(h.flights) < h.slots-share
	}
	slow := 0
	for _, f := range h.flights {
		if f.endpoint == e && e.isSlow(now-f.sent) {
			slow++
		}
	}
	return slow < share
}

// endpoint returns the endpoint with a name.
func (h *host) endpoint(name string) *endpoint {
	e := h.byName[name]
	if e == nil {
		e = &endpoint{name: name}
		h.byName[name] = e
		h.endpoints = append(h.endpoints, e)
	}
	return e
}

// setAside takes a task out of the schedule until its endpoint may be asked.
func (h *host) setAside(e *endpoint, seq int32, failed bool) {
	h.plan.SetAside(seq, failed)
	if failed {
		e.failed = append(e.failed, seq)
	} else {
		e.untried = append(e.untried, seq)
	}
}

// takeAside returns a task of those that were set aside, and false if there is none.
func (h *host) takeAside(tasks *[]int32) (seq int32, ok bool) {
	for len(*tasks) > 0 {
		last := len(*tasks) - 1
		i := rand.IntN(last + 1)
		seq, (*tasks)[i] = (*tasks)[i], (*tasks)[last]
		*tasks = (*tasks)[:last]
		if h.plan.IsAside(seq) {
			return seq, true
		}
	}
	*tasks = nil
	return 0, false
}

// giveBack puts the tasks that an endpoint had set aside back into the schedule, those
// that failed themselves as retries.
func (h *host) giveBack(e *endpoint, now moment) {
	for i := len(e.untried) - 1; i >= 0; i-- {
		if seq := e.untried[i]; h.plan.IsAside(seq) {
			h.plan.Defer(seq, now, now)
		}
	}
	for _, seq := range e.failed {
		if h.plan.IsAside(seq) {
			h.plan.Defer(seq, now+1, now)
		}
	}
	e.untried, e.failed = nil, nil
}

// failAt notes that a request to an endpoint failed.
func (h *host) failAt(e *endpoint, seq int32, fault *queue.Fault, now moment) {
	e.health.fail(seq, 0, now)
	limits := fault.Kind == queue.RateLimited && (e.limitsItself || h.base.Service() == "fal")
	if (fault.HTTP >= 500 || limits) && fault.RetryAfter > 0 && e.hold(fault, now) {
		return
	}
	switch {
	case e.trouble != nil && e.flights > 0 && e.probeAt > now:
		// It was under way when the trouble was noticed, or is one of those that look
		// whether other tasks are well.
		e.trouble = fault
		if e.confirm == seq+1 {
			e.confirm = 0
		}
	case e.trouble != nil:
		e.trouble, e.confirm = fault, 0
		e.backOff(now)
	case e.failures >= troubleAfter && len(e.tasks) >= troubleTasks:
		e.begin(fault, now)
		e.backOff(now)
		e.confirm = 0
		// One whose last poll brought an answer tells whether it is the tasks' trouble.
		if other, ok := h.plan.Any(e.name, e.failures, false); ok && !h.plan.HasFailed(other) {
			h.setAside(e, other, false)
			e.confirm = other + 1
		}
	}
}

// refuses notes that an endpoint is refused to the key (403), and reports whether that
// is certain: another task was refused too, or the only one there is twice.
func (h *host) refuses(e *endpoint, seq int32, fault *queue.Fault, now moment) bool {
	if h.refusedAlone[seq] {
		return false
	}
	e.health.fail(seq, 0, now)
	e.refusals++
	alone := h.plan.LiveOf(e.name) <= 1
	if e.refusals >= 2 && (len(e.tasks) >= 2 || alone) {
		return true
	}
	e.begin(fault, now)
	e.probeAt = now
	if alone {
		e.probeAt = now + confirmAfter
	} else if other, ok := h.plan.Any(e.name, e.failures, false); ok {
		h.setAside(e, other, false)
	}
	return false
}
