package poller

import (
	"context"
	"fmt"
	"slices"
	"time"

	"polltop/poller/backoff"
	"polltop/poller/queue"
)

// beginCreation marks a payload as being sent. create writes that to the disk first, so that the
// payload is not sent twice after a crash.
func (p *Poller) beginCreation(r *request, now time.Duration) *Payload {
	payload := *p.payloads[r.payload]
	payload.State = PayloadSending
	if payload.Sent == 0 {
		payload.Sent = p.stamp(now)
	}
	r.endpoint = r.host.endpoint(payload.Endpoint)
	p.payloads[payload.Number] = &payload
	p.changedPayloads = append(p.changedPayloads, &payload)
	p.liveInBatch[payload.Batch]++
	p.creating++
	return &payload
}

// create sends a payload that is marked as being sent, and sets the answer of r.
func (p *Poller) create(ctx context.Context, payload *Payload, r *request) {
	refused := func(outcome queue.CreateOutcome, why string) queue.CreateAnswer {
		return queue.CreateAnswer{Outcome: outcome, Fault: &queue.Fault{Kind: queue.Refused, Message: why}}
	}
	if input, ok := p.options.Store.Input(payload.Number); !ok {
		r.createAnswer = refused(queue.CreationRejected, "its input can't be read in the session any more: it was not sent")
	} else if err := p.options.Store.WritePayload(payload); err != nil {
		r.createAnswer = refused(queue.CreationRetryable, "not sent, as the session can't be written: "+err.Error())
	} else {
		r.createAnswer = p.options.Service.Create(ctx, queue.Payload{Base: payload.Base, Endpoint: payload.Endpoint, Input: input, Key: fmt.Sprintf("%s-%d", payload.Key, payload.Attempt)})
	}
	r.fault = r.createAnswer.Fault
}

// awaitCreations waits for the requests in flight that create tasks, and applies their outcomes.
func (p *Poller) awaitCreations() {
	for p.creating > 0 {
		if r := <-p.outcomes; r.kind == create {
			p.apply(r)
		}
	}
}

// applyCreation updates a payload with the outcome of sending it, and tracks its task.
func (p *Poller) applyCreation(r *request, now time.Duration) {
	p.creating--
	h, e := r.host, r.endpoint
	next := *p.payloads[r.payload]
	p.liveInBatch[next.Batch]--
	next.Fault = r.fault
	if r.fault == nil || r.createAnswer.Outcome == queue.CreationRejected {
		h.apiAnswered(now)
		h.pace.accept(now, e)
		e.failedCreations, e.nextCreation = 0, min(e.nextCreation, now)
	}
	switch {
	case r.fault == nil:
		e.rejectedPayloads = 0
		if !p.trackCreated(&next, r.createAnswer.Request, now) {
			h.postponeCreations(e, next.Fault, now)
		}
	case r.createAnswer.Outcome == queue.CreationRejected:
		next.State = PayloadRejected
		p.rejectOthers(h, e, r.fault)
	case r.createAnswer.Outcome == queue.CreationUnknown:
		next.State = PayloadUnknown
		h.postponeCreations(e, r.fault, now)
	default:
		next.State = PayloadWaiting
		p.notCreated(r, now)
		r.due = now
		h.background = slices.Insert(h.background, 0, r.operation)
	}
	p.setPayload(&next)
}

// trackCreated tracks the task that was created from a payload. It returns false where the service has
// answered with the task of another payload or attempt: it is unknown then whether it created one.
func (p *Poller) trackCreated(next *Payload, request queue.Request, now time.Duration) bool {
	seq, known := p.tracked[request.Key()]
	if known {
		if t := p.tasks[seq]; t.Payload != 0 && (t.Payload != next.Number || int(t.Attempt) != next.Attempt) {
			next.State = PayloadUnknown
			next.Fault = &queue.Fault{Kind: queue.BadAnswer, Message: "the service answered with the task " + request.ID + ", which another payload has, or another attempt"}
			return false
		}
	}
	next.State, next.RequestID, next.Fault, request.Label = PayloadSubmitted, request.ID, nil, next.Label
	if known {
		p.change(p.tasks[seq], func(t *Task) { t.Payload, t.Attempt, t.RetryOf = next.Number, int32(next.Attempt), next.RetryOf })
	} else {
		// The task is stored first: after a crash between both, resumePayloads finds it.
		p.addNew(&Task{Seq: next.Row - 1, Request: request, Payload: next.Number, Attempt: int32(next.Attempt), RetryOf: next.RetryOf}, now)
	}
	return true
}

// notCreated updates the health after a payload created no task.
func (p *Poller) notCreated(r *request, now time.Duration) {
	h, e, fault := r.host, r.endpoint, r.fault
	switch {
	case fault.Kind == queue.RateLimited:
		p.stats.RateLimited++
		h.applyRateLimit(r, e.failedCreations > 0, now)
	case fault.Kind == queue.Unauthorized && (fault.HTTP == 0 || e.failedCreations > 0):
		h.stop(fault)
	case fault.HTTP != 0:
		h.apiAnswered(now)
		h.pace.accept(now, e)
	}
	h.postponeCreations(e, fault, now)
}

// postponeCreations delays the next payload for an endpoint, by more after each failure.
func (h *host) postponeCreations(e *endpoint, fault *queue.Fault, now time.Duration) {
	wait := max(backoff.Delay(h.random, firstRetryDelay, e.failedCreations, maxRetryDelay), min(fault.RetryAfter, MaxFirstHold))
	e.failedCreations++
	e.nextCreation = max(e.nextCreation, now+wait)
}

// rejectOthers rejects the payloads that wait for an endpoint, once the service has rejected
// maxRejected because of the account or the endpoint.
func (p *Poller) rejectOthers(h *host, e *endpoint, fault *queue.Fault) {
	if fault.HTTP != 402 && fault.HTTP != 403 && fault.HTTP != 404 {
		e.rejectedPayloads = 0
		return
	}
	if e.rejectedPayloads++; e.rejectedPayloads < maxRejected {
		return
	}
	e.rejectedPayloads = 0
	why := *fault
	why.Message = fmt.Sprintf("not sent, as %d others were refused: %s", maxRejected, fault.Message)
	h.drop(func(o operation) bool {
		payload := p.payloads[o.payload]
		if payload == nil || payload.Endpoint != e.name {
			return false
		}
		p.changePayload(payload, func(next *Payload) { next.State, next.Fault = PayloadRejected, &why })
		return true
	})
}
