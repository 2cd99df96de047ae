package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fal is the dialect of fal's queue.
//
// Sources: fal's pages Inference API, Submit, Status, Result and Cancel of the
// queue, Request Error Types and Model Errors, and its own clients. Assumed where
// they don't tell it: the bodies of unknown requests and of requests in progress.
// Webhooks, which fal has, are refused: the simulator calls nobody.
type fal struct{}

func (fal) basePath() string { return "" }

func (fal) cancelsAtOnce() bool { return true }

func (fal) key(header http.Header) string { return authorization(header, "Key") }

func (fal) newID(s *Server) string { return s.newUUID() }

// falNamespaces are the first segments behind which an app has two more.
var falNamespaces = []string{"workflows", "comfy"}

// app returns owner/app, and namespace/owner/app for workflows and Comfy apps: the
// path of an endpoint is left out of the addresses of its requests.
func (fal) app(endpoint string) string {
	segments := strings.Split(endpoint, "/")
	return strings.Join(segments[:min(len(segments), falSegments(segments))], "/")
}

// falSegments returns how many segments an app's name has.
func falSegments(segments []string) int {
	if slices.Contains(falNamespaces, segments[0]) {
		return 3
	}
	return 2
}

// parse reads /{owner}/{app}[/{path}] and /{owner}/{app}/requests/{id}.
func (fal) parse(path string) target {
	segments := splitPath(path, "/")
	if len(segments) < 2 {
		return target{}
	}
	n := falSegments(segments)
	if len(segments) < n+2 || segments[n] != "requests" {
		return target{endpoint: strings.Join(segments, "/"), action: "create"}
	}
	t := target{endpoint: strings.Join(segments[:n], "/"), id: segments[n+1]}
	switch strings.Join(segments[n+2:], "/") {
	case "", "response":
		t.action = "response"
	case "status", "cancel":
		t.action = segments[n+2]
	case "status/stream":
		t.action = "stream"
	}
	return t
}

// header tells the request id.
func (fal) header(x *Exchange) {
	id := x.callID()
	if x.task != nil {
		id = x.task.id
	}
	x.Writer.Header().Set("X-Fal-Request-Id", id)
}

// falStatus is a status answer, and the answer to a created task.
type falStatus struct {
	Status        string     `json:"status"`
	RequestID     string     `json:"request_id"`
	ResponseURL   string     `json:"response_url"`
	StatusURL     string     `json:"status_url"`
	CancelURL     string     `json:"cancel_url"`
	QueuePosition *int       `json:"queue_position,omitempty"`
	Logs          []falLog   `json:"logs"` // null unless they are asked for
	Metrics       falMetrics `json:"metrics"`
	Error         string     `json:"error,omitempty"`
	ErrorType     string     `json:"error_type,omitempty"`
}

// falLog is a line of a run's log.
type falLog struct {
	Timestamp string `json:"timestamp"`
	Message   string `json:"message"`
	Level     string `json:"level"`
	Source    string `json:"source"`
}

// falMetrics is empty before the end; the inference time is null where the task
// never ran.
type falMetrics map[string]any

func (fal) statusBody(x *Exchange, v view) any {
	return falStatusBody(x, x.target.id, x.target.endpoint, v)
}

// falStatusBody returns the status answer of a request of an app.
func falStatusBody(x *Exchange, id, app string, v view) falStatus {
	address := fmt.Sprintf("%s/%s/requests/%s", x.baseURL(), escapePath(app), url.PathEscape(id))
	body := falStatus{
		Status: v.phase.String(), RequestID: id,
		ResponseURL: address, StatusURL: address + "/status", CancelURL: address + "/cancel",
		Metrics: falMetrics{},
	}
	if logs := x.Request.URL.Query().Get("logs"); logs == "1" || logs == "true" {
		body.Logs = []falLog{}
		for _, line := range v.logs {
			body.Logs = append(body.Logs, falLog{line.Timestamp, line.Message, line.Level, "USER"})
		}
	}
	switch v.phase {
	case inQueue:
		body.QueuePosition = &v.position
	case completed:
		body.Error, body.ErrorType = v.outcome.Message, v.outcome.ErrorType
		body.Metrics["inference_time"] = nil
		if v.ran {
			body.Metrics["inference_time"] = v.inference
		}
	}
	return body
}

