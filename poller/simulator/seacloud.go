package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// seacloud is the dialect of the SeaCloud multimodal Model API.
type seacloud struct{}

// BasePath is the path of SeaCloud's base URL, as the documented base
// https://cloud.seaart.ai/model has it.
const BasePath = "/model"

func (seacloud) basePath() string { return BasePath }

func (seacloud) app(endpoint string) string { return endpoint }

func (seacloud) cancelsAtOnce() bool { return false }

func (seacloud) header(*Exchange) {}

func (seacloud) key(header http.Header) string { return authorization(header, "Key", "Bearer") }

// parse reads /model/v1/queue/{endpoint} and what is below it.
func (seacloud) parse(path string) target {
	segments := splitPath(path, BasePath+"/v1/queue/")
	n := len(segments)
	if n == 0 {
		return target{}
	}
	if n < 3 || segments[n-3] != "requests" {
		return target{endpoint: strings.Join(segments, "/"), action: "create"}
	}
	switch action := segments[n-1]; action {
	case "status", "response", "cancel":
		return target{endpoint: strings.Join(segments[:n-3], "/"), id: segments[n-2], action: action}
	}
	return target{}
}

// url returns the address of a request's action.
func (seacloud) url(x *Exchange, id, action string) string {
	return fmt.Sprintf("%s/v1/queue/%s/requests/%s/%s", x.baseURL(), escapePath(x.target.endpoint), url.PathEscape(id), action)
}

// crockford is the alphabet of a ULID.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// newID returns mmsu_ and a ULID in lower case. Like a ULID it begins with a time
// in milliseconds that grows from one to the next, but it comes from the seed.
func (seacloud) newID(s *Server) string {
	s.stamp += 1 + s.random.Uint64N(60)
	// All begin with 01h, as the documentation's examples do.
	const prefix, rest = 1<<40 | 17<<35, 1<<35 - 1
	stamp := prefix | s.stamp&rest
	var text [26]byte
	for i := range 10 {
		text[i] = crockford[stamp>>(45-5*i)&31]
	}
	for i := 10; i < len(text); i++ {
		text[i] = crockford[s.random.IntN(len(crockford))]
	}
	return "mmsu_" + string(text[:])
}

// seacloudStatus is a status answer (documentation page Poll Status). Progress,
// logs and provider_error are those that SeaCloud's own client reads.
type seacloudStatus struct {
	Status        string         `json:"status"`
	RequestID     string         `json:"request_id"`
	QueuePosition *int           `json:"queue_position,omitempty"`
	ResponseURL   string         `json:"response_url"`
	Progress      *float64       `json:"progress,omitempty"`
	Logs          []seacloudLog  `json:"logs,omitempty"`
	Metrics       *metrics       `json:"metrics,omitempty"`
	Error         string         `json:"error,omitempty"`
	ErrorType     string         `json:"error_type,omitempty"`
	ProviderError *ProviderError `json:"provider_error,omitempty"`
}

// seacloudLog is a line of a run's log.
type seacloudLog struct {
	Message   string `json:"message"`
	Timestamp string `json:"timestamp"`
}

// metrics holds the inference time in seconds.
type metrics struct {
	InferenceTime float64 `json:"inference_time"`
}

func (d seacloud) statusBody(x *Exchange, v view) any {
	body := seacloudStatus{
		Status:      v.phase.String(),
		RequestID:   x.target.id,
		ResponseURL: d.url(x, x.target.id, "response"),
		Progress:    v.progress,
	}
	for _, line := range v.logs {
		body.Logs = append(body.Logs, seacloudLog{line.Message, line.Timestamp})
	}
	switch {
	case v.phase == inQueue:
		body.QueuePosition = &v.position
	case v.phase == completed && v.outcome.Failed():
		body.Error, body.ErrorType, body.ProviderError = v.outcome.Message, v.outcome.ErrorType, v.provider
	case v.phase == completed:
		body.Metrics = &metrics{InferenceTime: v.inference}
	}
	return body
}

func (d seacloud) status(x *Exchange) {
	x.JSON(http.StatusOK, d.statusBody(x, x.view))
}

// seacloudCreated is the answer to a created task (documentation page Create Task).
type seacloudCreated struct {
	RequestID     string `json:"request_id"`
	ResponseURL   string `json:"response_url"`
	StatusURL     string `json:"status_url"`
	CancelURL     string `json:"cancel_url"`
	QueuePosition int    `json:"queue_position"`
}

func (d seacloud) created(x *Exchange, v view) {
	id := x.task.id
	x.JSON(http.StatusOK, seacloudCreated{
		RequestID:     id,
		ResponseURL:   d.url(x, id, "response"),
		StatusURL:     d.url(x, id, "status"),
		CancelURL:     d.url(x, id, "cancel"),
		QueuePosition: v.position,
	})
}

func (d seacloud) response(x *Exchange) {
	switch {
	case x.view.phase != completed:
		x.JSON(http.StatusAccepted, d.statusBody(x, x.view))
	case x.view.outcome.Failed():
		// Assumed: the documentation does not say what the result of a failed
		// task is; fal answers 422 with the reason.
		d.problem(x, http.StatusUnprocessableEntity, x.view.outcome.ErrorType, x.view.outcome.Message, x.target.id)
	default:
		x.JSON(http.StatusOK, d.result(x))
	}
}

func (seacloud) canceled(x *Exchange, before phase) {
	if before == completed {
		x.JSON(http.StatusBadRequest, word{"ALREADY_COMPLETED"})
		return
	}
	x.JSON(http.StatusAccepted, word{"CANCELLATION_REQUESTED"})
}

func (seacloud) canceledOutcome() Outcome {
	return Outcome{ErrorType: "CANCELED", Message: "Task was canceled by a cancel request"}
}

// refuse answers as the documentation page Errors and Limitations has it.
func (d seacloud) refuse(x *Exchange, r Refusal, text string) {
	code := refusalCodes[r]
	switch {
	case r == Unauthorized:
		d.problem(x, code, "UNAUTHORIZED", text, x.callID())
	case r == RateLimited:
		d.problem(x, code, "RATE_LIMIT_EXCEEDED", text, x.callID())
	case r == noRequest && x.target.action == "cancel":
		x.JSON(code, word{"NOT_FOUND"})
	default:
		x.JSON(code, detail{text})
	}
}

// problem answers with the error body {"error": {"code", "message"}}.
func (seacloud) problem(x *Exchange, code int, name, message, requestID string) {
	type inner struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	x.JSON(code, struct {
		Error     inner  `json:"error"`
		RequestID string `json:"request_id"`
	}{inner{name, message}, requestID})
}
