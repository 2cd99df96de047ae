package poller

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"slices"

	"polltop/poller/queue"
)

// PayloadState is how far the submission of a payload is.
type PayloadState uint8

// The states of a payload.
const (
	// PayloadWaiting is to be sent, for the first time or again, within Payload.MaxLive.
	PayloadWaiting PayloadState = iota
	// PayloadSending is being sent. After a crash it is unknown whether it arrived.
	PayloadSending
	// PayloadSubmitted has created a task.
	PayloadSubmitted
	// PayloadUnknown may have created a task. It is sent again only if the user asks for it.
	PayloadUnknown
	// PayloadRejected was rejected by the service.
	PayloadRejected
	// PayloadGivenUp was given up by the user.
	PayloadGivenUp
	// PayloadReplaced was replaced by an edited payload.
	PayloadReplaced
	// PayloadStateCount is how many states there are.
	PayloadStateCount
)

var payloadWords = [...]string{"waiting", "sending", "submitted", "unknown", "rejected", "given up", "replaced"}

// String returns the word for the state, which is also the one on disk.
func (s PayloadState) String() string { return payloadWords[s] }

// MarshalText and UnmarshalText are the form on disk.
func (s PayloadState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the form on disk. An unknown word is PayloadUnknown, which is not sent.
func (s *PayloadState) UnmarshalText(text []byte) error {
	*s = PayloadUnknown
	if i := slices.Index(payloadWords[:], string(text)); i >= 0 {
		*s = PayloadState(i)
	}
	return nil
}

// Payload is an immutable snapshot of parameters for a model, from which tasks are created. The
// parameters themselves are in the Store.
type Payload struct {
	// Number identifies the payload in its session; from 1.
	Number int64 `json:"-"`
	// Batch is common to the payloads that were added together.
	Batch int64        `json:"batch"`
	State PayloadState `json:"state"`

	Base     *queue.Base `json:"-"`
	Endpoint string      `json:"endpoint"`
	// Label is the user's name for it; "" for none.
	Label string `json:"label,omitempty"`
	// Size is the length of the parameters in bytes.
	Size int `json:"size"`

	// Key is the idempotency key of the first attempt.
	Key string `json:"key"`
	// Attempt counts the tasks that it is to create, from 1.
	Attempt int `json:"attempt"`
	// RetryOf is the request id of the attempt before; "" for none.
	RetryOf string `json:"retry_of,omitempty"`
	// Replaces is the number of the payload that it replaces, if that has no task; 0 for none.
	Replaces int64 `json:"replaces,omitempty"`
	// Retries is how often polltop may still submit it again after a failure.
	Retries int `json:"retries,omitempty"`
	// MaxLive bounds the live tasks of the batch.
	MaxLive int `json:"max_live,omitempty"`

	// Row is one more than the Seq that is reserved for the task of the present attempt; 0 for
	// none yet.
	Row int32 `json:"row,omitempty"`
	// CreatedElsewhere is set if the first attempt's task was not created by polltop, but tracked together
	// with its input.
	CreatedElsewhere bool `json:"given,omitempty"`
	// RequestID is the request id of the task that the present attempt has created.
	RequestID string `json:"request_id,omitempty"`
	// Added is when it was added, Sent when the present attempt was first sent.
	Added Stamp `json:"added,omitempty"`
	Sent  Stamp `json:"sent,omitempty"`
	// Fault is why it is not submitted; nil for no failure.
	Fault *queue.Fault `json:"fault,omitempty"`
}

// Pending reports whether the payload is being sent or will be, without the user's doing.
func (p *Payload) Pending() bool { return p.State == PayloadWaiting || p.State == PayloadSending }

// Placeholder returns a task that stands for a payload from which no task was created, with the Seq
// that is reserved for it or -1. It returns nil for one that is submitted or replaced.
func (p *Payload) Placeholder() *Task {
	if p.State == PayloadSubmitted || p.State == PayloadReplaced {
		return nil
	}
	t := &Task{
		Seq: p.Row - 1, QueuePosition: -1, InferenceTime: -1, Added: p.Added, StatusWord: p.State.String(),
		Request: queue.Request{Endpoint: p.Endpoint, Base: p.Base, Label: p.Label}, Payload: p.Number, Attempt: int32(p.Attempt), RetryOf: p.RetryOf,
	}
	why := ""
	if p.Fault != nil {
		why, t.ErrorType = p.Fault.Error(), p.Fault.Code
	}
	switch p.State {
	case PayloadWaiting:
		t.StatusWord, t.Error, t.ErrorType = "to submit", why, ""
	case PayloadUnknown:
		t.State, t.Error, t.ErrorType = Unread, "it may or may not have been submitted: "+why, ""
	case PayloadRejected:
		t.State, t.Error, t.NextStep = Failed, why, string(p.Base.NextStep(p.Fault))
	case PayloadGivenUp:
		t.State, t.Error, t.ErrorType = Canceled, "given up: R submits it all the same", ""
	}
	return t
}

// storeInputs stores the inputs of requests, except those of tasks that have a payload, and
// returns the payloads that have them.
func (p *Poller) storeInputs(requests []queue.Request, tracked *Tracked) (payloads []*Payload) {
	var given []queue.Request
	p.do(func() {
		for _, r := range requests {
			seq, known := p.tracked[r.Key()]
			if tracked.DropLongInput(&r); r.Input != "" && r.Endpoint != "" && !(known && p.tasks[seq].Payload != 0) {
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
			State: PayloadSubmitted, Base: r.Base, Endpoint: r.Endpoint, Label: r.Label, Key: rand.Text(), Attempt: 1, CreatedElsewhere: true, RequestID: r.ID,
		})
		return payloads[len(payloads)-1], []byte(r.Input), nil
	})
	if err != nil {
		tracked.countNotStored(len(given), err.Error())
		return nil
	}
	return payloads
}

// linkInputs links the payloads of storeInputs to the tasks of their requests.
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

// correctInput sets the endpoint of the payload that was tracked together with a task, after the
// endpoint of the task was corrected.
func (p *Poller) correctInput(t *Task) {
	if payload := p.payloads[t.Payload]; payload != nil && payload.CreatedElsewhere && payload.RequestID == t.Request.ID {
		p.changePayload(payload, func(next *Payload) { next.Endpoint, next.Base = t.Request.Endpoint, t.Request.Base })
	}
}

// DropLongInput drops the input of a request if it is too long to be stored, and counts it.
func (t *Tracked) DropLongInput(r *queue.Request) {
	if len(r.Input) > queue.MaxInput {
		r.Input = ""
		t.countNotStored(1, fmt.Sprintf("longer than %d MiB", queue.MaxInput>>20))
	}
}

// countNotStored counts inputs that could not be stored.
func (t *Tracked) countNotStored(n int, why string) {
	t.InputsNotStored += n
	t.InputError = cmp.Or(t.InputError, why)
}
