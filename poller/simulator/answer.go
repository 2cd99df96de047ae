package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// actions are what paths ask for, and the method to ask for it.
var actions = map[string]struct {
	method string
	serve  func(*Exchange)
}{
	"list":     {http.MethodGet, (*Exchange).list},
	"create":   {http.MethodPost, func(x *Exchange) { x.Create(false) }},
	"status":   {http.MethodGet, (*Exchange).Status},
	"response": {http.MethodGet, (*Exchange).response},
	"stream":   {http.MethodGet, (*Exchange).stream},
	"cancel":   {http.MethodPut, (*Exchange).cancel},
}

func (x *Exchange) route() {
	name := x.target.action
	action, known := actions[name]
	switch {
	case !known:
		x.Refuse(noPath, "Not Found")
	case x.Request.Method != action.method:
		x.Writer.Header().Set("Allow", action.method)
		x.Refuse(wrongMethod, "Method Not Allowed")
	case x.server.config.Service == SeaCloud && strings.Contains(x.Request.Header.Get("Accept"), "text/event-stream"):
		x.Refuse(noStream, "SSE streaming not supported")
	case name != "list" && !x.server.knows(x.target):
		x.Refuse(noEndpoint, "App not found: "+x.target.endpoint)
	case name != "list" && name != "create" && x.task == nil:
		x.Refuse(noRequest, "Request not found")
	case x.inner.Kind != nil:
		x.inner.Kind.Serve(x, x.inner)
	default:
		action.serve(x)
	}
}

// Refuse answers with an error of the API.
func (x *Exchange) Refuse(r *Refusal, text string) {
	x.Refused = r
	x.dialect().refuse(x, r, text)
}

// knows reports whether there is an endpoint to create a task at, or one whose requests have a
// path.
func (s *Server) knows(wanted target) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if wanted.action == "create" {
		return s.queues[wanted.endpoint] != nil
	}
	for name := range s.queues {
		if s.dialect.app(name) == wanted.endpoint {
			return true
		}
	}
	return false
}

// statusAnswer is a status answer, and the answer to a create request, with the fields of all
// services.
type statusAnswer struct {
	Status        string         `json:"status,omitempty"`
	RequestID     string         `json:"request_id"`
	QueuePosition *int           `json:"queue_position,omitempty"`
	ResponseURL   string         `json:"response_url"`
	StatusURL     string         `json:"status_url,omitempty"`
	CancelURL     string         `json:"cancel_url,omitempty"`
	Progress      *float64       `json:"progress,omitempty"`
	Logs          any            `json:"logs,omitempty"`
	Metrics       map[string]any `json:"metrics,omitzero"`
	Error         string         `json:"error,omitempty"`
	ErrorType     string         `json:"error_type,omitempty"`
	ProviderError *ProviderError `json:"provider_error,omitempty"`
}

func (x *Exchange) statusAnswer(id, app string, v view, created bool) statusAnswer {
	d := x.dialect()
	address := fmt.Sprintf("%s%s%s/requests/%s", x.origin(), d.prefix, strings.ReplaceAll(url.PathEscape(app), "%2F", "/"), url.PathEscape(id))
	a := statusAnswer{
		Status: v.phase.String(), RequestID: id,
		ResponseURL: address + d.resultPath, StatusURL: address + "/status", CancelURL: address + "/cancel",
	}
	if v.phase == inQueue {
		a.QueuePosition = &v.position
	}
	d.complete(x, v, created, &a)
	return a
}

// Status answers a request for the status.
func (x *Exchange) Status() {
	x.ShowedEnd = x.Ended()
	switch {
	case x.view.gone && x.dialect().forgets:
		x.Refuse(expired, "The request has expired")
	case x.Ended():
		x.sendStatus(http.StatusOK)
	default:
		x.sendStatus(x.dialect().running)
	}
}

func (x *Exchange) sendStatus(code int) {
	if pace := x.dialect().pace; pace > 0 && !x.Ended() {
		x.Writer.Header().Set("Retry-After", strconv.Itoa(max(1, int(pace/x.server.config.Speed))))
	}
	x.JSON(code, x.statusAnswer(x.target.id, x.target.endpoint, x.view, false))
}

