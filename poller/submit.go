package poller

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"time"

	"polltop/poller/backoff"
	"polltop/poller/queue"
)

const (
	// DefaultMaxLive bounds the live tasks of a batch, unless the user says otherwise.
	DefaultMaxLive = 20
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

// countLive counts a live task at its host and, if it was created from here, in its batch.
func (p *Poller) countLive(t *Task, n int) {
	if t.State.Terminal() {
		return
	}
	p.hostFor(t.Request.Base).live += n
	if t.Payload == 0 {
		return
	}
	if payload := p.payloads[t.Payload]; payload != nil && (!payload.Given || t.Attempt > 1) {
		p.liveOf[payload.Batch] += n
	}
}

// Submit creates tasks from payloads that are in the Store, in their order, as there is room.
// Those that it has already are not added again.
func (p *Poller) Submit(payloads []*Payload) {
	p.do(func() {
		for _, payload := range payloads {
			if p.payloads[payload.Number] == nil {
				next := *payload
				next.Row = 0
				p.enqueue(&next, 0)
			}
		}
	})
}

// Payloads returns the latest snapshots of all payloads, in the order of addition, also after
// the end of Run.
func (p *Poller) Payloads() (all []*Payload) {
	p.read(func() { all = slices.Collect(maps.Values(p.payloads)) })
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
	p.options.Store.Sync() // the next update reports what came of it
	return n
}

// again sends a payload again after a wait, and reports whether it may be.
func (p *Poller) again(payload *Payload, wait time.Duration) bool {
	if payload.Pending() || payload.State == PayloadReplaced {
		return false
	}
	if payload.State == PayloadSubmitted {
		if seq, ok := p.tracked[payload.request().Key()]; ok && !p.tasks[seq].State.Terminal() {
			return false
		}
	}
	next := *payload
	if next.State == PayloadSubmitted {
		next.RetryOf, next.Row = next.RequestID, 0
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
			if payload == nil || payload.State == PayloadSending || payload.Unsent() == nil {
				continue
			}
			p.hostFor(payload.Base).drop(func(o operation) bool { return o.payload == number })
			p.changePayload(payload, func(next *Payload) { next.State = PayloadGivenUp })
		}
	})
	p.options.Store.Sync()
}

// request returns the request of a submitted payload.
func (p *Payload) request() queue.Request {
	return queue.Request{ID: p.RequestID, Endpoint: p.Endpoint, Base: p.Base}
}

// setPayload stores the next snapshot of a payload, on disk as well.
func (p *Poller) setPayload(next *Payload) {
	p.options.Store.PutPayload(next)
	p.payloads[next.Number] = next
	p.moved = append(p.moved, next)
}

// changePayload stores the next snapshot of a payload, which f makes of a copy of the last one.
func (p *Poller) changePayload(payload *Payload, f func(next *Payload)) {
	next := *payload
	f(&next)
	p.setPayload(&next)
}

// replace has a payload without a task not sent, and returns its row for the one in its place; 0
// where there is none.
func (p *Poller) replace(number int64) int32 {
	old := p.payloads[number]
	if old == nil || old.Pending() || old.Unsent() == nil {
		return 0
	}
	p.changePayload(old, func(next *Payload) { next.State, next.Row = PayloadReplaced, 0 })
	return old.Row
}

// reserveRow reserves a Seq for the task of a payload, unless it has one: that of the payload
// which it replaces, or a new one.
func (p *Poller) reserveRow(payload *Payload) {
	if payload.Row == 0 {
		payload.Row = p.replace(payload.Replaces)
	}
	if payload.Row == 0 {
		payload.Row = p.newSeq() + 1
	}
}

// enqueue stores a payload as waiting, to be sent after a wait.
func (p *Poller) enqueue(payload *Payload, wait time.Duration) {
	p.reserveRow(payload)
	p.setPayload(payload)
	p.hostFor(payload.Base).enqueue(operation{kind: create, background: true, seq: -1, payload: payload.Number, due: p.now() + wait})
}

// resumePayloads takes the payloads of an earlier run. What was being sent when that ended is
// unknown, unless a task of it is tracked, or repeating it is safe.
func (p *Poller) resumePayloads(payloads []*Payload) {
	created := p.lastAttempts()
	for _, payload := range payloads {
		next := *payload
		switch t := created[payload.Number]; {
		case !payload.Pending():
		case t != nil && int(t.Attempt) == payload.Attempt:
			next.State, next.RequestID, next.Fault = PayloadSubmitted, t.Request.ID, nil
		case payload.State == PayloadWaiting, payload.Base.Idempotent() && p.stamp(p.now()).Sub(payload.Sent) < keyLasts:
			next.State = PayloadWaiting
			p.enqueue(&next, 0)
			continue
		default:
			next.State, next.Fault = PayloadUnknown, &queue.Fault{Kind: queue.TimedOut, Message: "polltop ended while it was being sent"}
		}
		if next.Unsent() != nil { // one of an older version has no row
			p.reserveRow(&next)
		}
		if next == *payload {
			p.moved = append(p.moved, payload)
		} else {
			p.setPayload(&next)
		}
	}
}

// lastAttempts returns the latest task of each payload, by the payload's number.
func (p *Poller) lastAttempts() map[int64]*Task {
	last := map[int64]*Task{}
	for _, t := range p.tasks {
		if t != nil && t.Payload != 0 && (last[t.Payload] == nil || last[t.Payload].Attempt < t.Attempt) {
			last[t.Payload] = t
		}
	}
	return last
}

// payloadEnded has the payload of a task that has ended submitted again, if that is worth it and
// wanted. After a success the attempts before it are Retried.
func (p *Poller) payloadEnded(t *Task) {
	payload := p.payloads[t.Payload]
	if payload == nil {
		return
	}
	if t.State == Succeeded {
		p.retire(t)
		return
	}
	if t.State == Failed && t.NextStep == string(queue.StepSubmitAgain) && payload.Retries > 0 && payload.RequestID == t.Request.ID {
		next := *payload
		next.Retries--
		p.again(&next, backoff.Delay(p.options.Random, retryPayloadFirst, next.Attempt-1, retryPayloadMost))
	}
}

// retire marks the attempts before a task that has succeeded as Retried.
func (p *Poller) retire(t *Task) {
	for t.RetryOf != "" {
		seq, ok := p.tracked[queue.Request{ID: t.RetryOf, Base: t.Request.Base}.Key()]
		if !ok || p.tasks[seq].Attempt >= t.Attempt {
			return
		}
		if t = p.tasks[seq]; t.State.Terminal() && t.State != Succeeded && t.State != Retried {
			p.change(t, func(next *Task) { next.State, next.NextStep = Retried, string(queue.StepNothing) })
		}
	}
}
