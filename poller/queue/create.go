package queue

import (
	"context"
	"net/http"
	"strings"
	"time"
)

const (
	// leastUploadRate bounds how long sending a payload may take beyond the time-out of a
	// request, in bytes/s: 10 MiB get 80 s more.
	leastUploadRate = 128 << 10
	// createIdle is how long a connection may be idle before the next task is created over a
	// new one. Servers close idle connections after 5 s and more; a payload that is written at
	// that moment would be lost without a trace.
	createIdle = 2 * time.Second
	// MaxInput bounds the parameters in one payload, in bytes.
	MaxInput = 10 << 20
	// maxID bounds the request id of a created task, in bytes.
	maxID = 200
)

// Payload is what a task is created from.
type Payload struct {
	Base     *Base
	Endpoint string
	Input    []byte // the JSON object with the model's parameters
	Key      string // the idempotency key, sent only where Base.Idempotent
}

// Creation is the outcome of a request to create a task.
type Creation uint8

const (
	// CreationUnknown: it may or may not have been created. Never repeat it without the user.
	CreationUnknown Creation = iota
	CreationDone             // it was created
	// CreationNotYet: it was not created, or the service knows it again by its key, so that
	// it may be sent again.
	CreationNotYet
	CreationRejected // the service refuses it: sending the same again is pointless
)

// CreateAnswer is what came of a request to create a task.
type CreateAnswer struct {
	Outcome Creation
	Request Request // the created one, of CreationDone
	Fault   *Fault  // why none was created, or none is known to be; nil for CreationDone
}

// Idempotent reports whether the base's service creates a task once, however often it is
// sent with the same idempotency key.
func (b *Base) Idempotent() bool { return b.service.idempotent }

// Create creates a task. It follows no redirect, and is not repeated by the transport unless
// nothing was sent.
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
	answer, fault := ask(ctx, c, o, func(got *reply) (CreateAnswer, *Fault) {
		a := s.created(p, got)
		return a, a.Fault
	})
	if answer.Outcome == CreationUnknown && (keyed || answer.Fault == nil && !o.connected.Load()) {
		answer.Outcome = CreationNotYet // it is known again by its key, or was not sent
	}
	if answer.Fault = fault; fault != nil {
		fault.Raw = nil // it may repeat the payload
	}
	return answer
}

func (s *service) created(p Payload, got *reply) CreateAnswer {
	if fault := s.fault(got); fault != nil {
		return CreateAnswer{Outcome: creation(got, fault, p.Key != ""), Fault: fault}
	}
	members := got.object()
	id := strings.TrimSpace(members.scalar("request_id"))
	if id == "" || len(id) > maxID || strings.Contains(id, redacted) {
		fault := &Fault{Kind: BadAnswer, Message: "the answer has no request_id"}
		if members == nil {
			fault.Message = notJSON(got.body)
		}
		return CreateAnswer{Fault: fault}
	}
	request := Request{ID: id, Endpoint: p.Endpoint, Base: p.Base}
	return CreateAnswer{Outcome: CreationDone, Request: request.WithURLs(urlsOf(members, p.Base))}
}

// creation returns what an HTTP answer other than success says of a task that was to be created.
func creation(got *reply, fault *Fault, keyed bool) Creation {
	switch {
	case got.code == http.StatusTooManyRequests,
		got.code == http.StatusUnauthorized, got.code == http.StatusProxyAuthRequired,
		keyed && fault.LimitsCreation(),
		got.code == http.StatusServiceUnavailable && fault.RetryAfter > 0:
		return CreationNotYet
	case got.code >= 500, got.code == http.StatusRequestTimeout, got.code == statusClientClosed, got.code < 400 && got.code != http.StatusTemporaryRedirect && got.code != http.StatusPermanentRedirect:
		return CreationUnknown
	}
	return CreationRejected
}

// CreateURL returns the address that creates a task of an endpoint.
func (b *Base) CreateURL(endpoint string) string {
	s := b.service
	if s.create != "" {
		return b.text + s.prefix + s.path(endpoint) + s.create
	}
	parts := strings.Split(strings.Trim(endpoint, "/"), "/")
	if s.app != nil && len(parts) == 1 {
		parts = s.app(parts) // 123-name is an old form of 123/name
	}
	return b.text + s.prefix + escapePath(parts)
}
