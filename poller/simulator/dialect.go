package simulator

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
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

// dialect is the part of an API in which the services differ.
type dialect struct {
	// basePath is the path of the base URL, and prefix the path before an endpoint. The address
	// that creates a task is prefix, endpoint and createPath; the address of a result ends with
	// resultPath behind the request id.
	basePath, prefix, createPath, resultPath string
	// keyEnv is the environment variable of the key. keyHeader is a header that holds only the
	// key, "" for none; schemes are the accepted schemes of an Authorization header.
	keyEnv, keyHeader string
	schemes           []string
	// The answer's headers with the id of the exchange, the type of an error and the cost of a
	// result; "" for none.
	idHeader, errorHeader, costHeader string

	unitCost float64 // the cost of a second of video or of an output

	// The HTTP status codes: of a status and of a result before the end, and of the answer to a
	// create request.
	liveCode, notReadyCode, createCode int
	// cancelCodes are the HTTP status codes of answers to cancel requests by the task's phase.
	// A task in a phase with 200 is removed at once.
	cancelCodes     [completed + 1]int
	canceledOutcome Outcome
	statusExpires   bool    // the status expires together with the result
	pollHint        float64 // Retry-After for a live task, in seconds of the scenario; 0 for none
	// retention is how long the service has a result after the end, and largeRetention how long
	// one that holds its files; 0 is for ever.
	retention, largeRetention time.Duration

	// createPattern matches the escaped path that creates a task, with the endpoint.
	// requestPattern matches the path of a request, with the part of the endpoint that app
	// returns, the id and the suffix, which is a key of actions. listPath is the path of the list
	// of requests, "" for none.
	createPattern, requestPattern *regexp.Regexp
	actions                       map[string]string
	listPath                      string
	// app returns the part of an endpoint's name that is in the paths of its requests.
	app   func(endpoint string) string
	newID func(s *Server) string // returns a fresh request id; the caller holds the server's lock
	// setServiceFields sets the fields of a status answer that not all services have. created is
	// set for the answer to a create request.
	setServiceFields func(x *Exchange, v snapshot, created bool, a *statusAnswer)
	result           func(x *Exchange) any                  // the result of the exchange's task
	failedResult     func(o Outcome, id string) ResultError // the result of a task whose status shows a failure
	writeError       func(x *Exchange, r *Refusal, text string)

	// The parts of a batch: its endpoints, the endpoint of each task as an index into them
	// (repeated for more tasks), and the ways in which tasks fail.
	endpoints   []Endpoint
	endpointMix []int
	failures    []failure
}

var dialects = map[Service]*dialect{SeaCloud: &seacloud, Fal: &fal, Comfy: &comfy}

// Refusal is a reason for which the API refuses a request.
type Refusal struct {
	code            int    // the HTTP status code, the same for all services
	seacloud, comfy string // the error types at these services; "" for none
}

var (
	noPath       = &Refusal{code: http.StatusNotFound}
	wrongMethod  = &Refusal{code: http.StatusMethodNotAllowed}
	noStream     = &Refusal{code: http.StatusBadRequest}
	noEndpoint   = &Refusal{code: http.StatusNotFound, comfy: "model_not_found"}
	noRequest    = &Refusal{code: http.StatusNotFound, comfy: "request_not_found"}
	expired      = &Refusal{code: http.StatusGone, comfy: "request_not_found"}
	badInput     = &Refusal{code: http.StatusBadRequest, comfy: "invalid_input"}
	tooLarge     = &Refusal{code: http.StatusRequestEntityTooLarge, comfy: "invalid_input"}
	Unauthorized = &Refusal{http.StatusUnauthorized, "UNAUTHORIZED", "unauthorized"}
	Forbidden    = &Refusal{code: http.StatusForbidden, comfy: "forbidden"}
	RateLimited  = &Refusal{http.StatusTooManyRequests, "RATE_LIMIT_EXCEEDED", "rate_limited"}
)

// target is the meaning of a path.
type target struct {
	endpoint, id string // the whole endpoint for create, else the part that dialect.app returns
	action       string // status, response, cancel, stream, create or list; "" for an unknown path
}

// parsePath parses an escaped path. It returns the zero target for a path that the service does
// not have.
func (d *dialect) parsePath(path string) target {
	if d.listPath != "" && (path == d.listPath || path == serverlessListPath) {
		return target{action: "list"}
	}
	found, action := d.requestPattern.FindStringSubmatch(path), ""
	if found != nil {
		action = d.actions[found[3]]
	} else if found = d.createPattern.FindStringSubmatch(path); found != nil {
		found, action = append(found, ""), "create"
	}
	if action == "" {
		return target{}
	}
	// The patterns match only valid escapes, because net/url has escaped the path.
	endpoint, _ := url.PathUnescape(found[1])
	id, _ := url.PathUnescape(found[2])
	return target{endpoint, id, action}
}

// wholeEndpoint is dialect.app of a service whose paths contain the whole endpoint.
func wholeEndpoint(endpoint string) string { return endpoint }

// authorized reports whether a request's headers have the accepted key in the service's form.
func (s *Server) authorized(header http.Header) bool {
	key := strings.TrimSpace(header.Get(s.dialect.keyHeader))
	if key == "" {
		scheme, rest, _ := strings.Cut(header.Get("Authorization"), " ")
		for _, wanted := range s.dialect.schemes {
			if strings.EqualFold(scheme, wanted) {
				key = strings.TrimSpace(rest)
			}
		}
	}
	return key != "" && (s.config.Key == "" || key == s.config.Key)
}
