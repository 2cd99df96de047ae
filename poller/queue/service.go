package queue

import (
	"net/http"
	"net/url"
	"strings"
)

// The names of the services that polltop speaks, as Base.Service returns them.
const (
	SeaCloud = "seacloud"
	Fal      = "fal"
	Comfy    = "comfy"
)

// service describes one of the queue services: its paths, headers, rules and errors. All
// have the same status words.
type service struct {
	name     string
	hosts    []string // the hosts known to speak it
	prefix   string   // between the base and the endpoint
	status   string   // behind the request id
	response string
	cancel   string
	logs     string // query of the status URL that asks for log lines; "" for none
	create   string // behind the endpoint, to create a task
	// idempotent is set where creating may be repeated with the same Idempotency-Key.
	idempotent bool

	keyEnv    string // where its users keep the key
	keyHeader string // the header that carries the key
	scheme    string // the word before the key in keyHeader; "" for none

	// textResults says that a result may be plain text by its Content-Type.
	textResults bool
	// app returns the segments of an endpoint that its paths carry; nil for all.
	app func(segments []string) []string

	headers headerNames
	// readFirst is set where only the result, not COMPLETED, shows the outcome.
	readFirst bool
	// results are the rules for HTTP errors in place of the result. An error type of a
	// cancelation goes before them; else the first that matches counts.
	results []resultRule
	// otherErrors is the outcome of all other HTTP errors from 400 to 499 but for access
	// and 429. With OutcomeNone the status decides.
	otherErrors Outcome
	// expired says why a result is gone, for the user.
	expired string
	// costUnit is the unit of the reported cost.
	costUnit string
	// errors are its error types.
	errors map[string]Explanation
	// otherStep is the next step after an error of a type that it does not document.
	otherStep NextStep
}

// headerNames are the headers of answers with values that the body lacks.
type headerNames struct {
	requestID, errorType, retryable, cost string
}

// resultRule matches an HTTP error in place of a result.
type resultRule struct {
	code int // 0 for any
	// errorType is the error type that it needs: anyError for whichever, or a list of
	// errors in the body; "" needs none.
	errorType string
	outcome   Outcome
}

// anyError as a rule's error type stands for whatever error of the model's own.
const anyError = "*"

// services lists what polltop speaks; the first is what an unknown host is
// taken for.
var services = []*service{seacloud, fal, comfy}

// path returns the endpoint as the service's paths carry it, each segment
// escaped.
func (s *service) path(endpoint string) string {
	parts := strings.Split(endpoint, "/")
	if s.app != nil {
		parts = s.app(parts)
	}
	escaped := make([]string, len(parts))
	for i, part := range parts {
		escaped[i] = escapeSegment(part)
	}
	return strings.Join(escaped, "/")
}

// escapeSegment escapes text so that it stays one segment of a path: also the
// segments "." and "..", which an HTTP client or server would resolve away.
func escapeSegment(text string) string {
	switch text {
	case ".":
		return "%2E"
	case "..":
		return "%2E%2E"
	}
	return url.PathEscape(text)
}

// requestID returns the id under which the service knows one HTTP request, for
// bug reports. Assumed: a service without a documented header uses X-Request-Id.
func (s *service) requestID(header http.Header) string {
	if id := header.Get(s.headers.requestID); id != "" {
		return Clip(id, maxServiceID)
	}
	return Clip(header.Get("X-Request-Id"), maxServiceID)
}
