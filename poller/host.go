package poller

import (
	"math/rand/v2"
	"time"

	"polltop/poller/backoff"
	"polltop/poller/plan"
	"polltop/poller/queue"
)

const (
	// holdFirst and holdMost bound the pause after a 429 without Retry-After.
	holdFirst = time.Second
	holdMost  = 15 * time.Second
	// retryCredit is how many retries each other request earns, so that retries take
	// a fifth of the requests while others wait.
	retryCredit = 1.0 / 4
	// unknownTasks is how many different tasks must be unknown to the service in a
	// row, with no answer about any, for that to be the host's trouble (a wrong base
	// path, a gateway) rather than the tasks' end; unknownMost bounds how long that
	// is believed.
	unknownTasks = 3
	unknownMost  = 10 * time.Minute
	// badConnection is after how many answers 5xx in a row new connections are made:
	// a proxy may have gone bad that only the old ones lead through.
	badConnection = 3
)

// host is the budget and the health of one origin. The poller's goroutine owns it.
//
// Trouble belongs to the narrowest thing that explains it. A task whose poll fails
// backs off alone. An endpoint of which several tasks fail, and none is answered, is in
// trouble: its tasks are set aside, and single requests look whether it is back. The
// host is in trouble when nothing of it answers.
type host struct {
	origin   queue.Origin
	base     *queue.Base // the first that lives there
	pace     pacer
	plan     *plan.Planner
	errands  errands
	slots    int           // requests at once
	interval time.Duration // between two polls of a task, at least
	random   *rand.Rand
	flights  []*flight
	retries  int // of these, the ones that are likely to fail
	live     int // tasks not terminal

	ends      plan.Estimate // when the live tasks will have ended
	foreseen  bool          // that is known
	estimated moment        // when that was estimated, 0 for never

	health
	failedAt   *endpoint // the endpoint of the last failed request
	elsewhere  bool      // another endpoint failed in the same row
	answeredAt moment    // when the last answer came
	bad        int       // answers 5xx in a row
	limits     int       // 429s in a row that made pauses
	heldBy     *endpoint // whose 429, which the rate does not explain, makes the pause

	endpoints  []*endpoint
	byName     map[string]*endpoint
	endpointOf func(seq int32) *endpoint
	turn       int     // the endpoint that is looked at first
	credit     float64 // retries that may be made before others
	// firstRetries are tasks, set aside, of which one poll failed: they go before others.
	firstRetries []firstRetry

	// refusedAlone are tasks that the key was refused for while it was good for others.
	refusedAlone map[int32]bool

	stopped   *queue.Fault            // 401: nothing is asked
	forbidden map[string]*queue.Fault // 403: by endpoint
	parked    map[string][]int32      // the tasks of those endpoints
}

// newHost returns the budget for the origin of a base.
func newHost(base *queue.Base, o *Options, epoch time.Time) *host {
	return &host{
		origin: base.Origin(), base: base, pace: newPacer(o.Rate, epoch), slots: o.Concurrency, interval: o.Interval, random: o.Random,
		plan:   plan.New(plan.Options{Interval: o.Interval}),
		byName: map[string]*endpoint{}, refusedAlone: map[int32]bool{},
		forbidden: map[string]*queue.Fault{},
		parked:    map[string][]int32{},
	}
}

// choice is a request to make.
type choice struct {
	errand errand
	retry  bool // it takes a slot of those for requests likely to fail
}

