package poller

import (
	"math/rand/v2"
	"time"

	"polltop/poller/plan"
	"polltop/poller/queue"
)

// host has the request budget and the health of one origin. The poller's goroutine owns it.
//
// Trouble is attributed to the smallest part that explains it. A task whose poll fails backs
// off alone. An endpoint is in trouble when several of its tasks fail and none is answered: its
// tasks leave the schedule, and single probes check whether it is back. The host is in trouble
// when no request to it is answered.
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
	silent    bool          // that is so long ago that it was told
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
