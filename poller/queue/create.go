package queue

import (
	"context"
	"net/http"
	"strings"
	"time"
)

const (
	// minUploadRate, in bytes/s, extends the time-out of a create call: by 80 s for 10 MiB.
	minUploadRate = 128 << 10
	// createIdleTimeout is how long an idle connection is reused to create tasks. Servers close
	// idle connections after 5 s and more; the outcome of a payload that is sent at that moment
	// would be unknown.
	createIdleTimeout = 2 * time.Second
	// MaxInput bounds the parameters in one payload, in bytes.
	MaxInput = 10 << 20
	// maxID bounds the request id of a created task, in bytes.
	maxID = 200
)

// Payload is the input of a new task.
type Payload struct {
	Base     *Base
	Endpoint string
	Input    []byte // the JSON object with the model's parameters
	Key      string // the idempotency key, sent only if Base.Idempotent
}

// CreateOutcome is the outcome of a create call.
type CreateOutcome uint8

const (
	// CreationUnknown: the task may have been created. Never repeat the call without the user.
	CreationUnknown CreateOutcome = iota
	CreationDone                  // the task was created
	// CreationRetryable: the call may be repeated, because the task was not created or the service
	// recognizes the idempotency key.
	CreationRetryable
	CreationRejected // the service refuses the payload; the same payload would be refused again
)

// CreateAnswer is the answer to a create call.
type CreateAnswer struct {
	Outcome CreateOutcome
	Request Request // the created request, for CreationDone
	Fault   *Fault  // why no task was created or the outcome is unknown; nil for CreationDone
}

// Idempotent reports whether the base's service creates only one task from calls with the same
// idempotency key.
func (b *Base) Idempotent() bool { return b.service.idempotent }

// Create creates a task. It follows no redirect, and the transport repeats the call only if nothing
// was sent.
func (c *Client) Create(ctx context.Context, p Payload) CreateAnswer {
	s := p.Base.service
	if !s.idempotent {
		p.Key = ""
	}
	keyed := p.Key != ""
	o := &call{
		Exchange: Exchange{Kind: "create", Request: Request{Endpoint: p.Endpoint, Base: p.Base}},
		method:   http.MethodPost, address: p.Base.CreateURL(p.Endpoint), body: p.Input, key: p.Key, limit: MaxAnswerBytes,
	}
	answer, fault := do(ctx, c, o, func(got *reply) (CreateAnswer, *Fault) {
		a := s.createAnswer(p, got)
		return a, a.Fault
	})
	if answer.Outcome == CreationUnknown && (keyed || answer.Fault == nil && !o.mayBeSent.Load()) {
		answer.Outcome = CreationRetryable // the service recognizes the key, or nothing was sent
	}
	if answer.Fault = fault; fault != nil {
		fault.Raw = nil // it may repeat the payload
	}
	return answer
}

func (s *service) createAnswer(p Payload, got *reply) CreateAnswer {
	if fault := s.fault(got); fault != nil {
		return CreateAnswer{Outcome: createOutcome(got, fault, p.Key != ""), Fault: fault}
	}
	members := got.object()
	id := strings.TrimSpace(members.scalar("request_id"))
	if id == "" || len(id) > maxID || strings.Contains(id, redacted) {
		fault := &Fault{Kind: BadAnswer, Message: "the answer has no request_id"}
		if members == nil {
			fault.Message = describeNotJSON(got.body)
		}
		return CreateAnswer{Fault: fault}
	}
	request := Request{ID: id, Endpoint: p.Endpoint, Base: p.Base}
	return CreateAnswer{Outcome: CreationDone, Request: request.WithURLs(ownURLs(members, p.Base))}
}

// createOutcome returns the outcome of a create call that an HTTP error shows.
func createOutcome(got *reply, fault *Fault, keyed bool) CreateOutcome {
	switch {
	case got.code == http.StatusTooManyRequests,
		got.code == http.StatusUnauthorized,
		fault.Kind == Gateway && got.code < 500, // the service has not seen it
		keyed && fault.LimitsCreation(),
		got.code == http.StatusServiceUnavailable && fault.RetryAfter > 0:
		return CreationRetryable
	case got.code >= 500, got.code == http.StatusRequestTimeout, got.code == statusClientClosed, got.code < 400 && got.code != http.StatusTemporaryRedirect && got.code != http.StatusPermanentRedirect:
		return CreationUnknown
	}
	return CreationRejected
}

// CreateURL returns the address that creates a task of an endpoint.
func (b *Base) CreateURL(endpoint string) string {
	s := b.service
	if s.createPath != "" {
		return b.text + s.prefix + s.endpointPath(endpoint) + s.createPath
	}
	return b.text + s.prefix + escapePath(strings.Split(b.FoldEndpoint(strings.Trim(endpoint, "/")), "/"))
}