// pick returns the request to make now, and takes it from where it waits and
// from the budget. Where none may be made now it returns false and the moment
// to look again, or -1 where only an event can change that.
func (h *host) pick(now moment, paused bool) (next choice, ok bool, at moment) {
	switch {
	case h.stopped != nil:
		return choice{}, false, -1
	case h.until > now:
		return choice{}, false, h.until
	case h.trouble != nil && (len(h.flights) >= h.probesAtOnce()):
		return choice{}, false, -1
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
	if h.trouble != nil {
		next, ok, at = h.pickProbe(now, paused)
	} else {
		next, ok, at = h.choose(now, paused)
	}
	if !ok {
		reservation.CancelAt(wall)
		return choice{}, false, at
	}
	h.pace.sent.add(now)
	return next, true, 0
}

// choose returns the request that is worth most now: a retry when those have earned
// one, or else an operation or a poll, or else a retry.
func (h *host) choose(now moment, paused bool) (next choice, ok bool, at moment) {
	if h.credit >= 1 && !paused {
		if next, ok, _ = h.pickRetry(now); ok {
			h.credit--
			return next, true, 0
		}
	}
	seq, due, pollAt := h.nextPoll(now, paused)
	operation, ok, at := h.errands.next(now, paused, due, func(seq int32) bool { return h.admits(h.endpointOf(seq), now) })
	if ok || due {
		h.credit = min(h.credit+retryCredit, 1)
	}
	switch {
	case ok:
		return choice{errand: operation}, true, 0
	case due:
		h.plan.Take(seq, now)
		return choice{errand: errand{seq: seq}}, true, 0
	case paused:
		return choice{}, false, sooner(at, pollAt)
	}
	next, ok, retryAt := h.pickRetry(now)
	return next, ok, sooner(retryAt, sooner(at, pollAt))
}

// nextPoll returns the task to poll now, and else when to look again. Those of
// endpoints that may not be asked now are set aside.
func (h *host) nextPoll(now moment, paused bool) (seq int32, ok bool, at moment) {
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

// pickRetry returns a request that is likely to fail: to an endpoint in trouble, or
// about a task whose last poll failed. Of these there are a share of the slots at once.
func (h *host) pickRetry(now moment) (next choice, ok bool, at moment) {
	if h.retries >= h.share() {
		return choice{}, false, -1
	}
	// First, as it sets aside those that wait for an endpoint.
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
		at = sooner(at, wake)
	}
	if !due {
		return choice{}, false, at
	}
	h.plan.Take(seq, now)
	return choice{errand{seq: seq}, true}, true, 0
}

// nextRetry returns the task to ask again, the first retry of a task before others, or
// else when to look again. Those of endpoints in trouble are set aside.
func (h *host) nextRetry(now moment) (seq int32, ok bool, at moment) {
	at = -1
	for len(h.firstRetries) > 0 {
		first := h.firstRetries[0]
		if first.due > now {
			at = first.due
			break
		}
		if h.plan.IsAside(first.seq) && h.retriable(first.seq) {
			return first.seq, true, 0
		}
		h.firstRetries = h.firstRetries[1:]
	}
	for {
		seq, ok, wake := h.plan.NextRetry(now)
		if !ok {
			return 0, false, sooner(at, wake)
		}
		if h.retriable(seq) {
			return seq, true, 0
		}
	}
}

// firstRetry is the retry of a task of which one poll failed.
type firstRetry struct {
	seq int32
	due moment
}

// retriable reports whether a task whose last poll failed may be asked, and sets it aside
// until its endpoint may be asked if not.
func (h *host) retriable(seq int32) bool {
	e := h.endpointOf(seq)
	if e.trouble == nil {
		return true
	}
	h.setAside(e, seq, true)
	return false
}

// pickAt returns the request to make to an endpoint in trouble, or else when to look
// again. Tasks that did not fail themselves are asked first: as long as few have failed
// as many as the share of retries allows, also after a Retry-After, and then one at a
// time.
func (h *host) pickAt(e *endpoint, now moment) (next choice, ok bool, at moment) {
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
		return choice{}, false, -1
	}
	return choice{}, false, e.probeAt
}

// probe returns a request to an endpoint in trouble about a task that did not fail
// itself, or else, where others are allowed, about any.
func (h *host) probe(e *endpoint, others bool, now moment) (next choice, ok bool, at moment) {
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
		return choice{errand{seq: seq}, true}, true, 0
	case !others:
		return choice{}, false, -1
	}
	operation, ok, at := h.errands.next(now, false, false, func(seq int32) bool { return h.endpointOf(seq) == e })
	return choice{operation, true}, ok, at
}

