package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"polltop/poller"
	"polltop/poller/queue"
)

// The events of task objects, then those of other objects.
const (
	EventQueued  = "queued"  // the task is queued for the first time
	EventRunning = "running" // the task runs for the first time
	EventEnded   = "ended"
	EventTrouble = "trouble" // a poll brought no answer; the last known state still holds
	EventTask    = "task"    // no event, as in an export

	EventWaiting, EventSubmission, EventSummary = "waiting", "submission", "summary"
)

// The outcomes of a task that has ended.
const (
	OutcomeSucceeded = "succeeded"
	OutcomeFailed    = "failed"
	OutcomeCanceled  = "canceled"
	OutcomeExpired   = "expired" // the service does not store its result any more
	OutcomeUnknown   = "unknown" // the service does not know it, or its result was not read
	OutcomeRetried   = "retried" // it did not succeed, but a later attempt did
)

// TaskObject is a task as a JSON object. Scripts rely on its names: one may be added, none changes its
// meaning, which is in package schema. Unknown values are absent.
type TaskObject struct {
	Time             string         `json:"time"`
	Event            string         `json:"event"`
	RequestID        string         `json:"request_id"`
	Endpoint         string         `json:"endpoint,omitempty"`
	Status           string         `json:"status,omitempty"`
	Outcome          string         `json:"outcome,omitempty"`
	QueuePosition    *int32         `json:"queue_position,omitempty"`
	Error            string         `json:"error,omitempty"`
	ErrorType        string         `json:"error_type,omitempty"`
	Trouble          string         `json:"trouble,omitempty"`
	InferenceTime    *float64       `json:"inference_time,omitempty"`
	Queued           *float64       `json:"queued_s,omitempty"`
	Running          *float64       `json:"running_s,omitempty"`
	Polls            uint32         `json:"polls"`
	ResponseURL      string         `json:"response_url,omitempty"`
	Outputs          []OutputObject `json:"outputs,omitempty"`
	Unrecognized     bool           `json:"unrecognized_status,omitempty"`
	Progress         *float64       `json:"progress,omitempty"`
	ProviderError    string         `json:"provider_error,omitempty"`
	NextStep         string         `json:"next_step,omitempty"`
	Cost             *float64       `json:"cost,omitempty"`
	CostUnit         string         `json:"cost_unit,omitempty"`
	ServiceRequestID string         `json:"service_request_id,omitempty"`
	Added            string         `json:"added,omitempty"`
	Ended            string         `json:"ended,omitempty"`
	Label            string         `json:"label,omitempty"`
	Payload          int64          `json:"payload,omitempty"`
	Attempt          int32          `json:"attempt,omitempty"`
	RetryOf          string         `json:"retry_of,omitempty"`
}

// HookObject is a task object for --exec.
type HookObject struct {
	TaskObject
	Input json.RawMessage `json:"input,omitempty"` // of the task's payload, if the user wants it
}

// OutputObject is an output of a task, with the names of the API's own result answer (documentation
// page Get Result). Values that the service did not report are absent.
type OutputObject struct {
	Type        string  `json:"type,omitempty"`
	URL         string  `json:"url,omitempty"`
	ContentType string  `json:"content_type,omitempty"`
	FileName    string  `json:"file_name,omitempty"`
	Width       int     `json:"width,omitempty"`
	Height      int     `json:"height,omitempty"`
	FileSize    int64   `json:"file_size,omitempty"`
	Duration    float64 `json:"duration,omitempty"`
	Content     string  `json:"content,omitempty"`
	Inline      bool    `json:"inline,omitempty"`
}

