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
	// firstResendDelay and maxResendDelay bound the wait before a payload whose task failed is
	// submitted again by itself.
	firstResendDelay = 2 * time.Second
	maxResendDelay   = time.Minute
	// idempotencyKeyLife is how long a service certainly knows an idempotency key: 24 hours at
	// Comfy Router, less an hour for clocks that differ.
	idempotencyKeyLife = 23 * time.Hour
	// maxRejected is the number of consecutive rejections because of the account or the endpoint
	// after which the other payloads for the endpoint are not sent.
	maxRejected = 3
)

// countLive adds n to the live tasks of a task's host and, if polltop created it, of its batch.
func (p *Poller) countLive(t *Task, n int) {
	if t.State.Terminal() {
		return
	}
	p.hostFor(t.Request.Base).live += n
	if t.Payload == 0 {
		return
	}
	if payload := p.payloads[t.Payload]; payload != nil && (!payload.CreatedElsewhere || t.Attempt > 1) {
		p.liveInBatch[payload.Batch] += n
	}
}

// Submit creates tasks from payloads that are in the Store, in their order and within
// Payload.MaxLive. It skips payloads that it has already.
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
	p.doOrRead(func() { all = slices.Collect(maps.Values(p.payloads)) })
	slices.SortFunc(all, func(a, b *Payload) int { return cmp.Compare(a.Number, b.Number) })
	return all
}

// AddPayloads returns an error: only a session stores payloads before they are sent.
func (p *Poller) AddPayloads(func() (*Payload, []byte, error)) (int, error) {
	return 0, errors.New("payloads are submitted from a session on disk, so that none is sent twice: there is none here")
}

// Input returns the parameters of a payload, and whether they are stored.
func (p *Poller) Input(number int64) ([]byte, bool) { return p.options.Store.Input(number) }

// Resubmit sends payloads again, each as a new attempt: those that are unknown, rejected or given
// up, and those whose task has ended. It returns how many.
func (p *Poller) Resubmit(numbers ...int64) (n int) {
	p.do(func() {
		for _, number := range numbers {
			if payload := p.payloads[number]; payload != nil && p.resend(payload, 0) {
				n++
			}
		}
	})
	p.options.Store.Sync() // the next update has the error
	return n
}

// resend sends a payload again after a wait, and reports whether it may be.
func (p *Poller) resend(payload *Payload, wait time.Duration) bool {
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

// GiveUp gives payloads up that are not submitted. One that is being sent is not stopped.
func (p *Poller) GiveUp(numbers ...int64) {
	p.do(func() {
		for _, number := range numbers {
			payload := p.payloads[number]
			if payload == nil || payload.State == PayloadSending || payload.Placeholder() == nil {
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

// setPayload replaces the snapshot of a payload, also in the Store.
func (p *Poller) setPayload(next *Payload) {
	p.options.Store.PutPayload(next)
	p.payloads[next.Number] = next
	p.changedPayloads = append(p.changedPayloads, next)
}

// changePayload replaces the snapshot of a payload by a copy that f has changed.
func (p *Poller) changePayload(payload *Payload, f func(next *Payload)) {
	next := *payload
	f(&next)
	p.setPayload(&next)
}

// replace marks a payload without a task as replaced, and returns its row for the payload that
// replaces it; 0 if there is none.
func (p *Poller) replace(number int64) int32 {
	old := p.payloads[number]
	if old == nil || old.Pending() || old.Placeholder() == nil {
		return 0
	}
	p.changePayload(old, func(next *Payload) { next.State, next.Row = PayloadReplaced, 0 })
	return old.Row
}

// reserveRow sets the row of a payload, unless it has one: that of the payload which it replaces, or
// a new one.
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

// resumePayloads adds the payloads of an earlier run. One that was being sent when that ended is
// unknown, unless its task is tracked, or sending it again is safe.
func (p *Poller) resumePayloads(payloads []*Payload) {
	created := p.lastAttempts()
	for _, payload := range payloads {
		next := *payload
		switch t := created[payload.Number]; {
		case !payload.Pending():
		case t != nil && int(t.Attempt) == payload.Attempt:
			next.State, next.RequestID, next.Fault = PayloadSubmitted, t.Request.ID, nil
		case payload.State == PayloadWaiting, payload.Base.Idempotent() && p.stamp(p.now()).Sub(payload.Sent) < idempotencyKeyLife:
			next.State = PayloadWaiting
			p.enqueue(&next, 0)
			continue
		default:
			next.State, next.Fault = PayloadUnknown, &queue.Fault{Kind: queue.TimedOut, Message: "polltop ended while it was being sent"}
		}
		if next.Placeholder() != nil { // one of an older version has no row
			p.reserveRow(&next)
		}
		if next == *payload {
			p.changedPayloads = append(p.changedPayloads, payload)
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

// payloadEnded submits the payload of a task that failed again, if the failure allows it and
// retries are left. After a success it marks the attempts before as Retried.
func (p *Poller) payloadEnded(t *Task) {
	payload := p.payloads[t.Payload]
	if payload == nil {
		return
	}
	if t.State == Succeeded {
		p.markRetried(t)
		return
	}
	if t.State == Failed && t.NextStep == string(queue.StepSubmitAgain) && payload.Retries > 0 && payload.RequestID == t.Request.ID {
		next := *payload
		next.Retries--
		p.resend(&next, backoff.Delay(p.options.Random, firstResendDelay, next.Attempt-1, maxResendDelay))
	}
}

// markRetried marks the attempts before a task that has succeeded as Retried.
func (p *Poller) markRetried(t *Task) {
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
