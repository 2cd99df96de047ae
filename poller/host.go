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
// off alone. An endpoint is in trouble when several of its tasks fail and none is answered: the
// planner leaves its tasks out, and single probes check whether it is back. The host is in
// trouble when no request to it is answered.
type host struct {
	poller  *Poller
	base    *queue.Base // the first that lives there
	pace    pacer
	plan    *plan.Planner
	slots   int // requests at once
	random  *rand.Rand
	flights []*request // under way
	live    int        // tasks not terminal

	// Operations that wait to be made, other than polls. Those in background take turns with the
	// polls, those in interactive go before them.
	interactive, background []operation
	backgroundTurn          bool
	lastBackground          operationKind

	ends      plan.Estimate // when the live tasks will have ended
	foreseen  bool          // that is known
	estimated time.Duration // when that was estimated, 0 for never

	health
	failedAt  *endpoint     // the endpoint of the last failed request
	elsewhere bool          // another endpoint failed in the same row
	asked     time.Duration // when the first request was sent that no answer came to since, 0 for none
	silent    bool          // that is so long ago that it was reported
	bad       int           // answers 5xx in a row
	limits    int           // 429s in a row that made pauses
	heldBy    *endpoint     // whose 429, which the rate does not explain, makes the pause

	endpoints []*endpoint
	byName    map[string]*endpoint
	turn      int     // the endpoint that is looked at first
	credit    float64 // retries that may be made before others

	// refusedAlone are tasks that refuse a key that others accept.
	refusedAlone map[int32]bool

	stopped *queue.Fault // 401: nothing is asked
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
		poller: p, base: base, pace: newPacer(o.Rate, p.start), slots: o.Concurrency,
		random: o.Random, plan: plan.New(o.Interval), byName: map[string]*endpoint{}, refusedAlone: map[int32]bool{},
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

// flightsAt counts the requests under way to an endpoint.
func (h *host) flightsAt(e *endpoint) int {
	return h.underWay(func(r *request) bool { return r.endpoint == e })
}

// exploreFailures is the number of failures in a row from which on all tasks of an
// endpoint or host in trouble wait for its backoff, also those that did not fail.
const exploreFailures = 40

// endpoint has the health of one endpoint of a host.
type endpoint struct {
	name string
	health
	known bool // the service has known a task of it
	// denials counts the answers 404 while it knew none; deniedAt is the address of the
	// queue from the third on.
	denials  int
	deniedAt string
	latency  time.Duration // that answers take, on average; 0 before the first

	round int // requests that may look now whether it is back

	limitsItself bool // its 429s say nothing of other endpoints

	createAt    time.Duration // before which no task is created
	createFails int           // requests in a row that created none
	rejected    int           // payloads in a row refused for a reason that is not theirs

	refusals  int           // answers in a row that the key may not use it (403)
	forbidden *queue.Fault  // that it certainly may not, nil for nothing of the kind
	parked    []int32       // its tasks, which wait for the user then
	heldSince time.Duration // when the first Retry-After of those in a row came
	// retryAfterOfTasks is set where others were answered after a Retry-After: the next one
	// is a task's own while others are answered.
	retryAfterOfTasks bool
}

// answered notes an answer to a request sent at a time, which ends trouble. A Retry-After stays
// in force, unless the request was sent after it came: then it is of the tasks that got it.
func (e *endpoint) answered(sent, now time.Duration) {
	took := max(now-sent, 1)
	e.latency = (7*cmp.Or(e.latency, took) + took) / 8
	e.known, e.refusals = true, 0
	if e.held(now) && sent <= e.heldSince {
		return
	}
	e.retryAfterOfTasks = e.retryAfterOfTasks || e.until > 0
	e.capped, e.until = false, min(e.until, now)
	e.recover()
}

// deny notes an answer that the service does not know a task, and reports whether it knew it before.
func (e *endpoint) deny(task *Task) (known bool) {
	if task.Seen != 0 {
		e.known = true
		return true
	}
	if e.denials++; e.denials == unknownTasks {
		e.deniedAt = task.Request.QueueURL()
	}
	return false
}

// held reports whether a Retry-After forbids requests now.
func (e *endpoint) held(now time.Duration) bool { return e.until > now }

// hold applies the Retry-After of a failed request to the endpoint. It returns false where the
// pause is known to be the task's own.
func (e *endpoint) hold(fault *queue.Fault, sent, now time.Duration) bool {
	if e.retryAfterOfTasks && (len(e.witnesses) > 0 || e.failures < exploreFailures) {
		return false
	}
	if e.trouble != nil {
		e.probes++
	}
	e.begin(fault, now)
	if !e.held(now) {
		e.heldSince = now
	}
	e.until = max(e.until, now+e.obey(fault.RetryAfter, sent))
	e.probeAt = e.until
	return true
}

// exploreRound returns how many tasks of an endpoint in trouble are polled in one round: the
// slots for retries, or after a Retry-After a quarter of the budget that was unused during it.
// With 4 tasks a round, 200 sick ones hid the 30 healthy ones for more than 20 s in 19 of 150
// runs, now in none.
func (h *host) exploreRound(e *endpoint) int {
	unused := h.pace.now() / 4 * min(e.trouble.RetryAfter, MaxFirstHold).Seconds()
	return max(h.share(), min(int(unused), exploreFailures-e.failures))
}

// share returns the number of slots for requests that are likely to fail: retries, and requests
// to endpoints that have not answered yet.
func (h *host) share() int { return max(1, h.slots/4) }

// admits reports whether an endpoint's tasks may be asked now, but for probes. One that has not
// answered yet may use only its share of the slots if there are others.
func (h *host) admits(e *endpoint, now time.Duration) bool {
	if e.trouble != nil || e.held(now) {
		return false
	}
	flights, share := h.flightsAt(e), h.share()
	return e.latency > 0 || flights == 0 || flights < share && len(h.flights) < h.slots-share || h.plan.LiveAt(e.name) == h.plan.Live()
}

// witness returns a witness to poll, and whether any is left: it may be under way, or was
// answered within the interval.
func (h *host) witness(s *health, now time.Duration) (seq int32, ok, left bool) {
	s.witnesses = slices.DeleteFunc(s.witnesses, func(w int32) bool { return !h.plan.Has(w) })
	i := slices.IndexFunc(s.witnesses, func(w int32) bool { return h.plan.MayAsk(w, now) })
	if i < 0 {
		return 0, false, len(s.witnesses) > 0
	}
	return s.witnesses[i], true, true
}

// askWitness schedules a witness at once, and reports whether there is one. Failures are the
// tasks' own until the witness fails too.
func (h *host) askWitness(s *health, now time.Duration) bool {
	seq, ok, left := h.witness(s, now)
	if ok {
		h.plan.Hasten(seq)
	}
	return left
}

// failAt updates an endpoint's health after a failed request.
func (h *host) failAt(r *request, now time.Duration) {
	e, seq, fault := r.endpoint, r.seq, r.fault
	e.health.fail(seq, 0, now)
	limits := fault.Kind == queue.RateLimited && (e.limitsItself || h.base.Service() == "fal")
	if (fault.HTTP >= 500 || limits) && fault.RetryAfter > 0 && e.hold(fault, r.sent, now) {
		return
	}
	switch {
	case e.trouble != nil && h.flightsAt(e) > 0 && e.probeAt > now:
		// A request from before the trouble, or one of several probes.
		e.trouble = fault
	case e.trouble != nil, e.failures >= troubleAfter && len(e.tasks) >= troubleTasks && !h.askWitness(&e.health, now):
		e.begin(fault, now)
		e.backOff(h.random, now)
	}
}

// refuses notes a 403 of an endpoint, and reports whether it certainly refuses the key: for two
// tasks, or for the only one twice.
func (h *host) refuses(r *request, now time.Duration) bool {
	e, seq := r.endpoint, r.seq
	if h.refusedAlone[seq] {
		return false
	}
	e.health.fail(seq, 0, now)
	e.refusals++
	alone := h.plan.LiveAt(e.name) <= 1
	if e.refusals >= 2 && (len(e.tasks) >= 2 || alone) {
		return true
	}
	e.begin(r.fault, now)
	e.probeAt = now
	if alone {
		e.probeAt = now + confirmAfter
	} else if other, _, ok := h.taskOf(e); ok {
		h.plan.Hasten(other)
	}
	return false
}