// ObjectOf returns a task as of now, with the event that happened to it. The result is nil if it was
// not fetched.
func ObjectOf(t *poller.Task, event string, now time.Time, result *queue.Result) TaskObject {
	live, stamp := !t.State.Terminal(), poller.StampOf(now)
	o := TaskObject{
		Time: timeText(now), Event: event, RequestID: t.Request.ID, Endpoint: t.Request.Endpoint, Label: t.Request.Label,
		Status: statusOf(t), Outcome: outcomes[t.State], Error: t.Error, ErrorType: t.ErrorType, ProviderError: t.ProviderError,
		NextStep: t.NextStep, Polls: t.Polls, Unrecognized: t.Unrecognized && live, ServiceRequestID: t.ServiceRequestID,
		QueuePosition: optional(t.QueuePosition, t.State == poller.Queued && t.QueuePosition >= 0),
		Progress:      optional(math.Round(float64(t.Progress)*1000)/1000, t.Progress > 0 && live),
		InferenceTime: optional(t.InferenceTime, t.InferenceTime >= 0),
		Queued:        seconds(t.QueueTime(stamp)), Running: seconds(t.RunTime(stamp)),
		Cost: optional(t.Cost, t.CostUnit != ""), CostUnit: t.CostUnit,
		Added: stampText(t.Added), Ended: stampText(t.Ended), Payload: t.Payload, Attempt: t.Attempt, RetryOf: t.RetryOf,
	}
	if t.Trouble != nil && live {
		o.Trouble = t.Trouble.Error()
	}
	if t.Request.Base != nil {
		o.ResponseURL = t.Request.ResponseURL()
	}
	if result != nil {
		for _, output := range result.Outputs {
			o.Outputs = append(o.Outputs, OutputObject{ // without the bytes of an inline output
				Type: output.Type, URL: output.URL, ContentType: output.ContentType, FileName: output.FileName, Inline: output.Inline(),
				Width: output.Width, Height: output.Height, FileSize: output.FileSize, Duration: output.Duration, Content: output.Content,
			})
		}
	}
	return o
}

// timeText returns a time in the form of the objects: RFC 3339, in UTC, to the millisecond.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func stampText(s poller.Stamp) string {
	if s == 0 {
		return ""
	}
	return timeText(s.Time())
}

// outcomes has the outcome of each state; "" for live ones.
var outcomes = [poller.StateCount]string{
	poller.Succeeded: OutcomeSucceeded, poller.Failed: OutcomeFailed, poller.Canceled: OutcomeCanceled, poller.Expired: OutcomeExpired,
	poller.NotFound: OutcomeUnknown, poller.Unread: OutcomeUnknown, poller.Retried: OutcomeRetried,
}

// statusOf returns the last status that the service reported of a task; "" for none.
func statusOf(t *poller.Task) string {
	switch {
	case t.StatusWord != "" || t.Unrecognized:
		return t.StatusWord
	case t.State == poller.Succeeded, t.State == poller.Failed, t.State == poller.Canceled, t.State == poller.Reading, t.State == poller.Unread:
		return queue.StatusCompleted
	// A task that the service does not know any more had one of these before.
	case t.State == poller.Running, t.State.Unknown() && t.Started != 0:
		return queue.StatusInProgress
	case t.State == poller.Queued, t.State.Unknown() && t.Queued != 0:
		return queue.StatusInQueue
	}
	return ""
}

func seconds(d time.Duration, ok bool) *float64 { return optional(d.Seconds(), ok) }

// optional returns a value that is absent unless ok.
func optional[T any](value T, ok bool) *T {
	if !ok {
		return nil
	}
	return &value
}

// Encode writes an object as one line of JSON, with characters escaped that could control a terminal.
// It returns the writer's error.
func Encode(w io.Writer, object any) error {
	line, err := encode(object, "", "")
	if err == nil {
		_, err = w.Write(line)
	}
	return err
}

// encode returns a value as JSON on one line or, with an indent, on several with the prefix before
// each but the first.
func encode(value any, prefix, indent string) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	// "&" stays, so that URLs can be read and copied.
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(prefix, indent)
	if err := encoder.Encode(value); err != nil {
		// Only numbers that JSON can't express, such as NaN, cause it.
		task, _ := value.(TaskObject)
		return nil, fmt.Errorf("task %q as JSON: %w", task.RequestID, err)
	}
	return escape(b.Bytes()), nil
}

// escape escapes the characters in JSON that could control a terminal. Line breaks stay.
func escape(line []byte) []byte {
	if !bytes.ContainsFunc(line, controlsTerminal) {
		return line
	}
	out := make([]byte, 0, len(line))
	for _, r := range string(line) {
		if !controlsTerminal(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out
}

// controlsTerminal reports whether a character that JSON does not escape could control a terminal,
// change the direction of writing or end a line.
func controlsTerminal(r rune) bool {
	return r >= 0x7f && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
