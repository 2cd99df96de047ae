package simulator

import (
	"net/http"
	"net/url"
	"strings"
)

// Service names a queue service whose API a Server speaks.
type Service string

// The services. The zero value of Config is SeaCloud.
const (
	SeaCloud Service = "seacloud"
	Fal      Service = "fal"
	Comfy    Service = "comfy"
)

// Services returns the services whose API a Server can speak.
func Services() []Service { return []Service{SeaCloud, Fal, Comfy} }

// dialect is what the API of one service has of its own: paths, credentials, words
// and the shapes of its answers. All methods that take an exchange answer it.
type dialect interface {
	// basePath is the path of the base URL, such as /model or nothing.
	basePath() string
	// parse reads an escaped path.
	parse(path string) target
	// app returns the part of an endpoint's name that the paths of its requests
	// have.
	app(endpoint string) string
	// newID returns a fresh request id. The caller holds the server's lock.
	newID(s *Server) string
	// key returns the key in a request's headers, "" where there is none in a form
	// that the service takes.
	key(header http.Header) string
	// header sets the headers that each answer of the API's own has.
	header(x *Exchange)

	// statusBody returns the status answer for a view, as a struct for JSON.
	statusBody(x *Exchange, v view) any
	// status answers a request for the status.
	status(x *Exchange)
	// created answers the creation of the exchange's task.
	created(x *Exchange, v view)
	// response answers a request for the result.
	response(x *Exchange)
	// cancelsAtOnce reports whether a task that waits is removed by the cancel
	// request itself, not some time later.
	cancelsAtOnce() bool
	// canceled answers a cancel request for a task that was in a phase.
	canceled(x *Exchange, before phase)
	// refuse answers with an error of the API.
	refuse(x *Exchange, r Refusal, text string)
	// canceledOutcome is how a task ends that a cancel request stopped.
	canceledOutcome() Outcome
}

// dialects holds the dialect of each service.
var dialects = map[Service]dialect{SeaCloud: seacloud{}, Fal: fal{}, Comfy: comfy{}}

// Refusal is a reason why the API refuses a request.
type Refusal uint8

// The reasons. Those in lower case concern no other package.
const (
	noPath Refusal = iota + 1
	wrongMethod
	noStream
	noWebhook
	noEndpoint
	noRequest
	badInput
	tooLarge
	Unauthorized
	Forbidden
	RateLimited
)

// refusalCodes are the HTTP status codes that the services share.
var refusalCodes = map[Refusal]int{
	noPath:       http.StatusNotFound,
	wrongMethod:  http.StatusMethodNotAllowed,
	noStream:     http.StatusBadRequest,
	noWebhook:    http.StatusBadRequest,
	noEndpoint:   http.StatusNotFound,
	noRequest:    http.StatusNotFound,
	badInput:     http.StatusBadRequest,
	tooLarge:     http.StatusRequestEntityTooLarge,
	Unauthorized: http.StatusUnauthorized,
	Forbidden:    http.StatusForbidden,
	RateLimited:  http.StatusTooManyRequests,
}

// target is what a path asks for.
type target struct {
	// endpoint is the whole name where a task is created, and elsewhere the part of
	// it that the paths of requests have.
	endpoint, id string
	// action is status, response, cancel, stream or create; empty for any other
	// path.
	action string
}

// methods are the methods of the actions.
var methods = map[string]string{
	"status": http.MethodGet, "response": http.MethodGet, "stream": http.MethodGet,
	"cancel": http.MethodPut, "create": http.MethodPost,
}

// splitPath returns the unescaped segments of an escaped path below a prefix, nil
// where the path is another one or a segment is empty or not well escaped.
func splitPath(path, prefix string) []string {
	rest, ok := strings.CutPrefix(path, prefix)
	if !ok {
		return nil
	}
	segments := strings.Split(rest, "/")
	for i, segment := range segments {
		text, err := url.PathUnescape(segment)
		if err != nil || text == "" {
			return nil
		}
		segments[i] = text
	}
	return segments
}

// escapePath returns a path with each segment escaped.
func escapePath(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return strings.Join(segments, "/")
}

// baseURL returns the base URL on the host that the client asked.
func (x *Exchange) baseURL() string {
	scheme := "http"
	if x.Request.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + x.Request.Host + x.dialect().basePath()
}

// dialect returns the dialect of the server.
func (x *Exchange) dialect() dialect { return x.server.dialect }

// word is an answer that is one word: of a cancel request, and fal's for a request
// that it does not know.
type word struct {
	Status string `json:"status"`
}

// detail is the error body {"detail": text}.
type detail struct {
	Detail string `json:"detail"`
}

// authorization returns the key of an Authorization header with one of the schemes.
func authorization(header http.Header, schemes ...string) string {
	scheme, key, _ := strings.Cut(header.Get("Authorization"), " ")
	for _, wanted := range schemes {
		if strings.EqualFold(scheme, wanted) {
			return strings.TrimSpace(key)
		}
	}
	return ""
}

// authorized reports whether a request's headers carry the accepted key, in a form
// that the service takes.
func (s *Server) authorized(header http.Header) bool {
	key := s.dialect.key(header)
	return key != "" && (s.config.Key == "" || key == s.config.Key)
}

// service returns the service whose API the server speaks.
func (s *Server) service() Service { return s.config.Service }
