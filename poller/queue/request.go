// Package queue speaks the queue protocol: what a request is and where it is
// asked for, what a status answer says, which errors the API gives, and which
// origin may see the user's key. It also reads requests out of pasted text.
//
// It imports nothing else of polltop.
package queue

import "strings"

// Request names one asynchronous request that was submitted to a queue
// service. It is a small value; copies share their strings.
type Request struct {
	// ID is the request_id that the create-task answer gave.
	ID string
	// Endpoint is the model id that the request was submitted to, such as
	// wan26_i2v or fal-ai/flux. It may be empty when URLs tells the status URL.
	Endpoint string
	// Base is the configured base URL under which the request lives. It is
	// never nil in a request that Parser returned.
	Base *Base
	// URLs holds the addresses that were given rather than built; nil when
	// all can be built from Base, Endpoint and ID.
	URLs *URLs
	// Assumed says that Endpoint was not in the text but is the default one,
	// so a later mention of the same ID that names its endpoint is the better.
	Assumed bool
}

// URLs are the addresses of a request as the service gave them. An empty one
// was not given.
type URLs struct {
	Status, Response, Cancel string
}

// Key identifies a request across all the forms in which it can be written:
// two requests with the same Key are the same task.
type Key struct {
	Base *Base
	ID   string
}

// Key returns what identifies the request.
func (r Request) Key() Key { return Key{Base: r.Base, ID: r.ID} }

// StatusURL returns the address to ask for the request's status: the given one,
// or else the one built as the service's documentation says.
func (r Request) StatusURL() string {
	if r.URLs != nil && r.URLs.Status != "" {
		return r.URLs.Status
	}
	return r.build(r.Base.service.status)
}

// ResponseURL returns the address of the request's result.
func (r Request) ResponseURL() string {
	if r.URLs != nil && r.URLs.Response != "" {
		return r.URLs.Response
	}
	return r.build(r.Base.service.response)
}

// CancelURL returns the address that cancels the request.
func (r Request) CancelURL() string {
	if r.URLs != nil && r.URLs.Cancel != "" {
		return r.URLs.Cancel
	}
	return r.build(r.Base.service.cancel)
}

// build returns the request's address with the given suffix behind its id.
func (r Request) build(suffix string) string {
	var b strings.Builder
	b.Grow(len(r.Base.text) + len(r.Base.service.prefix) + len(r.Endpoint) + len(r.ID) + len(suffix) + 12)
	b.WriteString(r.Base.text)
	b.WriteString(r.Base.service.prefix)
	b.WriteString(r.Base.service.path(r.Endpoint))
	b.WriteString("/requests/")
	b.WriteString(escapeSegment(r.ID))
	b.WriteString(suffix)
	return b.String()
}
