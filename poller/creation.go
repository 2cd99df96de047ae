package poller

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"polltop/poller/backoff"
	"polltop/poller/guard"
	"polltop/poller/plan"
	"polltop/poller/queue"
)

// creation is a payload that waits to be sent.
type creation struct {
	number int64
	due    time.Duration
}

// creations are the payloads that wait to be sent to a host, in order.
type creations struct {
	poller  *Poller
	waiting []creation
	turn    bool // the next request may create a task
}

// next removes and returns the payload to send now, or returns when one is due,
// plan.Never where only an event can change that.
func (c *creations) next(h *host, now time.Duration, paused bool) (next choice, ok bool, at time.Duration) {
	at = plan.Never
	if paused {
		return choice{}, false, at
	}
	for i, w := range c.waiting {
		payload := c.poller.payloads[w.number]
		e := h.endpoint(payload.Endpoint)
		switch {
		case h.forbidden[payload.Endpoint] != nil, c.poller.liveOf[payload.Batch] >= cmp.Or(payload.MaxLive, DefaultMaxLive):
		case max(w.due, e.createAt) > now:
			at = min(at, max(w.due, e.createAt))
		default:
			c.waiting = slices.Delete(c.waiting, i, i+1)
			return choice{operation: operation{kind: create, seq: -1, payload: w.number}}, true, 0
		}
	}
	return choice{}, false, at
}

// remove removes a payload.
func (c *creations) remove(number int64) {
	c.waiting = slices.DeleteFunc(c.waiting, func(w creation) bool { return w.number == number })
}

// dispatchCreation sends a payload in a goroutine of its own. It is on disk as being sent
// before, so that it is never sent twice after a crash.
func (p *Poller) dispatchCreation(ctx context.Context, h *host, c choice, now time.Duration) {
	payload := *p.payloads[c.operation.payload]
	payload.State = PayloadSending
	if payload.Sent == 0 {
		payload.Sent = p.stamp(now)
	}
	p.payloads[payload.Number] = &payload
	p.moved = append(p.moved, &payload)
	p.liveOf[payload.Batch]++
	p.creating++
	p.stats.InFlight++
	p.stats.Requests++
	// What creates a task is not canceled: nobody would know whether it did.
	request, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{operation: c.operation, endpoint: h.endpoint(payload.Endpoint), sent: now, cancel: cancel}
	h.addFlight(f)
	p.running.Go(guard.Func(func() {
		r := result{operation: f.operation, flight: f, host: h}
		p.create(request, &payload, &r)
		p.answers <- r // Run receives it even after its end
	}))
}

// create sends a payload that is marked as being sent, and sets the answer.
func (p *Poller) create(ctx context.Context, payload *Payload, r *result) {
	defer func() {
		if v := recover(); v != nil {
			r.panicked = fmt.Sprintf("%v\n%s", v, debug.Stack())
		}
	}()
	input, ok := p.options.Store.Input(payload.Number)
	if !ok {
		r.created = queue.CreateAnswer{Outcome: queue.CreationRejected, Fault: &queue.Fault{Kind: queue.Refused, Message: "its input can't be read in the session any more: it was not sent"}}
		return
	}
	if err := p.options.Store.WritePayload(payload); err != nil {
		r.created = queue.CreateAnswer{Outcome: queue.CreationNotYet, Fault: &queue.Fault{Kind: queue.Refused, Message: "not sent, as the session can't be written: " + err.Error()}}
		return
	}
	r.created = p.options.Service.Create(ctx, queue.Payload{Base: payload.Base, Endpoint: payload.Endpoint, Input: input, Key: payload.key()})
}

// awaitCreations applies the outcomes of the requests under way that create tasks.
func (p *Poller) awaitCreations() {
	for p.creating > 0 {
		if r := <-p.answers; r.operation.kind == create {
			p.apply(r)
		}
	}
}

