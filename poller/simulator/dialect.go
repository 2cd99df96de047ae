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

// dialect is the API of one service: in what it differs from the others.
type dialect struct {
	// basePath is the path of the base URL, and prefix the path before an endpoint.
	// createPath follows the endpoint in the address to create a task, and resultPath a
	// request id in that of its result.
	basePath, prefix, createPath, resultPath string
	// keyEnv is the environment variable of the key. keyHeader is a header that holds the
	// key alone, "" for none; schemes are those of an Authorization header.
	keyEnv, keyHeader string
	schemes           []string
	// idHeader has the id of the exchange, errorHeader an error's type, and costHeader
	// what a result costs; "" for none.
	idHeader, errorHeader, costHeader string

	unitCost float64 // of a second of video or an output

	// The HTTP status codes: of a status and of a result before the end, of the answer to
	// a create request, and of that to a cancel request by the task's phase.
	running, early, createdCode int
	canceled                    [completed + 1]int // where it is 200, the task is removed at once
	canceledOutcome             Outcome
	forgets                     bool    // the status too is gone when the result is
	pace                        float64 // Retry-After for a live task, in seconds of the scenario; 0 for none
	// kept is how long it keeps a result, and keptLarge one with the files in it; 0 is for ever.
	kept, keptLarge time.Duration

	// creates matches the escaped path to create a task, with the endpoint. requests matches
	// that of a request, with the part of the endpoint that app returns, the id, and what is
	// behind it, which actions names. list is the path of the list of requests, "" for none.
	creates, requests *regexp.Regexp
	actions           map[string]string
	list              string
	// app returns the part of an endpoint's name that is in the paths of its requests.
	app   func(endpoint string) string
	newID func(s *Server) string // returns a fresh request id; the caller holds the server's lock
	// complete sets the fields of a status answer that not all services have. created is
	// set for the answer to a create request.
	complete func(x *Exchange, v view, created bool, a *statusAnswer)
	result   func(x *Exchange) any                  // of the exchange's task
	fail     func(o Outcome, id string) ResultError // of a task whose status reports that it has failed
	refuse   func(x *Exchange, r *Refusal, text string)

	// The parts of a batch: endpoints, those of its tasks by their index, ways to fail.
	endpoints []Endpoint
	mix       []int
	failures  []failure
}

var dialects = map[Service]*dialect{SeaCloud: &seacloud, Fal: &fal, Comfy: &comfy}

// Refusal is a reason why the API refuses a request.
type Refusal struct {
	code            int    // the HTTP status code, which the services share
	seacloud, comfy string // the error types of these services; "" for none
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
	endpoint, id string // the whole endpoint for create, else the part of it that app returns
	action       string // status, response, cancel, stream, create or list; "" for other paths
}

// parse reads an escaped path. It returns the zero target for a path that the service does not
// have.
func (d *dialect) parse(path string) target {
	if d.list != "" && (path == d.list || path == ownList) {
		return target{action: "list"}
	}
	found, action := d.requests.FindStringSubmatch(path), ""
	if found != nil {
		action = d.actions[found[3]]
	} else if found = d.creates.FindStringSubmatch(path); found != nil {
		found, action = append(found, ""), "create"
	}
	if action == "" {
		return target{}
	}
	// An escaped path has no wrong escapes.
	endpoint, _ := url.PathUnescape(found[1])
	id, _ := url.PathUnescape(found[2])
	return target{endpoint, id, action}
}

// sameApp is the app of a service whose paths have the whole endpoint.
func sameApp(endpoint string) string { return endpoint }

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
