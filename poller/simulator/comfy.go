package simulator

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// comfy is the dialect of Comfy Router's queue.
//
// Source: the Router's OpenAPI description and the pages Queued requests, Errors
// and retries, and Headers. Delivery without the queue is not served.
type comfy struct{}

func (comfy) basePath() string { return "" }

func (comfy) app(endpoint string) string { return endpoint }

func (comfy) cancelsAtOnce() bool { return false }

func (comfy) newID(s *Server) string { return s.newUUID() }

// key takes X-API-Key before Authorization.
func (comfy) key(header http.Header) string {
	return cmp.Or(strings.TrimSpace(header.Get("X-API-Key")), authorization(header, "Bearer"))
}

// parse reads /v2/models/{provider}/{model}/requests and what is below it.
func (comfy) parse(path string) target {
	segments := splitPath(path, "/v2/models/")
	if len(segments) < 3 || segments[2] != "requests" {
		return target{}
	}
	t := target{endpoint: segments[0] + "/" + segments[1]}
	if len(segments) == 3 {
		t.action = "create"
		return t
	}
	t.id = segments[3]
	switch strings.Join(segments[4:], "/") {
	case "":
		t.action = "response"
	case "status", "cancel":
		t.action = segments[4]
	}
	return t
}

// header sets the id of the HTTP request, which is not the task's.
func (comfy) header(x *Exchange) { x.Writer.Header().Set("X-Comfy-Request-Id", x.callID()) }

// comfyStatus is a status answer, and the answer to a created task.
type comfyStatus struct {
	RequestID     string `json:"request_id"`
	Status        string `json:"status"`
	QueuePosition *int   `json:"queue_position,omitempty"`
	StatusURL     string `json:"status_url"`
	ResponseURL   string `json:"response_url"`
	CancelURL     string `json:"cancel_url"`
	ErrorType     string `json:"error_type,omitempty"`
}

func (comfy) statusBody(x *Exchange, v view) any { return comfyStatusBody(x, x.target.id, v) }

// comfyStatusBody returns the status answer of a request of the target's model.
func comfyStatusBody(x *Exchange, id string, v view) comfyStatus {
	address := fmt.Sprintf("%s/v2/models/%s/requests/%s", x.baseURL(), escapePath(x.target.endpoint), url.PathEscape(id))
	body := comfyStatus{
		RequestID: id, Status: v.phase.String(),
		StatusURL: address + "/status", ResponseURL: address, CancelURL: address + "/cancel",
	}
	switch v.phase {
	case inQueue:
		body.QueuePosition = &v.position
	case completed:
		body.ErrorType = v.outcome.ErrorType
		if body.ErrorType == "" && v.resultError != nil {
			body.ErrorType = v.resultError.Type
		}
	}
	return body
}

func (d comfy) status(x *Exchange) {
	if x.view.gone {
		d.problem(x, http.StatusGone, "request_not_found", "The request has expired")
		return
	}
	x.pace()
	x.JSON(http.StatusOK, d.statusBody(x, x.view))
}

// comfyPace is the Retry-After of answers about a live task, in seconds of the scenario.
const comfyPace = 2

// pace sets Retry-After for a live task.
func (x *Exchange) pace() {
	if x.view.phase != completed {
		seconds := max(1, int(comfyPace/x.server.config.Speed))
		x.Writer.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
}

func (comfy) created(x *Exchange, v view) {
	x.JSON(http.StatusCreated, comfyStatusBody(x, x.task.id, v))
}

func (d comfy) response(x *Exchange) {
	v := x.view
	switch {
	case v.phase != completed:
		x.pace()
		x.JSON(http.StatusAccepted, d.statusBody(x, v))
	case v.gone:
		d.problem(x, http.StatusGone, "request_not_found", "The request has expired")
	case v.resultError != nil:
		x.resultError(*v.resultError, "X-Comfy-Error-Type")
	case v.outcome.Failed():
		x.resultError(ResultError{
			Code: comfyCode(v.outcome.ErrorType), Type: v.outcome.ErrorType, Text: v.outcome.Message,
		}, "X-Comfy-Error-Type")
	default:
		x.Writer.Header().Set("X-Comfy-Credits-Used", strconv.FormatFloat(comfyCredits*float64(x.task.units()), 'f', 2, 64))
		x.JSON(http.StatusOK, d.result(x))
	}
}

// comfyCredits is the cost of a unit.
const comfyCredits = 8.44

// comfyCodes are the HTTP status codes of the error types; any other is 500.
var comfyCodes = map[string]int{
	"invalid_input": 422, "content_policy_violation": 422, "model_not_found": 404,
	"unauthorized": 401, "forbidden": 403, "not_enabled": 403, "insufficient_credits": 402,
	"cancelled": 409, "request_not_found": 404, "rate_limited": 429,
	"concurrency_limit_exceeded": 429, "queue_backlog_full": 429,
	"provider_error": 502, "service_unavailable": 503,
	"provider_timeout": 504, "deadline_exceeded": 504, "queue_timeout": 504, "client_disconnected": 499,
}

// comfyCode returns the HTTP status code of an error type.
func comfyCode(errorType string) int {
	if code := comfyCodes[errorType]; code != 0 {
		return code
	}
	return http.StatusInternalServerError
}

func (comfy) canceled(x *Exchange, before phase) {
	if before == completed {
		x.JSON(http.StatusConflict, word{"ALREADY_COMPLETED"})
		return
	}
	x.JSON(http.StatusAccepted, word{"CANCELLATION_REQUESTED"})
}

func (comfy) canceledOutcome() Outcome {
	return Outcome{ErrorType: "cancelled", Message: "The request was cancelled"}
}

// comfyRefusals are the error types of refusals.
var comfyRefusals = map[Refusal]string{
	noEndpoint: "model_not_found", noRequest: "request_not_found", badInput: "invalid_input", noWebhook: "invalid_input",
	tooLarge: "invalid_input", Unauthorized: "unauthorized", Forbidden: "forbidden", RateLimited: "rate_limited",
}

func (d comfy) refuse(x *Exchange, r Refusal, text string) {
	d.problem(x, refusalCodes[r], comfyRefusals[r], text)
}

// problem answers with an error of the Router, with its type in the header too.
func (comfy) problem(x *Exchange, code int, errorType, text string) {
	x.resultError(ResultError{Code: code, Type: errorType, Text: text}, "X-Comfy-Error-Type")
}