// applyCreation updates a payload with the outcome of sending it, and tracks its task.
func (p *Poller) applyCreation(r result, now time.Duration) {
	p.creating--
	h, e, a := r.host, r.flight.endpoint, r.created
	next := *p.payloads[r.operation.payload]
	p.liveOf[next.Batch]--
	switch {
	case a.Fault == nil:
		h.createdAt(e, now)
		e.rejected = 0
		p.trackCreated(&next, a.Request, now)
	case a.Outcome == queue.CreationRejected:
		h.createdAt(e, now)
		next.State, next.Fault = PayloadRejected, a.Fault
		p.setPayload(&next)
		p.rejectOthers(h, e, a.Fault)
	case a.Outcome == queue.CreationUnknown:
		next.State, next.Fault = PayloadUnknown, a.Fault
		p.setPayload(&next)
		h.postponeCreations(e, a.Fault, now)
	default:
		next.State, next.Fault = PayloadWaiting, a.Fault
		p.notCreated(r, now)
		p.setPayload(&next)
		h.creations.waiting = slices.Insert(h.creations.waiting, 0, creation{number: next.Number, due: now})
	}
}

// trackCreated tracks the task that was created from a payload.
func (p *Poller) trackCreated(next *Payload, request queue.Request, now time.Duration) {
	next.State, next.RequestID, next.Fault, request.Label = PayloadSubmitted, request.ID, nil, next.Label
	if seq, known := p.tracked[request.Key()]; known {
		linked := *p.tasks[seq]
		linked.Payload, linked.Attempt, linked.RetryOf = next.Number, int32(next.Attempt), next.RetryOf
		p.set(&linked)
	} else {
		// The task before the payload: after a crash between them the payload finds it.
		seq := next.Row - 1
		p.put(&Task{Seq: seq, Request: request, Payload: next.Number, Attempt: int32(next.Attempt), RetryOf: next.RetryOf}, now)
		p.scheduleAdded(p.tasks[seq:seq+1], now)
	}
	p.setPayload(next)
}

// createdAt updates the health after an answer to a request that creates a task.
func (h *host) createdAt(e *endpoint, now time.Duration) {
	h.alive(now)
	h.pace.accept(now, e)
	h.answeredAt = now
	e.createFails, e.createAt = 0, min(e.createAt, now)
}

// notCreated updates the health after a payload was not taken.
func (p *Poller) notCreated(r result, now time.Duration) {
	h, e, fault := r.host, r.flight.endpoint, r.created.Fault
	switch {
	case fault.Kind == queue.RateLimited:
		p.stats.RateLimited++
		h.limited(r.flight, fault, e.createFails > 0, now)
	case fault.Kind == queue.Unauthorized && (fault.HTTP == 0 || e.createFails > 0):
		h.recover()
		h.stopped = fault
	case fault.HTTP != 0:
		h.alive(now)
		h.pace.accept(now, e)
	}
	h.postponeCreations(e, fault, now)
}

// postponeCreations has the next payload for an endpoint sent after a wait, which grows.
func (h *host) postponeCreations(e *endpoint, fault *queue.Fault, now time.Duration) {
	wait := max(backoff.Delay(h.random, createFirst, e.createFails, createMost), min(fault.RetryAfter, MaxFirstHold))
	e.createFails++
	e.createAt = max(e.createAt, now+wait)
}

// rejectOthers has the payloads that wait for an endpoint not sent, once the service has
// refused several in a row for a reason that is not theirs.
func (p *Poller) rejectOthers(h *host, e *endpoint, fault *queue.Fault) {
	if fault.HTTP != 402 && fault.HTTP != 403 && fault.HTTP != 404 {
		e.rejected = 0
		return
	}
	if e.rejected++; e.rejected < rejectedMost {
		return
	}
	e.rejected = 0
	why := *fault
	why.Message = fmt.Sprintf("not sent, as %d others were refused: %s", rejectedMost, fault.Message)
	h.creations.waiting = slices.DeleteFunc(h.creations.waiting, func(w creation) bool {
		payload := p.payloads[w.number]
		if payload.Endpoint != e.name {
			return false
		}
		next := *payload
		next.State, next.Fault = PayloadRejected, &why
		p.setPayload(&next)
		return true
	})
}
