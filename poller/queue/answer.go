package queue

import (
	"fmt"
	"strconv"
	"time"
)

// Status is the state that a status answer tells.
type Status uint8

const (
	// StatusUnknown is the status of an answer without a word that is known. It is
	// not final.
	StatusUnknown Status = iota
	// StatusInQueue says that the request was submitted and waits to run.
	StatusInQueue
	// StatusInProgress says that it runs.
	StatusInProgress
	// StatusCompleted says that it has ended; Decide tells how.
	StatusCompleted
	// StatusFailed, StatusTimedOut, StatusCanceled and StatusExpired are in none of
	// the three services' documentation: other queues that speak the protocol use
	// them.
	StatusFailed
	StatusTimedOut
	StatusCanceled
	// StatusExpired is also what HTTP 410 tells.
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

// Answer is what a status answer says of a request. Decide tells what it means.
type Answer struct {
	Status Status
	// Word is the status as the service wrote it, at most maxWord bytes; "" when the
	// answer has none.
	Word string
	// QueuePosition is the place in the queue, 0 for the next; -1 when the
	// answer does not tell. SeaCloud's is, for now, always 0.
	QueuePosition int
	// Progress is from 0 to 1; -1 when the answer does not tell.
	Progress float64
	// HasError says that the answer carries an error or error_type: with
	// StatusCompleted, that the request has failed.
	HasError bool
	// Error is the message for people, ErrorType the documented class. An error code
	// stands before the message.
	Error, ErrorType string
	// ProviderError is what the provider of the model said, in one line: SeaCloud's
	// provider_error.
	ProviderError string
	// Retryable is the service's word on whether the same may be submitted again;
	// nil when it does not tell.
	Retryable *bool
	// InferenceTime is metrics.inference_time in seconds; -1 when not told.
	InferenceTime float64
	// Logs are the log lines of the answer, the oldest first. They are a window of
	// all: see MergeLogs.
	Logs []LogLine
	// URLs are the addresses that the answer gives; those on another origin
	// than the request's base are left out.
	URLs URLs
	// RetryAfter is the service's hint for the next poll, counted from the
	// answer's arrival; 0 when it gave none (Comfy Router gives one).
	RetryAfter time.Duration
	// ServiceRequestID is the service's own id of this exchange, for bug reports.
	ServiceRequestID string
	// Cost is what the request has cost, where the service tells.
	Cost Cost
	// Raw is the body as it came, without the user's secrets, at most
	// MaxAnswerBytes long.
	Raw []byte
}

// Cost is what a request has cost.
type Cost struct {
	// Known is false where the service does not tell, which does not mean that it
	// was free.
	Known  bool
	Amount float64
	// Unit is "credits", "billable units" or, where the service does not tell, "units".
	Unit string
}

// String returns amount and unit, and "" for a cost that is not known.
func (c Cost) String() string {
	if !c.Known {
		return ""
	}
	return strconv.FormatFloat(c.Amount, 'f', -1, 64) + " " + c.Unit
}

// LogLine is a line of a request's log. What the service did not tell is "".
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

// MergeLogs returns the lines of old and behind them those of fresh that are not
// among them: what the service gives is a window that moves over the log. Two lines
// are the same when time and message are. The last maxLogLines are kept. Old may be
// changed.
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
