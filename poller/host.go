package poller

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// host has the request budget and the health of one origin. The poller's goroutine owns it.
//
// Trouble is attributed to the smallest part that explains it. A task whose poll fails backs
// off alone. An endpoint is in trouble when several of its tasks fail and none is answered: its
// tasks leave the schedule, and single probes check whether it answers again. The host is in
// trouble when no request to it is answered.
type host struct {
	poller      *Poller
	base        *queue.Base // the first base with this origin
	pace        pacer
	plan        *plan.Planner
	concurrency int // the most requests in flight
	random      *rand.Rand
	inFlight    []*request
	live        int // tasks that are not terminal

	// Operations that wait. The interactive ones go before the polls, the background ones
	// alternate with them.
	interactive, background []operation
	backgroundTurn          bool
	lastBackground          operationKind // poll for none

	estimate      plan.Estimate // when the live tasks will have ended
	estimateKnown bool
	estimatedAt   time.Duration // 0 for never

	health
	lastFailed          *endpoint     // the endpoint of the last failed request, nil after an answer
	otherEndpointFailed bool          // the consecutive failures are of more than one endpoint
	unansweredSince     time.Duration // when the first request since the last answer was sent, 0 for none
	silenceReported     bool          // HostStatus.SilentSince is set
	serverErrors        int           // consecutive 5xx and unreadable answers
	rateLimitHolds      int           // consecutive holds because of a 429
	heldByEndpoint      *endpoint     // its 429, which the rate does not explain, holds the host

	endpoints    []*endpoint
	byName       map[string]*endpoint
	nextEndpoint int     // index of the endpoint to retry or probe first
	retryTokens  float64 // retries that may go before other requests

	// keyRefusedTasks are tasks for which the service refuses the key (401, 403) that it accepts
	// for others.
	keyRefusedTasks map[int32]bool

	stopped *queue.Fault // the 401 that ended all requests to the host
}

