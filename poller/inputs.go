package poller

import (
	"crypto/rand"
	"fmt"
	"io"

	"polltop/poller/queue"
)

// keepInputs puts the inputs of requests into the store, but for those of tasks that have a
// payload, and returns their payloads.
func (p *Poller) keepInputs(requests []queue.Request, tracked *Tracked) (payloads []*Payload) {
	var given []queue.Request
	p.do(func() {
		for _, r := range requests {
			seq, known := p.tracked[r.Key()]
			if tracked.BoundInput(&r); r.Input != "" && r.Endpoint != "" && !(known && p.tasks[seq].Payload != 0) {
				given = append(given, r)
			}
		}
	})
	if len(given) == 0 {
		return nil
	}
	_, _, err := p.options.Store.AddPayloads(func() (*Payload, []byte, error) {
		if len(payloads) == len(given) {
			return nil, nil, io.EOF
		}
		r := given[len(payloads)]
		payloads = append(payloads, &Payload{
			State: PayloadSubmitted, Base: r.Base, Endpoint: r.Endpoint, Label: r.Label, Key: rand.Text(), Attempt: 1, Given: true, RequestID: r.ID,
		})
		return payloads[len(payloads)-1], []byte(r.Input), nil
	})
	if err != nil {
		tracked.countNotKept(len(given), err.Error())
		return nil
	}
	return payloads
}

// linkInputs links the tracked tasks to the payloads that were given with them.
func (p *Poller) linkInputs(payloads []*Payload) {
	for _, payload := range payloads {
		seq, ok := p.tracked[payload.request().Key()]
		if !ok || p.tasks[seq].Payload != 0 {
			continue
		}
		p.setPayload(payload)
		p.change(p.tasks[seq], func(t *Task) { t.Payload, t.Attempt = payload.Number, int32(payload.Attempt) })
	}
}

// correctInput has the payload that was given with a task submitted where the task is now known
// to be.
func (p *Poller) correctInput(t *Task) {
	if payload := p.payloads[t.Payload]; payload != nil && payload.Given && payload.RequestID == t.Request.ID {
		p.changePayload(payload, func(next *Payload) { next.Endpoint, next.Base = t.Request.Endpoint, t.Request.Base })
	}
}

// BoundInput drops the input of a request that is too long to be kept, and counts it.
func (t *Tracked) BoundInput(r *queue.Request) {
	if len(r.Input) > queue.MaxInput {
		r.Input = ""
		t.countNotKept(1, fmt.Sprintf("longer than %d MiB", queue.MaxInput>>20))
	}
}

// countNotKept counts inputs that could not be kept.
func (t *Tracked) countNotKept(n int, why string) {
	if t.NotKept += n; t.NotKept == n {
		t.NotKeptWhy = why
	}
}
