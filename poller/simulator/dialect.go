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

// dialect is the API of one service: paths, credentials, words and answers. All methods with
// an Exchange and no result answer it.
type dialect interface {
	// basePath is the path of the base URL, such as /model or nothing.
	basePath() string
	// parse reads an escaped path.
	parse(path string) target
	// app returns the part of an endpoint's name that is in the paths of its requests.
	app(endpoint string) string
	// newID returns a fresh request id. The caller holds the server's lock.
	newID(s *Server) string
	// key returns the key in a request's headers, "" for none in the service's form.
	key(header http.Header) string
	// header sets the headers of each answer of the API.
	header(x *Exchange)

	// statusBody returns the status answer for a view, as a struct for JSON.
	statusBody(x *Exchange, v view) any
	// status answers a request for the status.
	status(x *Exchange)
	// created answers the creation of the exchange's task.
	created(x *Exchange, v view)
	// response answers a request for the result.
	response(x *Exchange)
	// cancelsAtOnce reports whether a cancel request removes a waiting task at once.
	cancelsAtOnce() bool
	// canceled answers a cancel request for a task that was in the given phase.
	canceled(x *Exchange, before phase)
	// refuse answers with an error of the API.
	refuse(x *Exchange, r Refusal, text string)
	// canceledOutcome is the outcome of a canceled task.
	canceledOutcome() Outcome
}

// dialects holds the dialect of each service.
var dialects = map[Service]dialect{SeaCloud: seacloud{}, Fal: fal{}, Comfy: comfy{}}

// Refusal is a reason why the API refuses a request.
type Refusal uint8

// The reasons.
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

// target is the meaning of a path.
type target struct {
	// endpoint is the whole name for create, else the part of it that app returns.
	endpoint, id string
	// action is status, response, cancel, stream or create; empty for other paths.
	action string
}

// methods are the methods of the actions.
var methods = map[string]string{
	"status": http.MethodGet, "response": http.MethodGet, "stream": http.MethodGet,
	"cancel": http.MethodPut, "create": http.MethodPost,
}

// splitPath returns the unescaped segments of an escaped path below a prefix, nil for another
// path and for an empty or badly escaped segment.
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

// baseURL returns the base URL with the host of the request.
func (x *Exchange) baseURL() string {
	scheme := "http"
	if x.Request.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + x.Request.Host + x.dialect().basePath()
}

// dialect returns the dialect of the server.
func (x *Exchange) dialect() dialect { return x.server.dialect }

// word is an answer of one word: to a cancel request, and fal's for an unknown request.
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

// authorized reports whether a request's headers have the accepted key in the service's form.
func (s *Server) authorized(header http.Header) bool {
	key := s.dialect.key(header)
	return key != "" && (s.config.Key == "" || key == s.config.Key)
}

// service returns the service whose API the server speaks.
func (s *Server) service() Service { return s.config.Service }
