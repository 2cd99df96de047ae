package queue

import (
	"fmt"
	"time"
)

// FaultKind is the reason why there is no answer, and so what to do about it.
type FaultKind uint8

const (
	// Unreachable: no HTTP answer came: refused, reset, no such host, TLS.
	Unreachable FaultKind = iota + 1
	// TimedOut: no whole answer came in time.
	TimedOut
	// RateLimited: 429. All requests to the host wait.
	RateLimited
	// Unauthorized: 401. The key is not accepted; asking again is pointless.
	Unauthorized
	// Forbidden: the API's own 403. The endpoint is not allowed for this key.
	Forbidden
	// Missing: the API's own 404, JSON that says so. The service does not know the
	// request or the endpoint.
	Missing
	// ServerError: the API's own 5xx.
	ServerError
	// BadAnswer: an answer that is not a status: not JSON, cut short, too
	// long, an unknown status, another request's id.
	BadAnswer
	// Refused: any other HTTP status, or a redirect that is not followed.
	Refused
	// Gateway: a 403, 404 or 5xx that is not the API's own but HTML, text or empty.
	// It says nothing of the task or of the key.
	Gateway
)

// Fault is why a poll brought no answer. It says nothing of the request itself, so its last
// known status stays.
type Fault struct {
	Kind FaultKind
	// HTTP is the HTTP status code, 0 when no answer came.
	HTTP int
	// Code is the error code of the API's own error body, when it has one.
	Code string
	// Message describes the fault for people: the message in the answer's body, else
	// polltop's own. It never has the user's key.
	Message string
	// RetryAfter is how long the service asked to wait, counted from the
	// answer's arrival; 0 when it did not say.
	RetryAfter time.Duration
	// ServiceRequestID is the service's own id of this exchange, for bug reports.
	ServiceRequestID string
	// Proxy is the proxy that failed (Unreachable) or through which no answer came
	// (TimedOut).
	Proxy string `json:",omitempty"`
	// Raw is the start of the answer's body, without the user's secrets.
	Raw []byte
}

// LimitsCalls reports whether a 429 says that the caller makes too many requests of any
// kind, in the word of Comfy Router.
func (f *Fault) LimitsCalls() bool { return f.Code == "rate_limited" }

// LimitsCreation reports whether a 429 is about creating requests alone, in the words of
// Comfy Router.
func (f *Fault) LimitsCreation() bool {
	return f.Code == "concurrency_limit_exceeded" || f.Code == "queue_backlog_full"
}

// Error returns the HTTP status code, if any, and the message. A gateway's message
// has the code in it.
func (f *Fault) Error() string {
	if f.HTTP == 0 || f.Kind == Gateway {
		return f.Message
	}
	return fmt.Sprintf("HTTP %d: %s", f.HTTP, f.Message)
}
