package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views"
	"polltop/views/safe"
)

// SubmissionObject says what came of submitting a payload, for programs. Its names are a
// promise as those of TaskObject are.
type SubmissionObject struct {
	Time      string `json:"time"`
	Event     string `json:"event"`
	Payload   int64  `json:"payload"`
	State     string `json:"state"`
	Endpoint  string `json:"endpoint"`
	Label     string `json:"label,omitempty"`
	Attempt   int    `json:"attempt"`
	RetryOf   string `json:"retry_of,omitempty"`
	RequestID string `json:"request_id,omitempty"` // of the task that was created
	Error     string `json:"error,omitempty"`      // why none was
}

// SubmissionOf returns what is known of a payload at a moment.
func SubmissionOf(p *poller.Payload, now time.Time) SubmissionObject {
	o := SubmissionObject{
		Time: timeText(now), Event: EventSubmission, Payload: p.Number, State: p.State.String(), Endpoint: p.Endpoint,
		Label: p.Label, Attempt: p.Attempt, RetryOf: p.RetryOf, RequestID: p.RequestID,
	}
	if p.Fault != nil {
		o.Error = p.Fault.Error()
	}
	return o
}

// Submission returns one line about a payload that created no task, "" for others.
func Submission(p *poller.Payload) string {
	text := fmt.Sprintf("payload %d", p.Number)
	if p.Label != "" {
		text += " (" + p.Label + ")"
	}
	switch p.State {
	case poller.PayloadUnknown:
		text = "it is not known whether " + text + " was submitted"
	case poller.PayloadRejected:
		text += " is rejected"
	case poller.PayloadGivenUp:
		text += " is given up"
	default:
		return ""
	}
	if p.Fault != nil {
		text += ": " + p.Fault.Error()
	}
	return safe.Line(text)
}

// Submissions counts payloads by their states.
type Submissions [poller.PayloadStateCount]int

// Pending returns how many are yet to be submitted.
func (s Submissions) Pending() int { return s[poller.PayloadWaiting] + s[poller.PayloadSending] }

// String returns how many payloads created no task, "" for none.
func (s Submissions) String() string {
	return counted([]count{
		{s.Pending(), "waiting to submit"},
		{s[poller.PayloadUnknown], "unknown whether submitted"},
		{s[poller.PayloadRejected], "rejected"},
		{s[poller.PayloadGivenUp], "given up"},
	})
}

// count is how many there are of what the text reports.
type count struct {
	n    int
	text string
}

// counted returns the counts that are not 0.
func counted(counts []count) string {
	var parts []string
	for _, c := range counts {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.text))
		}
	}
	return strings.Join(parts, ", ")
}

// BatchSize is what is to be submitted, by endpoint.
type BatchSize struct {
	places []string
	counts []int // of each place
	total  int
}

// Add counts a payload.
func (b *BatchSize) Add(p *poller.Payload) {
	place := p.Endpoint + " at " + p.Base.Host()
	at := slices.Index(b.places, place)
	if at < 0 {
		at, b.places, b.counts = len(b.places), append(b.places, place), append(b.counts, 0)
	}
	b.counts[at]++
	b.total++
}

// String returns what is to be submitted, such as "500 tasks to wan26_i2v at cloud.seaart.ai".
func (b *BatchSize) String() string {
	text := views.Plural(b.total, "task")
	if len(b.places) == 1 {
		return safe.Line(text + " to " + b.places[0])
	}
	const named = 4
	var parts []string
	for i, place := range b.places {
		if i == named {
			parts = append(parts, fmt.Sprintf("and to %d other endpoints", len(b.places)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%d to %s", b.counts[i], place))
	}
	return safe.Line(text + ": " + strings.Join(parts, ", "))
}

// RecentObject is a request in a service's list of the recent ones, as polltop reads it back.
type RecentObject struct {
	RequestID  string          `json:"request_id"`
	Endpoint   string          `json:"endpoint"`
	SentAt     string          `json:"sent_at,omitempty"`
	EndedAt    string          `json:"ended_at,omitempty"`
	StatusCode int             `json:"status_code,omitempty"`
	Input      json.RawMessage `json:"input,omitempty"`
}

// PayloadObject is a payload in the form in which polltop reads it.
type PayloadObject struct {
	Endpoint string `json:"endpoint"`
	Label    string `json:"label,omitempty"`
	Input    any    `json:"input"`
}
