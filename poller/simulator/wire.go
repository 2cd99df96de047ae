package simulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

// target is what a path asks for.
type target struct {
	endpoint, id string
	// action is status, response, cancel or create; empty for any other path.
	action string
}

// parseTarget reads an escaped path.
func parseTarget(path string) target {
	rest, ok := strings.CutPrefix(path, BasePath+"/v1/queue/")
	if !ok {
		return target{}
	}
	segments := strings.Split(rest, "/")
	for i, segment := range segments {
		text, err := url.PathUnescape(segment)
		if err != nil || text == "" {
			return target{}
		}
		segments[i] = text
	}
	n := len(segments)
	if n < 3 || segments[n-3] != "requests" {
		return target{endpoint: strings.Join(segments, "/"), action: "create"}
	}
	switch action := segments[n-1]; action {
	case "status", "response", "cancel":
		return target{endpoint: strings.Join(segments[:n-3], "/"), id: segments[n-2], action: action}
	}
	return target{}
}

// methods are the methods of the actions. That of cancel is assumed from fal, as
// the documentation does not tell it.
var methods = map[string]string{
	"status": http.MethodGet, "response": http.MethodGet, "cancel": http.MethodPut, "create": http.MethodPost,
}

// statusBody is a status answer (documentation page Poll Status).
type statusBody struct {
	Status        string   `json:"status"`
	RequestID     string   `json:"request_id"`
	QueuePosition *int     `json:"queue_position,omitempty"`
	ResponseURL   string   `json:"response_url"`
	Metrics       *metrics `json:"metrics,omitempty"`
	Error         string   `json:"error,omitempty"`
	ErrorType     string   `json:"error_type,omitempty"`
}

// metrics holds the inference time in seconds.
type metrics struct {
	InferenceTime float64 `json:"inference_time"`
}

// createBody is the answer to a created task (documentation page Create Task).
type createBody struct {
	RequestID     string `json:"request_id"`
	ResponseURL   string `json:"response_url"`
	StatusURL     string `json:"status_url"`
	CancelURL     string `json:"cancel_url"`
	QueuePosition int    `json:"queue_position"`
}

// json answers with a JSON body.
func (x *exchange) json(code int, body any) {
	x.w.Header().Set("Content-Type", "application/json")
	x.w.WriteHeader(code)
	// An error means that the client has left, and nobody is there to tell.
	_ = json.NewEncoder(x.w).Encode(body)
}

// detail answers with the error body {"detail": text}.
func (x *exchange) detail(code int, text string) {
	x.json(code, map[string]string{"detail": text})
}

// problem answers with the error body {"error": {"code", "message"}}.
func (x *exchange) problem(code int, name, message, requestID string) {
	type inner struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	x.json(code, struct {
		Error     inner  `json:"error"`
		RequestID string `json:"request_id"`
	}{inner{name, message}, requestID})
}
