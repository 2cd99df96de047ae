package queue

import "time"

// Status is the state that a status answer tells. The three values are all
// that the protocol knows (documentation page Poll Status).
type Status uint8

const (
	// StatusUnknown is the status of no answer.
	StatusUnknown Status = iota
	// StatusInQueue says that the request was submitted and waits to run.
	StatusInQueue
	// StatusInProgress says that it runs.
	StatusInProgress
	// StatusCompleted says that it has ended; Answer.Failed tells how.
	StatusCompleted
)

// String returns the status as the protocol writes it.
func (s Status) String() string {
	switch s {
	case StatusInQueue:
		return "IN_QUEUE"
	case StatusInProgress:
		return "IN_PROGRESS"
	case StatusCompleted:
		return "COMPLETED"
	}
	return "UNKNOWN"
}

// The documented common values of error_type. A service may send others.
const (
	ErrorInference = "INFERENCE_FAILURE"
	ErrorTimeout   = "INFERENCE_TIMEOUT"
	ErrorInvalid   = "REQUEST_INVALID"
	ErrorBlocked   = "CONTENT_BLOCKED"
	ErrorCanceled  = "CANCELED"
	ErrorInternal  = "INTERNAL_SERVER_ERROR"
)

// Meaning returns what the documentation says that an error_type means and
// what its reader can do next. Both are empty for a value it does not list.
func Meaning(errorType string) (meaning, advice string) {
	switch errorType {
	case ErrorInference:
		return "model execution failed",
			"Often passing: submit it again; if it fails again with the same input, change the input."
	case ErrorTimeout:
		return "model execution timed out",
			"Submit it again, with a shorter or smaller output if it happens again."
	case ErrorInvalid:
		return "request parameters are invalid or do not match the model's requirements",
			"Compare the parameters with the model's page; submitting the same again fails again."
	case ErrorBlocked:
		return "input or output was blocked by safety policy",
			"Change the prompt or the input media; submitting the same again is likely to be blocked again."
	case ErrorCanceled:
		return "the task has been canceled",
			"Nothing to do; submit it again if it is still wanted."
	case ErrorInternal:
		return "internal server error",
			"The service's own fault: submit it again later; report the request id if it persists."
	}
	return "", ""
}

// Answer is what a status answer says of a request.
type Answer struct {
	Status Status
	// QueuePosition is the place in the queue, 0 for the next; -1 when the
	// answer does not tell. SeaCloud's is, for now, always 0.
	QueuePosition int
	// HasError says that the answer carries the field error or error_type:
	// with StatusCompleted, that the request has failed.
	HasError bool
	// Error is the message for people, ErrorType the documented class.
	Error, ErrorType string
	// InferenceTime is metrics.inference_time in seconds; -1 when not told.
	InferenceTime float64
	// URLs are the addresses that the answer gives; those on another origin
	// than the request's base are left out.
	URLs URLs
	// RetryAfter is the service's hint for the next poll, counted from the
	// answer's arrival; 0 when it gave none (Comfy Router gives one).
	RetryAfter time.Duration
	// Raw is the body as it came, without the user's secrets, at most
	// MaxAnswerBytes long.
	Raw []byte
}

// Failed reports whether the answer ends the request in failure or
// cancelation. COMPLETED alone never means success.
func (a Answer) Failed() bool { return a.Status == StatusCompleted && a.HasError }

// Canceled reports whether the answer says that the request was canceled,
// which is neither success nor failure.
func (a Answer) Canceled() bool { return a.Failed() && a.ErrorType == ErrorCanceled }
