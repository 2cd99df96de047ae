package poller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"polltop/poller/backoff"
	"polltop/poller/guard"
	"polltop/poller/plan"
	"polltop/poller/queue"
)

const (
	// DefaultMaxLive bounds the live tasks of a batch, unless the user says otherwise.
	DefaultMaxLive = 20
	// createFirst and createMost bound the waits after a payload was not taken.
	createFirst = time.Second
	createMost  = 30 * time.Second
	// retryPayloadFirst and retryPayloadMost bound the waits before a payload whose task failed
	// is submitted again by itself.
	retryPayloadFirst = 2 * time.Second
	retryPayloadMost  = time.Minute
	// keyLasts is how long a service knows an idempotency key: Comfy Router for 24 hours, of
	// which an hour is left for clocks that differ.
	keyLasts = 23 * time.Hour
	// rejectedMost is after how many refusals in a row, that are about the account or the
	// endpoint, the other payloads for it are not sent any more.
	rejectedMost = 3
)

// submissions has the payloads, by number. The poller's goroutine owns it.
type submissions struct {
	payloads map[int64]*Payload
	moved    []*Payload        // those that changed
	attempts map[int64][]int32 // the Seqs of the tasks created from each
	liveOf   map[int64]int     // live tasks by batch, with those being created
	creating int               // requests under way
}

func newSubmissions() submissions {
	return submissions{payloads: map[int64]*Payload{}, attempts: map[int64][]int32{}, liveOf: map[int64]int{}}
}

// countLive counts a task of a batch, if it is live.
func (p *Poller) countLive(t *Task, n int) {
	if t.Payload == 0 || t.State.Terminal() {
		return
	}
	if payload := p.payloads[t.Payload]; payload != nil {
		p.liveOf[payload.Batch] += n
	}
}

// Submit creates tasks from payloads that are in the Store, in their order, as there is room.
// Those that it has already are not added again.
func (p *Poller) Submit(payloads []*Payload) {
	p.do(func() {
		for _, payload := range payloads {
			if p.payloads[payload.Number] == nil {
				p.enqueue(payload, 0)
			}
		}
	})
}

