package queue

import (
	"fmt"
	"strconv"
	"time"
)

// Status is the state in a status answer.
type Status uint8

const (
	// StatusUnknown is the status of an answer with an unknown status word, or none. It
	// is not final.
	StatusUnknown Status = iota
	// StatusInQueue: the request waits to run.
	StatusInQueue
	// StatusInProgress: it runs.
	StatusInProgress
	// StatusCompleted: it has ended; Decide returns how.
	StatusCompleted
	// StatusFailed, StatusTimedOut, StatusCanceled and StatusExpired are documented by
	// none of the three services, but used by other queues with this protocol.
	StatusFailed
	StatusTimedOut
	StatusCanceled
	// StatusExpired is also the status of HTTP 410.
	StatusExpired
)

// words are the status words, in capitals. IN_QUEUE, IN_PROGRESS and COMPLETED are
// documented; QUEUED is in the seacloud CLI's tests, FAILED, TIMED_OUT and
// CANCELLED in RunPod's SDK; the others are assumed.
var words = map[string]Status{
	"IN_QUEUE": StatusInQueue, "QUEUED": StatusInQueue,
	"IN_PROGRESS": StatusInProgress, "RUNNING": StatusInProgress, "PROCESSING": StatusInProgress,
	"COMPLETED": StatusCompleted,
	"FAILED":    StatusFailed, "ERROR": StatusFailed,
	"TIMED_OUT": StatusTimedOut,
	"CANCELLED": StatusCanceled, "CANCELED": StatusCanceled,
	"EXPIRED": StatusExpired,
}

var statusWords = [...]string{"UNKNOWN", "IN_QUEUE", "IN_PROGRESS", "COMPLETED", "FAILED", "TIMED_OUT", "CANCELED", "EXPIRED"}

// String returns the status as the protocol writes it.
func (s Status) String() string { return statusWords[s] }

// Answer is a decoded status answer. Decide returns what it means.
type Answer struct {
	Status Status
	// Word is the status as the service wrote it, at most maxWord bytes; "" when the
	// answer has none.
	Word string
	// QueuePosition is the place in the queue, 0 for the next; -1 for unknown.
	// SeaCloud's is, for now, always 0.
	QueuePosition int
	// Progress is from 0 to 1; -1 for unknown.
	Progress float64
	// HasError is set where the answer has an error or error_type. With StatusCompleted
	// the request has failed then.
	HasError bool
	// Error is the message for people, ErrorType the documented class. An error code
	// stands before the message.
	Error, ErrorType string
	// ProviderError is what the provider of the model said, in one line: SeaCloud's
	// provider_error.
	ProviderError string
	// Retryable says whether the same may be submitted again; nil for unknown.
	Retryable *bool
	// InferenceTime is metrics.inference_time in seconds; -1 for unknown.
	InferenceTime float64
	// Logs are the log lines of the answer, the oldest first. They are a window of
	// all: see MergeLogs.
	Logs []LogLine
	// URLs are the addresses in the answer, without those on another origin than the
	// request's base.
	URLs URLs
	// RetryAfter is the service's hint for the next poll, counted from the
	// answer's arrival; 0 when it gave none (Comfy Router gives one).
	RetryAfter time.Duration
	// ServiceRequestID is the service's own id of this exchange, for bug reports.
	ServiceRequestID string
	// Cost is the cost of the request, if the service reports it.
	Cost Cost
	// Raw is the received body without the user's secrets, at most MaxAnswerBytes long.
	Raw []byte
}

// Cost is the cost of a request.
type Cost struct {
	// Known is false where the service does not report a cost, which does not mean that
	// the request was free.
	Known  bool
	Amount float64
	// Unit is "credits", "billable units" or, for an unknown one, "units".
	Unit string
}

// String returns amount and unit, and "" for a cost that is not known.
func (c Cost) String() string {
	if !c.Known {
		return ""
	}
	return strconv.FormatFloat(c.Amount, 'f', -1, 64) + " " + c.Unit
}

// LogLine is a line of a request's log. Unknown fields are "".
type LogLine struct {
	// Time is the timestamp as the service wrote it, in RFC 3339 as a rule.
	Time                   string
	Level, Source, Message string
}

// String returns the line for people.
func (l LogLine) String() string {
	if l.Time == "" {
		return l.Message
	}
	return fmt.Sprintf("%s %s", l.Time, l.Message)
}

// maxLogLines bounds the log lines that are kept of a request.
const maxLogLines = 1000

// MergeLogs appends to old the lines of fresh that are not in it: a service sends a window
// that moves over the log. Two lines are the same when time and message are. The last
// maxLogLines are kept. Old may be changed.
func MergeLogs(old, fresh []LogLine) []LogLine {
	type identity struct{ time, message string }
	seen := make(map[identity]bool, len(old))
	for _, line := range old {
		seen[identity{line.Time, line.Message}] = true
	}
	for _, line := range fresh {
		if id := (identity{line.Time, line.Message}); !seen[id] {
			seen[id] = true
			old = append(old, line)
		}
	}
	return old[max(0, len(old)-maxLogLines):]
}