// probesAtOnce returns how many requests may look at once whether a host in trouble is
// back. While few have failed they are the share of requests likely to fail, then one.
func (h *host) probesAtOnce() int {
	if h.failures < exploreFailures && h.cause != keyRefused {
		return h.share()
	}
	return 1
}

// pickProbe returns a request to look with whether a host in trouble is back, whatever
// it is due: at first a few about tasks that did not fail themselves, then one at a time,
// at growing intervals, or at once if the user asks.
func (h *host) pickProbe(now moment, paused bool) (next choice, ok bool, at moment) {
	probes := now >= h.probeAt && len(h.flights) == 0
	seq, ok, _ := h.plan.Next(now, h.pace.now(), true)
	if !ok && !paused && (probes || h.probesAtOnce() > 1) {
		seq, ok = h.probeTask(now)
		ok = ok && (probes || !h.plan.HasFailed(seq))
	}
	switch {
	case ok:
		h.plan.Take(seq, now)
		return choice{errand: errand{seq: seq}}, true, 0
	case !probes && len(h.flights) > 0:
		return choice{}, false, -1
	case !probes:
		return choice{}, false, h.probeAt
	}
	operation, ok, at := h.errands.next(now, paused, false, func(int32) bool { return true })
	return choice{errand: operation}, ok, at
}

// probeTask returns the task to probe the host with: one of another endpoint than the
// one that failed last, where there is one.
func (h *host) probeTask(now moment) (seq int32, ok bool) {
	if seq, ok = h.otherTask(h.failedAt, now); ok || h.failedAt == nil || h.failedAt.held(now) {
		return seq, ok
	}
	return h.plan.Any(h.failedAt.name, h.failures, false)
}

// otherTask returns a task of another endpoint than e that may be asked, of each in turn.
func (h *host) otherTask(e *endpoint, now moment) (seq int32, ok bool) {
	for i := range h.endpoints {
		at := (h.turn + i) % len(h.endpoints)
		if h.endpoints[at] == e || h.endpoints[at].held(now) {
			continue
		}
		if seq, ok = h.plan.Any(h.endpoints[at].name, h.failures, false); ok {
			h.turn = at + 1
			return seq, true
		}
	}
	return 0, false
}

// sooner returns the earlier of two moments, of which -1 is never.
func sooner(a, b moment) moment {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}

// answered notes that a request was answered with what it asked for.
func (h *host) answered(f *flight, now moment) {
	h.goodFor(f.errand.seq, f.endpoint)
	h.noteAnswer(f.errand.seq, now)
	f.endpoint.noteAnswer(f.errand.seq, now)
	h.alive(now)
	h.pace.accept(now, f.endpoint)
	h.answeredAt, h.bad = now, 0
	if h.heldBy != nil && h.heldBy != f.endpoint && f.sent >= h.until {
		h.heldBy.limitsItself, h.heldBy = true, nil
	}
	if h.until <= now {
		h.limits, h.capped = 0, false
	}
	if f.endpoint.answered(now-f.sent, now) || len(f.endpoint.untried) > 0 {
		h.giveBack(f.endpoint, now)
	}
}

// goodFor notes that the key was accepted for a task: then those for which it was just
// refused are refused alone.
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

// alive notes that the API of the host answered, if only with a failure: that ends the
// host's trouble, and with it the waits that it caused.
func (h *host) alive(now moment) {
	h.failedAt, h.elsewhere = nil, false
	if h.recover() {
		h.restart(now)
	}
}

// restart has the tasks asked again that waited because of trouble.
func (h *host) restart(now moment) {
	for _, e := range h.endpoints {
		if !e.held(now) {
			e.recover()
			h.giveBack(e, now)
		}
	}
}

