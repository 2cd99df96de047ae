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

// The events of task objects, then those of the others.
const (
	EventQueued  = "queued"  // it is seen waiting, and was not before
	EventRunning = "running" // it is seen running, and was not before
	EventEnded   = "ended"
	EventTrouble = "trouble" // a poll brought no answer; what was known before still holds
	EventTask    = "task"    // none: the object says what is known, as an export does

	EventWaiting, EventSubmission, EventSummary = "waiting", "submission", "summary"
)

// The outcomes of a task that has ended.
const (
	OutcomeSucceeded = "succeeded"
	OutcomeFailed    = "failed"
	OutcomeCanceled  = "canceled"
	OutcomeExpired   = "expired" // the service does not keep its result any more
	OutcomeUnknown   = "unknown" // the service does not know it, or its result was not read
	OutcomeRetried   = "retried" // it did not succeed, while a later attempt has
)

// TaskObject is what is known of a task, for programs. Its names are a promise to scripts: one may
// be added, none changes its meaning, which is in package schema. What is not known is absent.
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
	Input json.RawMessage `json:"input,omitempty"` // of the task's payload, where the user has asked for it
}

// OutputObject is one output of a task, with the names of the API's own result answer
// (documentation page Get Result). What the service did not report is absent.
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

// ObjectOf returns what is known of a task at a moment. The event is what has
// happened to it; the result is nil where it was not fetched.
func ObjectOf(t *poller.Task, event string, now time.Time, result *queue.Result) TaskObject {
	live, stamp := !t.State.Terminal(), poller.StampOf(now)
	o := TaskObject{
		Time: timeText(now), Event: event, RequestID: t.Request.ID, Endpoint: t.Request.Endpoint, Label: t.Request.Label,
		Status: statusOf(t), Outcome: outcomes[t.State], Error: t.Error, ErrorType: t.ErrorType, ProviderError: t.ProviderError,
		NextStep: t.NextStep, Polls: t.Polls, Unrecognized: t.Unrecognized && live, ServiceRequestID: t.ServiceRequestID,
		QueuePosition: known(t.QueuePosition, t.State == poller.Queued && t.QueuePosition >= 0),
		Progress:      known(math.Round(float64(t.Progress)*1000)/1000, t.Progress > 0 && live),
		InferenceTime: known(t.InferenceTime, t.InferenceTime >= 0),
		Queued:        seconds(t.QueueTime(stamp)), Running: seconds(t.RunTime(stamp)),
		Cost: known(t.Cost, t.CostUnit != ""), CostUnit: t.CostUnit,
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
			o.Outputs = append(o.Outputs, OutputObject{ // without the bytes that the result may hold
				Type: output.Type, URL: output.URL, ContentType: output.ContentType, FileName: output.FileName, Inline: output.Inline(),
				Width: output.Width, Height: output.Height, FileSize: output.FileSize, Duration: output.Duration, Content: output.Content,
			})
		}
	}
	return o
}

// timeText returns a moment as the objects have it: RFC 3339, in UTC, to the millisecond.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

func stampText(s poller.Stamp) string {
	if s == 0 {
		return ""
	}
	return timeText(s.Time())
}

// outcomes are how tasks in each state have ended, "" where they have not.
var outcomes = [poller.StateCount]string{
	poller.Succeeded: OutcomeSucceeded, poller.Failed: OutcomeFailed, poller.Canceled: OutcomeCanceled, poller.Expired: OutcomeExpired,
	poller.NotFound: OutcomeUnknown, poller.Unread: OutcomeUnknown, poller.Retried: OutcomeRetried,
}

// statusOf returns the last status that the service reported of a task, "" where it reported none.
func statusOf(t *poller.Task) string {
	switch {
	case t.StatusWord != "" || t.Unrecognized:
		return t.StatusWord
	case t.State == poller.Succeeded, t.State == poller.Failed, t.State == poller.Canceled, t.State == poller.Reading, t.State == poller.Unread:
		return queue.StatusCompleted
	// A task that the service does not know any more had a status before.
	case t.State == poller.Running, t.State.Unknown() && t.Started != 0:
		return queue.StatusInProgress
	case t.State == poller.Queued, t.State.Unknown() && t.Queued != 0:
		return queue.StatusInQueue
	}
	return ""
}

func seconds(d time.Duration, ok bool) *float64 { return known(d.Seconds(), ok) }

// known returns a value that may be absent.
func known[T any](value T, ok bool) *T {
	if !ok {
		return nil
	}
	return &value
}

// Encode writes an object as one line of JSON and returns the writer's error.
// The line is harmless to a terminal, and loses nothing by that: what could
// control one is escaped, as JSON lets any character be.
func Encode(w io.Writer, object any) error {
	line, err := encode(object, "", "")
	if err == nil {
		_, err = w.Write(line)
	}
	return err
}

// encode returns a value as JSON, with the prefix before each line but the first
// and an indent, if one is given; else in one line.
func encode(value any, prefix, indent string) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	// URLs are to be read and copied: "&" stays as it is.
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(prefix, indent)
	if err := encoder.Encode(value); err != nil {
		// Only a number that JSON has no form for, such as NaN, gets here.
		task, _ := value.(TaskObject)
		return nil, fmt.Errorf("task %q as JSON: %w", task.RequestID, err)
	}
	return escape(b.Bytes()), nil
}

// escape escapes what JSON leaves in its texts and a terminal may obey: the control characters from
// U+007F on, and the invisible ones that change the direction of writing. The lines' ends stay.
func escape(line []byte) []byte {
	if !bytes.ContainsFunc(line, harmful) {
		return line
	}
	out := make([]byte, 0, len(line))
	for _, r := range string(line) {
		if !harmful(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out
}

// harmful reports whether a terminal may obey a character that JSON leaves as
// it is, or some readers take it for the end of a line.
func harmful(r rune) bool {
	return r >= 0x7f && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