// status answers 202 until the end, and then 200.
func (d fal) status(x *Exchange) {
	code := http.StatusAccepted
	if x.view.phase == completed {
		code = http.StatusOK
	}
	x.JSON(code, d.statusBody(x, x.view))
}

func (d fal) created(x *Exchange, v view) {
	x.JSON(http.StatusOK, falStatusBody(x, x.task.id, d.app(x.target.endpoint), v))
}

// response answers with what the model returned, its errors included.
func (d fal) response(x *Exchange) {
	switch {
	case x.view.phase != completed:
		x.JSON(http.StatusBadRequest, detail{"Request is still in progress"})
	case x.view.gone:
		x.JSON(http.StatusNotFound, word{"NOT_FOUND"})
	case x.view.resultError != nil:
		x.resultError(*x.view.resultError, "X-Fal-Error-Type")
	case x.view.outcome.Failed():
		x.resultError(ResultError{
			Code: falCode(x.view.outcome.ErrorType), Type: x.view.outcome.ErrorType, Text: x.view.outcome.Message,
		}, "X-Fal-Error-Type")
	default:
		x.Writer.Header().Set("X-Fal-Billable-Units", strconv.Itoa(x.task.units()))
		x.JSON(http.StatusOK, d.result(x))
	}
}

// falCodes are the HTTP status codes of the documented request errors; any other
// is 500.
var falCodes = map[string]int{
	"request_timeout": 504, "startup_timeout": 504,
	"runner_scheduling_failure": 503, "runner_connection_timeout": 503, "runner_connection_refused": 503,
	"runner_connection_error": 503, "runner_disconnected": 503, "runner_incomplete_response": 502,
	"client_disconnected": 499, "client_cancelled": 499, "bad_request": 400,
}

// falCode returns the HTTP status code of an error type.
func falCode(errorType string) int {
	if code := falCodes[errorType]; code != 0 {
		return code
	}
	return http.StatusInternalServerError
}

func (fal) canceled(x *Exchange, before phase) {
	switch before {
	case inQueue:
		x.JSON(http.StatusOK, word{"OK"})
	case inProgress:
		x.JSON(http.StatusAccepted, word{"CANCELLATION_REQUESTED"})
	default:
		x.JSON(http.StatusBadRequest, word{"ALREADY_COMPLETED"})
	}
}

func (fal) canceledOutcome() Outcome {
	return Outcome{ErrorType: "client_cancelled", Message: "Request was cancelled by the client"}
}

func (fal) refuse(x *Exchange, r Refusal, text string) {
	if r == noRequest {
		x.JSON(refusalCodes[r], word{"NOT_FOUND"})
		return
	}
	x.JSON(refusalCodes[r], detail{text})
}

// streamPause is how long a stream waits between two looks at a task.
const streamPause = 100 * time.Millisecond

// stream answers GET R/status/stream: a server-sent event for each change of the
// status, until the end.
func (d fal) stream(x *Exchange) {
	d.header(x)
	x.Writer.Header().Set("Content-Type", "text/event-stream")
	controller := http.NewResponseController(x.Writer)
	last := ""
	for {
		x.server.mu.Lock()
		v := x.server.viewOf(x.task, x.server.elapsed())
		x.server.mu.Unlock()
		// A struct of texts and numbers always encodes.
		body, _ := json.Marshal(d.statusBody(x, v))
		if text := string(body); text != last {
			last = text
			if _, err := io.WriteString(x.Writer, "data: "+text+"\n\n"); err != nil {
				return
			}
			if err := controller.Flush(); err != nil {
				return
			}
		}
		if v.phase == completed {
			x.ShowedEnd = true
			return
		}
		select {
		case <-time.After(streamPause):
		case <-x.Request.Context().Done():
			return
		}
	}
}
