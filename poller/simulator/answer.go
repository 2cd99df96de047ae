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

// actions are the handlers of target.action, each with its HTTP method.
var actions = map[string]struct {
	method string
	serve  func(*Exchange)
}{
	"list":     {http.MethodGet, (*Exchange).list},
	"create":   {http.MethodPost, func(x *Exchange) { x.CreateTask(false) }},
	"status":   {http.MethodGet, (*Exchange).Status},
	"response": {http.MethodGet, (*Exchange).response},
	"stream":   {http.MethodGet, (*Exchange).stream},
	"cancel":   {http.MethodPut, (*Exchange).cancel},
}

func (x *Exchange) route() {
	name := x.target.action
	action, found := actions[name]
	switch {
	case !found:
		x.Refuse(noPath, "Not Found")
	case x.Request.Method != action.method:
		x.Writer.Header().Set("Allow", action.method)
		x.Refuse(wrongMethod, "Method Not Allowed")
	case x.server.config.Service == SeaCloud && strings.Contains(x.Request.Header.Get("Accept"), "text/event-stream"):
		x.Refuse(noStream, "SSE streaming not supported")
	case name != "list" && !x.server.hasEndpoint(x.target):
		x.Refuse(noEndpoint, "App not found: "+x.target.endpoint)
	case name != "list" && name != "create" && x.task == nil:
		x.Refuse(noRequest, "Request not found")
	case x.taskFault.Kind != nil:
		x.taskFault.Kind.Serve(x, x.taskFault)
	default:
		action.serve(x)
	}
}

// Refuse answers with the API's error for a reason, with a text for people.
func (x *Exchange) Refuse(r *Refusal, text string) {
	x.Refused = r
	x.dialect().writeError(x, r, text)
}

// hasEndpoint reports whether the endpoint in a path exists.
func (s *Server) hasEndpoint(t target) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.action == "create" {
		return s.queues[t.endpoint] != nil
	}
	for name := range s.queues {
		if s.dialect.app(name) == t.endpoint {
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

func (x *Exchange) statusAnswer(id, app string, v snapshot, created bool) statusAnswer {
	d := x.dialect()
	address := fmt.Sprintf("%s%s%s/requests/%s", x.origin(), d.prefix, strings.ReplaceAll(url.PathEscape(app), "%2F", "/"), url.PathEscape(id))
	a := statusAnswer{
		Status: v.phase.String(), RequestID: id,
		ResponseURL: address + d.resultPath, StatusURL: address + "/status", CancelURL: address + "/cancel",
	}
	if v.phase == inQueue {
		a.QueuePosition = &v.position
	}
	d.setServiceFields(x, v, created, &a)
	return a
}

// Status answers a status request.
func (x *Exchange) Status() {
	x.ReportedEnd = x.Ended()
	switch {
	case x.snapshot.expired && x.dialect().statusExpires:
		x.Refuse(expired, "The request has expired")
	case x.Ended():
		x.sendStatus(http.StatusOK)
	default:
		x.sendStatus(x.dialect().liveCode)
	}
}

func (x *Exchange) sendStatus(code int) {
	if pace := x.dialect().pollHint; pace > 0 && !x.Ended() {
		x.Writer.Header().Set("Retry-After", strconv.Itoa(max(1, int(pace/x.server.config.Speed))))
	}
	x.JSON(code, x.statusAnswer(x.target.id, x.target.endpoint, x.snapshot, false))
}

func (x *Exchange) response() {
	d, v := x.dialect(), x.snapshot
	switch {
	case v.phase != completed && d.notReadyCode >= http.StatusBadRequest:
		x.JSON(d.notReadyCode, detailBody("Request is still in progress"))
	case v.phase != completed:
		x.sendStatus(d.notReadyCode)
	case v.expired:
		x.Refuse(expired, "The request has expired")
	case v.plan.ResultError != nil:
		x.resultError(*v.plan.ResultError)
	default:
		if d.costHeader != "" {
			units := float64(x.task.outputCount())
			if x.task.queue.endpoint.Video {
				units = x.task.output(1).Duration
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
	case d.cancelCodes[before] == http.StatusOK:
		lag, text = 0, "OK"
	}
	x.task.queue.cancel(x.task, now, now+lag)
	s.mu.Unlock()
	x.JSON(d.cancelCodes[before], statusBody(text))
}

// JSON answers with a JSON body.
func (x *Exchange) JSON(code int, body any) {
	x.setIDHeader()
	x.Writer.Header().Set("Content-Type", "application/json")
	x.Writer.WriteHeader(code)
	// An error means that the client has left.
	_ = json.NewEncoder(x.Writer).Encode(body)
}

// setIDHeader sets the header with the id of the exchange; fal's is the request id.
func (x *Exchange) setIDHeader() {
	id := x.exchangeID()
	if x.task != nil && x.server.config.Service == Fal {
		id = x.task.id
	}
	if name := x.dialect().idHeader; name != "" {
		x.Writer.Header().Set(name, id)
	}
}

// exchangeID returns the id of the HTTP request.
func (x *Exchange) exchangeID() string { return fmt.Sprintf("req_%08d", x.number) }

func (x *Exchange) origin() string {
	if x.Request.TLS != nil {
		return "https://" + x.Request.Host
	}
	return "http://" + x.Request.Host
}

func (x *Exchange) dialect() *dialect { return x.server.dialect }

// statusBody returns the body {"status": text}, detailBody the body {"detail": text}.
func statusBody(text string) map[string]string { return map[string]string{"status": text} }
func detailBody(text string) map[string]string { return map[string]string{"detail": text} }

// ResultError is the answer to a request for a result of a failed task. fal reports a model's own
// errors only there: their status is COMPLETED without an error.
type ResultError struct {
	Code      int    // the HTTP status code, such as 422
	Type      string // the error type in the header; "" leaves it out
	Retryable string // the header X-Fal-Retryable, true or false; "" leaves it out
	Body      any    // encoded as JSON
}

// typedError returns an error in the form of fal and Comfy Router. Without an error type it has
// no error_type.
func typedError(code int, errorType, text string) ResultError {
	body := detailBody(text)
	if errorType != "" {
		body["error_type"] = errorType
	}
	return ResultError{Code: code, Type: errorType, Body: body}
}

// failedResult is dialect.failedResult of fal and Comfy Router.
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