// fail notes a request that failed for another reason than a 429, with the endpoint and
// with the host. It reports whether new connections are to be made.
func (h *host) fail(f *flight, fault *queue.Fault, now moment) (reconnect bool) {
	h.pace.accept(now, f.endpoint)
	seq, e, cause := f.errand.seq, f.endpoint, causeOf(fault)
	if fault.HTTP >= 500 || fault.Kind == queue.Gateway || fault.Kind == queue.BadAnswer {
		h.bad++
	}
	if cause == keyRefused && h.refusedAlone[seq] {
		cause = apiFails
	}
	if cause == apiFails || h.failures > 0 && h.cause != cause {
		h.alive(now)
	}
	if cause != apiFails {
		h.elsewhere = h.elsewhere || h.failedAt != nil && h.failedAt != e
		h.failedAt = e
		h.health.fail(seq, cause, now)
		h.judge(fault, now)
	}
	return h.bad > 0 && h.bad%badConnection == 0
}

// judge finds out whether the failed requests make or prolong the host's trouble.
func (h *host) judge(fault *queue.Fault, now moment) {
	// An endpoint that failed before, while others were answered, is in trouble alone.
	alone := h.plan.Live() <= h.plan.LiveOf(h.failedAt.name) && h.failedAt.failures < h.failures
	switch {
	case h.cause == unknown && now-h.first >= unknownMost:
		// It went on for so long that it is to be believed.
		if h.trouble != nil {
			h.trouble = nil
			h.restart(now)
		}
	case h.trouble != nil && (len(h.flights) > 0 || h.probeAt > now):
		// It was under way when the trouble was noticed, or others look as well.
	case h.trouble != nil:
		h.trouble = fault
		h.backOff(h.random, now)
	case h.cause == keyRefused:
		// Another task is asked, or the only one once more.
		h.begin(fault, now)
		if h.probeAt = now; h.plan.Live() <= 1 {
			h.probeAt = now + confirmAfter
		}
	case h.failures >= hostTroubleAfter && (h.elsewhere || alone) && (h.cause != unknown || len(h.tasks) >= unknownTasks) && !h.askWitness(&h.health, now):
		h.begin(fault, now)
		h.backOff(h.random, now)
	}
}

// keyRefused reports whether it is certain that the host refuses the key: another task
// was refused too, or the only one twice.
func (h *host) keyRefused() bool {
	return h.cause == keyRefused && h.failures >= 2 && (len(h.tasks) >= 2 || h.plan.Live() <= 1)
}

// deniesAll reports whether no task of the host, or none of an endpoint that has known
// them, is known to the service: that tells nothing of a task.
func (h *host) deniesAll(e *endpoint, known bool, now moment) bool {
	if h.cause == unknown && len(h.tasks) >= unknownTasks {
		return now-h.first < unknownMost
	}
	return known && len(e.tasks) >= unknownTasks && now-e.first < unknownMost
}

// limited notes a 429, and reports whether it is the host's, which then is asked for
// nothing for a while. A 429 that the rate does not explain is the host's only if the
// service asks for a pause and it is not known yet whether that is meant for others: not
// of a task that is refused again, nor of an endpoint that others were answered beside.
// The first request after such a pause is one to another endpoint.
func (h *host) limited(f *flight, fault *queue.Fault, again bool, now moment) bool {
	h.alive(now)
	if fault.LimitsCreation() {
		return false
	}
	explained := h.pace.refuse(now, f.sent, f.endpoint, again, h.plan.Live() > h.plan.LiveOf(f.endpoint.name)) || fault.LimitsCalls()
	// fal limits endpoints. What SeaCloud limits is not known, Comfy limits the caller.
	if !explained && (again || fault.RetryAfter == 0 || f.endpoint.limitsItself || h.base.Service() == "fal") {
		return false
	}
	if h.heldBy = nil; !explained {
		h.heldBy = f.endpoint
		if seq, ok := h.otherTask(f.endpoint, now); ok {
			h.setAside(h.endpointOf(seq), seq, false)
		}
	}
	if h.until <= now {
		h.limits++
	}
	pause := h.obey(fault.RetryAfter)
	if pause == 0 {
		pause = backoff.Delay(h.random, holdFirst, h.limits-1, holdMost)
	}
	h.until = max(h.until, now+pause)
	if explained {
		h.pace.pause(h.until)
	}
	return explained
}
