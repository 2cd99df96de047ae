package queue

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
	name       string
	baseURL    string   // the one that it documents
	hosts      []string // the hosts known to speak it
	prefix     string   // between the base and the endpoint
	response   string   // behind the request id, as statusPath and cancelPath at all
	logs       string   // query of the status URL that asks for log lines; "" for none
	create     string   // behind the endpoint, to create a task
	idempotent bool     // creating may be repeated with the same Idempotency-Key

	keyEnv      string // where its users keep the key
	keyHeader   string // the header that carries the key
	scheme      string // the word before the key in keyHeader; "" for none
	textResults bool   // a result may be plain text by its Content-Type
	// app returns the segments of an endpoint that its paths carry; nil for all.
	app     func(segments []string) []string
	headers headerNames

	readFirst bool // only the result, not COMPLETED, shows the outcome
	// results are the rules for HTTP errors in place of the result, but for access and 429. An
	// error type of a cancelation goes before them; the first that matches counts, and without
	// one the status decides.
	results  []resultRule
	expired  string // why a result is gone, for the user
	costUnit string
	errors   map[string]Explanation // by error type
}

// headerNames are the headers of answers with values that the body lacks.
type headerNames struct {
	requestID, errorType, retryable, cost string
}

// resultRule matches an HTTP error in place of a result.
type resultRule struct {
	code      int    // 0 for any, 4 for all from 400 to 499
	errorType string // that it needs; "" for none
	outcome   Outcome
}

// anyError as a rule's error type stands for whatever error of the model's own, with a type or
// a list of errors in the body.
const anyError = "*"

// services lists what polltop speaks; the first is what an unknown host is taken for.
var services = []*service{seacloud, fal, comfy}

// path returns the endpoint as the service's paths carry it, each segment escaped.
func (s *service) path(endpoint string) string {
	parts := strings.Split(endpoint, "/")
	if s.app != nil {
		parts = s.app(parts)
	}
	return escapePath(parts)
}

// escapePath escapes segments of a path, and joins them.
func escapePath(segments []string) string {
	for i, segment := range segments {
		segments[i] = escapeSegment(segment)
	}
	return strings.Join(segments, "/")
}

// escapeSegment escapes text so that it stays one segment of a path: also the
// segments "." and "..", which an HTTP client or server would resolve away.
func escapeSegment(text string) string {
	if text == "." || text == ".." {
		return strings.ReplaceAll(text, ".", "%2E")
	}
	return url.PathEscape(text)
}

// requestID returns the id under which the service knows one HTTP request, for
// bug reports. Assumed: a service without a documented header uses X-Request-Id.
func (s *service) requestID(header http.Header) string {
	return Clip(cmp.Or(header.Get(s.headers.requestID), header.Get("X-Request-Id")), maxServiceID)
}

// Services returns the names of the services that polltop speaks.
func Services() []string { return []string{SeaCloud, Fal, Comfy} }

// BaseURLOf returns the base URL that the service with the given name documents.
func BaseURLOf(name string) (string, error) {
	s, err := serviceNamed(name)
	if err != nil {
		return "", err
	}
	return s.baseURL, nil
}

// ParseBaseAs reads a base URL as ParseBase does. Its host speaks the service
// with the given name; with "" it is known by the host. A name that contradicts
// a host that is known is an error.
func ParseBaseAs(raw, name string) (*Base, error) {
	base, err := ParseBase(raw)
	if err != nil || name == "" {
		return base, err
	}
	named, err := serviceNamed(name)
	if err != nil {
		return nil, err
	}
	if slices.Contains(base.service.hosts, base.origin.Host) && base.service != named {
		return nil, fmt.Errorf("%s speaks %s, not %s: the base URL of %[3]s is %s", base.origin.Host, base.service.name, named.name, named.baseURL)
	}
	base.service = named
	return base, nil
}

// Service returns the name of the service that the base's host speaks.
func (b *Base) Service() string { return b.service.name }

// serviceNamed returns the service with the given name, in any case.
func serviceNamed(name string) (*service, error) {
	if i := slices.IndexFunc(services, func(s *service) bool { return strings.EqualFold(strings.TrimSpace(name), s.name) }); i >= 0 {
		return services[i], nil
	}
	return nil, fmt.Errorf("%q is no service that polltop speaks: write one of %s", name, strings.Join(Services(), ", "))
}

// Serves reports whether the base's host may queue as the service with the given name does:
// a host that is known speaks its own alone, any other may speak each, unless it was
// given another service than the first by name.
func (b *Base) Serves(name string) bool {
	if b.Lists() {
		return false
	}
	known := slices.Contains(b.service.hosts, b.origin.Host)
	return b.service.name == name || !known && b.service == services[0]
}