// hostFor returns the host of a base's origin. Bases can share it.
func (p *Poller) hostFor(base *queue.Base) *host {
	for _, h := range p.hosts {
		if h.base.Origin() == base.Origin() {
			return h
		}
	}
	o := &p.options
	h := &host{
		poller: p, base: base, pace: newPacer(o.Rate), concurrency: o.Concurrency,
		random: o.Random, plan: plan.New(o.Interval), byName: map[string]*endpoint{}, keyRefusedTasks: map[int32]bool{},
	}
	h.plan.Admits = func(endpoint string) bool { return h.admits(h.endpoint(endpoint), p.now()) }
	p.hosts = append(p.hosts, h)
	p.dirty = true
	return h
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

// endpointOf returns the endpoint of a task, which may be untracked since it was chosen.
func (h *host) endpointOf(seq int32) *endpoint {
	if t := h.poller.tasks[seq]; t != nil {
		return h.endpoint(t.Request.Endpoint)
	}
	return h.endpoint("")
}

// inFlightTo counts the requests in flight to an endpoint.
func (h *host) inFlightTo(e *endpoint) int {
	return h.countInFlight(func(r *request) bool { return r.endpoint == e })
}

// singleProbeFailures is the number of consecutive failures from which on an endpoint or host in
// trouble is probed by one request at a time.
const singleProbeFailures = 40

// endpoint has the health of one endpoint of a host.
type endpoint struct {
	name string
	health
	confirmed   bool          // the service has known a task of it
	notFounds   int           // 404 answers about tasks that were never seen
	notFoundURL string        // the queue's address, set by the 404 number unknownTasks
	latency     time.Duration // average time of an answer; 0 before the first

	probesLeft  int  // requests that this round of probes may still make
	hasOwnLimit bool // its 429s say nothing about other endpoints

	nextCreation     time.Duration // before which no task is created
	failedCreations  int           // consecutive requests that created none
	rejectedPayloads int           // consecutive payloads rejected because of the account or endpoint

	keyRefusals int           // consecutive 403s
	forbidden   *queue.Fault  // the 403, once it is certain that the key may not use the endpoint
	parked      []int32       // its tasks, which are not polled while it is forbidden
	heldSince   time.Duration // when the hold began
	// perTaskRetryAfter is set once tasks were answered after a Retry-After: the next one
	// holds only its own task, as long as others are answered.
	perTaskRetryAfter bool
}

// answered applies an answer to a request sent at a time, which ends trouble. It ends a hold only
// if the request was sent after the hold began: then the hold is of single tasks.
func (e *endpoint) answered(sent, now time.Duration) {
	took := max(now-sent, 1)
	e.latency = (7*cmp.Or(e.latency, took) + took) / 8
	e.confirmed, e.keyRefusals = true, 0
	if e.held(now) && sent <= e.heldSince {
		return
	}
	e.perTaskRetryAfter = e.perTaskRetryAfter || e.holdUntil > 0
	e.holdCapped, e.holdUntil = false, min(e.holdUntil, now)
	e.recover()
}

// notFound counts a 404 about a task, and reports whether the service knew the task before.
func (e *endpoint) notFound(task *Task) (known bool) {
	if task.Seen != 0 {
		e.confirmed = true
		return true
	}
	if e.notFounds++; e.notFounds == unknownTasks {
		e.notFoundURL = task.Request.QueueURL()
	}
	return false
}

// held reports whether a Retry-After forbids requests now.
func (e *endpoint) held(now time.Duration) bool { return e.holdUntil > now }

// hold applies the Retry-After of a failed request to the endpoint, and reports whether it did: a
// Retry-After may hold only its task.
func (e *endpoint) hold(fault *queue.Fault, sent, now time.Duration) bool {
	if e.perTaskRetryAfter && (len(e.canaries) > 0 || e.failures < singleProbeFailures) {
		return false
	}
	if e.trouble != nil {
		e.failedProbes++
	}
	e.begin(fault, now)
	if !e.held(now) {
		e.heldSince = now
	}
	e.holdUntil = max(e.holdUntil, now+e.holdDelay(fault.RetryAfter, sent))
	e.nextProbe = e.holdUntil
	return true
}

// probeRound returns how many tasks of an endpoint in trouble are polled in one round: the
// slots for retries, or after a Retry-After a quarter of the budget that was unused during it.
// With 4 tasks a round, 200 failing ones hid the 30 healthy ones for more than 20 s in 19 of 150
// runs, now in none.
func (h *host) probeRound(e *endpoint) int {
	unused := h.pace.perSecond() / 4 * min(e.trouble.RetryAfter, MaxFirstHold).Seconds()
	return max(h.retrySlots(), min(int(unused), singleProbeFailures-e.failures))
}

// retrySlots returns how many requests in flight may be likely to fail: retries, and requests to
// endpoints that have not answered yet.
func (h *host) retrySlots() int { return max(1, h.concurrency/4) }

// admits reports whether the planner may offer an endpoint's tasks. While one has not answered
// yet, it may use only the slots for retries, if there are other endpoints.
func (h *host) admits(e *endpoint, now time.Duration) bool {
	if e.trouble != nil || e.held(now) {
		return false
	}
	inFlight, slots := h.inFlightTo(e), h.retrySlots()
	return e.latency > 0 || inFlight == 0 || inFlight < slots && len(h.inFlight) < h.concurrency-slots || h.plan.LiveAt(e.name) == h.plan.Live()
}

// canary returns a canary that may be polled now, if there is one. exists is also set where all of
// them are in flight or were answered within the interval.
func (h *host) canary(s *health, now time.Duration) (seq int32, ok, exists bool) {
	s.canaries = slices.DeleteFunc(s.canaries, func(c int32) bool { return !h.plan.Has(c) })
	i := slices.IndexFunc(s.canaries, func(c int32) bool { return h.plan.MayPoll(c, now) })
	if i < 0 {
		return 0, false, len(s.canaries) > 0
	}
	return s.canaries[i], true, true
}

// pollCanary has a canary polled at once, and reports whether there is one. Until that poll fails
// too, failures are those of single tasks.
func (h *host) pollCanary(s *health, now time.Duration) bool {
	seq, ok, exists := h.canary(s, now)
	if ok {
		h.plan.Hasten(seq)
	}
	return exists
}

// failEndpoint updates an endpoint's health after a failed request.
func (h *host) failEndpoint(r *request, now time.Duration) {
	e, seq, fault := r.endpoint, r.seq, r.fault
	e.health.fail(seq, 0, now)
	limits := fault.Kind == queue.RateLimited && (e.hasOwnLimit || h.base.Service() == queue.Fal)
	if (fault.HTTP >= 500 || limits) && fault.RetryAfter > 0 && e.hold(fault, r.sent, now) {
		return
	}
	switch {
	case e.trouble != nil && h.inFlightTo(e) > 0 && e.nextProbe > now:
		// A request from before the trouble, or one of several probes.
		e.trouble = fault
	case e.trouble != nil, h.allTasksFail(e) && !h.pollCanary(&e.health, now):
		e.begin(fault, now)
		e.backOff(h.random, now)
	}
}

// allTasksFail reports whether enough consecutive failures, about enough different tasks, put an
// endpoint in trouble.
func (h *host) allTasksFail(e *endpoint) bool {
	tasks := max(2, min(endpointTroubleFailures, h.plan.LiveAt(e.name)))
	return e.failures >= endpointTroubleFailures && len(e.failedTasks) >= tasks
}

// applyForbidden applies a 403 of an endpoint, and reports whether it is certain that the key may
// not use the endpoint: after 403s for two tasks, or two for the only one.
func (h *host) applyForbidden(r *request, now time.Duration) bool {
	e, seq := r.endpoint, r.seq
	if h.keyRefusedTasks[seq] {
		return false
	}
	e.health.fail(seq, 0, now)
	e.keyRefusals++
	onlyTask := h.plan.LiveAt(e.name) <= 1
	if e.keyRefusals >= 2 && (len(e.failedTasks) >= 2 || onlyTask) {
		return true
	}
	e.begin(r.fault, now)
	e.nextProbe = now
	if onlyTask {
		e.nextProbe = now + confirmAfter
	} else if other, _, ok := h.anyTask(e); ok {
		h.plan.Hasten(other)
	}
	return false
}
