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

// service describes a queue service: its paths, headers, rules and errors. All services have the
// same status words.
type service struct {
	name       string
	baseURL    string   // the documented one
	hosts      []string // the documented hosts
	prefix     string   // the path between the base and the endpoint
	resultPath string   // the path of a result behind the request id
	logsQuery  string   // the query of a status URL with which the answer has log lines; "" for none
	createPath string   // the path behind the endpoint that creates a task
	idempotent bool     // a create call may be repeated with the same Idempotency-Key

	keyEnv      string // the environment variable of the key
	keyHeader   string // the header of the key
	scheme      string // the word before the key in keyHeader; "" for none
	textResults bool   // a result with Content-Type text/plain is text
	// appSegments returns the segments of an endpoint that are in the paths of its requests; nil
	// means all.
	appSegments func(segments []string) []string
	headers     headerNames

	resultDecides bool // only the result, not COMPLETED, shows the outcome
	// resultRules map an HTTP error instead of the result, except for access and 429, to an outcome.
	// The first match applies. An error type of a cancelation has precedence over them. Without a
	// match the status decides.
	resultRules []resultRule
	expiredText string // tells the user why a result has expired
	costUnit    string
	errors      map[string]Explanation // by error type
}

// headerNames are headers of answers; "" for none.
type headerNames struct {
	requestID, errorType, retryable, cost string
}

// resultRule maps an HTTP error instead of a result to an outcome.
type resultRule struct {
	code      int    // 0 matches any, 4 all from 400 to 499
	errorType string // "" matches any
	outcome   Outcome
}

// anyError is a resultRule.errorType that matches any error of a model: one with a type or with a list
// of errors in the body.
const anyError = "*"

// services are the supported services. An unknown host is assumed to be the first.
var services = []*service{seacloud, fal, comfy}

// endpointPath returns the part of an endpoint that is in the paths of its requests, escaped.
func (s *service) endpointPath(endpoint string) string {
	parts := strings.Split(endpoint, "/")
	if s.appSegments != nil {
		parts = s.appSegments(parts)
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

// escapeSegment escapes a segment of a path, including "." and "..", which an HTTP client or server
// would resolve.
func escapeSegment(text string) string {
	if text == "." || text == ".." {
		return strings.ReplaceAll(text, ".", "%2E")
	}
	return url.PathEscape(text)
}

// requestID returns the service's id of an HTTP request, for bug reports. Assumed: a service without a
// documented header uses X-Request-Id.
func (s *service) requestID(header http.Header) string {
	return Clip(cmp.Or(header.Get(s.headers.requestID), header.Get("X-Request-Id")), maxServiceID)
}

// Services returns the names of the supported services.
func Services() []string { return []string{SeaCloud, Fal, Comfy} }

// BaseURLOf returns the documented base URL of the service with the given name.
func BaseURLOf(name string) (string, error) {
	s, err := serviceNamed(name)
	if err != nil {
		return "", err
	}
	return s.baseURL, nil
}

// ParseBaseAs parses a base URL of the service with the given name. With "" it is ParseBase. A name
// that contradicts a documented host is an error.
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

// Service returns the name of the base's service.
func (b *Base) Service() string { return b.service.name }

// serviceNamed returns the service with the given name, which may have any case.
func serviceNamed(name string) (*service, error) {
	if i := slices.IndexFunc(services, func(s *service) bool { return strings.EqualFold(strings.TrimSpace(name), s.name) }); i >= 0 {
		return services[i], nil
	}
	return nil, fmt.Errorf("%q is no service that polltop speaks: write one of %s", name, strings.Join(Services(), ", "))
}

// Serves reports whether the base's host may have the API of the service with the given name. A
// documented host has only its own API. Any other host may have each, unless the user named one.
func (b *Base) Serves(name string) bool {
	if b.Lists() {
		return false
	}
	documented := slices.Contains(b.service.hosts, b.origin.Host)
	return b.service.name == name || !documented && b.service == services[0]
}