func (x *Exchange) response() {
	d, v := x.dialect(), x.view
	switch {
	case v.phase != completed && d.early >= http.StatusBadRequest:
		x.JSON(d.early, detail("Request is still in progress"))
	case v.phase != completed:
		x.sendStatus(d.early)
	case v.gone:
		x.Refuse(expired, "The request has expired")
	case v.plan.ResultError != nil:
		x.resultError(*v.plan.ResultError)
	default:
		if d.costHeader != "" {
			units := float64(x.task.outputs())
			if x.task.queue.endpoint.Video {
				units = x.task.product(1).Duration
			}
			cost := math.Round(d.unitCost*units*100) / 100
			x.Writer.Header().Set(d.costHeader, strconv.FormatFloat(cost, 'f', -1, 64))
		}
		x.JSON(http.StatusOK, d.result(x))
	}
}

func (x *Exchange) cancel() {
	s, d := x.server, x.dialect()
	s.mu.Lock()
	now := s.elapsed()
	before := x.task.phase(now)
	lag, text := s.config.CancelLag, "CANCELLATION_REQUESTED"
	switch {
	case before == completed:
		text = "ALREADY_COMPLETED"
	case d.canceled[before] == http.StatusOK:
		lag, text = 0, "OK"
	}
	x.task.queue.cancel(x.task, now, now+lag)
	s.mu.Unlock()
	x.JSON(d.canceled[before], word(text))
}

// JSON answers with a JSON body.
func (x *Exchange) JSON(code int, body any) {
	x.setID()
	x.Writer.Header().Set("Content-Type", "application/json")
	x.Writer.WriteHeader(code)
	// An error means that the client has left.
	_ = json.NewEncoder(x.Writer).Encode(body)
}

// setID sets the header with the id of the exchange, which at fal is the request id.
func (x *Exchange) setID() {
	id := x.callID()
	if x.task != nil && x.server.config.Service == Fal {
		id = x.task.id
	}
	if name := x.dialect().idHeader; name != "" {
		x.Writer.Header().Set(name, id)
	}
}

// callID returns an id of the HTTP request, not of a task.
func (x *Exchange) callID() string { return fmt.Sprintf("req_%08d", x.number) }

func (x *Exchange) origin() string {
	if x.Request.TLS != nil {
		return "https://" + x.Request.Host
	}
	return "http://" + x.Request.Host
}

func (x *Exchange) dialect() *dialect { return x.server.dialect }

// word is an answer of one word, detail the error body {"detail": text}.
func word(text string) map[string]string   { return map[string]string{"status": text} }
func detail(text string) map[string]string { return map[string]string{"detail": text} }

// ResultError is what a request for a result answers instead of the work. At fal it is the only
// place that reports a model's own errors: their status is COMPLETED without an error.
type ResultError struct {
	Code      int    // the HTTP status code, such as 422
	Type      string // the error type in the header; "" leaves it out
	Retryable string // the header X-Fal-Retryable, true or false; "" leaves it out
	Body      any    // encoded as JSON
}

// typedError returns an error as fal and Comfy Router have it; a kind of "" is left out.
func typedError(code int, kind, text string) ResultError {
	body := detail(text)
	if kind != "" {
		body["error_type"] = kind
	}
	return ResultError{Code: code, Type: kind, Body: body}
}

// failedResult returns the result of a task whose status reports that it has failed, likewise.
func failedResult(o Outcome, _ string) ResultError {
	return typedError(cmp.Or(errorCodes[o.ErrorType], http.StatusInternalServerError), o.ErrorType, o.Message)
}

func (x *Exchange) resultError(e ResultError) {
	if e.Type != "" {
		x.Writer.Header().Set(x.dialect().errorHeader, e.Type)
	}
	if e.Retryable != "" {
		x.Writer.Header().Set("X-Fal-Retryable", e.Retryable)
	}
	x.JSON(e.Code, e.Body)
}