// Payloads returns the latest snapshots of all payloads, in the order of addition, also after
// the end of Run.
func (p *Poller) Payloads() (all []*Payload) {
	collect := func() { all = slices.Collect(maps.Values(p.payloads)) }
	if !p.do(collect) {
		collect() // Run has ended, so nothing changes any more
	}
	slices.SortFunc(all, func(a, b *Payload) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// AddPayloads returns why no payload can be added: only a session keeps them on disk before they
// are sent.
func (p *Poller) AddPayloads(func() (*Payload, []byte, error)) (int, error) {
	return 0, errors.New("payloads are submitted from a session on disk, so that none is sent twice: there is none here")
}

// Input returns the parameters in a payload, and whether they are stored.
func (p *Poller) Input(number int64) ([]byte, bool) { return p.options.Store.Input(number) }

// Resubmit sends payloads again, each as a new attempt: those whose submission is unknown, was
// refused or given up, and those whose task has ended. It returns how many.
func (p *Poller) Resubmit(numbers ...int64) (n int) {
	p.do(func() {
		for _, number := range numbers {
			if payload := p.payloads[number]; payload != nil && p.again(payload, 0) {
				n++
			}
		}
	})
	p.options.Store.Sync() // the next update tells what came of it
	return n
}

// again sends a payload again after a wait, and reports whether it may be.
func (p *Poller) again(payload *Payload, wait time.Duration) bool {
	if payload.Pending() {
		return false
	}
	if payload.State == PayloadSubmitted {
		if seq, ok := p.tracked[payload.request().Key()]; ok && !p.tasks[seq].State.Terminal() {
			return false
		}
	}
	next := *payload
	if next.State == PayloadSubmitted {
		next.RetryOf = next.RequestID
	}
	next.State, next.Attempt, next.RequestID, next.Sent, next.Fault = PayloadWaiting, next.Attempt+1, "", 0, nil
	p.enqueue(&next, wait)
	return true
}

// GiveUp has payloads not sent any more that are not submitted. One that is being sent is not
// stopped.
func (p *Poller) GiveUp(numbers ...int64) {
	p.do(func() {
		for _, number := range numbers {
			payload := p.payloads[number]
			if payload == nil || payload.State == PayloadSubmitted || payload.State == PayloadSending {
				continue
			}
			next := *payload
			next.State = PayloadGivenUp
			p.hostFor(next.Base).creations.remove(number)
			p.setPayload(&next)
		}
	})
	p.options.Store.Sync()
}

// request returns the request of a submitted payload.
func (p *Payload) request() queue.Request {
	return queue.Request{ID: p.RequestID, Endpoint: p.Endpoint, Base: p.Base}
}

// key returns the idempotency key of the present attempt.
func (p *Payload) key() string { return fmt.Sprintf("%s-%d", p.Key, p.Attempt) }

// setPayload stores the next snapshot of a payload, on disk as well.
func (p *Poller) setPayload(next *Payload) {
	p.options.Store.PutPayload(next)
	p.payloads[next.Number] = next
	p.moved = append(p.moved, next)
}

// enqueue stores a payload as waiting, to be sent after a wait.
func (p *Poller) enqueue(payload *Payload, wait time.Duration) {
	p.setPayload(payload)
	c := &p.hostFor(payload.Base).creations
	c.poller = p
	c.waiting = append(c.waiting, creation{number: payload.Number, due: p.now() + wait})
}

// resumePayloads takes the payloads of an earlier run. What was being sent when that ended is
// unknown, unless a task of it is tracked, or repeating it is safe.
func (p *Poller) resumePayloads(payloads []*Payload) {
	created := map[int64]*Task{}
	for _, t := range p.tasks {
		if t != nil && t.Payload != 0 && (created[t.Payload] == nil || created[t.Payload].Attempt < t.Attempt) {
			created[t.Payload] = t
		}
	}
	for _, payload := range payloads {
		p.payloads[payload.Number] = payload
		p.moved = append(p.moved, payload)
		t := created[payload.Number]
		next := *payload
		switch {
		case payload.Pending() && t != nil && int(t.Attempt) == payload.Attempt:
			next.State, next.RequestID, next.Fault = PayloadSubmitted, t.Request.ID, nil
			p.setPayload(&next)
		case payload.State == PayloadSending && payload.Base.Idempotent() && p.stamp(p.now()).Sub(payload.Sent) < keyLasts:
			next.State = PayloadWaiting
			p.enqueue(&next, 0)
		case payload.State == PayloadSending:
			next.State, next.Fault = PayloadUnknown, &queue.Fault{Kind: queue.TimedOut, Message: "polltop ended while it was being sent"}
			p.setPayload(&next)
		case payload.State == PayloadWaiting:
			p.enqueue(&next, 0)
		}
	}
	for _, t := range p.tasks {
		if t != nil && t.Payload != 0 {
			p.countLive(t, 1)
			p.attempts[t.Payload] = append(p.attempts[t.Payload], t.Seq)
		}
	}
}

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
		p.attempts[next.Number] = append(p.attempts[next.Number], seq)
		p.set(&linked)
	} else {
		// The task before the payload: after a crash between them the payload finds it.
		seq := p.add(&Task{Request: request, Payload: next.Number, Attempt: int32(next.Attempt), RetryOf: next.RetryOf}, now)
		p.attempts[next.Number] = append(p.attempts[next.Number], seq)
		p.scheduleAdded(len(p.tasks)-1, now)
	}
	p.setPayload(next)
}

// payloadEnded has the payload of a task that has ended submitted again, if that is worth it and
// wanted. After a success the attempts before it are Retried.
func (p *Poller) payloadEnded(t *Task) {
	payload := p.payloads[t.Payload]
	if payload == nil {
		return
	}
	if t.State == Succeeded {
		for _, seq := range p.attempts[t.Payload] {
			if old := p.task(seq); old != nil && old.Attempt < t.Attempt && old.State.Terminal() && old.State != Succeeded && old.State != Retried {
				next := *old
				next.State, next.NextStep = Retried, string(queue.StepNothing)
				p.set(&next)
			}
		}
		return
	}
	if t.State == Failed && t.NextStep == string(queue.StepSubmitAgain) && payload.Retries > 0 && payload.RequestID == t.Request.ID {
		next := *payload
		next.Retries--
		p.again(&next, backoff.Delay(p.options.Random, retryPayloadFirst, next.Attempt-1, retryPayloadMost))
	}
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
