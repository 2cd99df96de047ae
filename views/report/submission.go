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

// SubmissionObject is the submission of a payload as a JSON object. Its names are as stable as those
// of TaskObject.
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
	Error     string `json:"error,omitempty"`      // why no task was created
}

// SubmissionOf returns the submission of a payload as of now.
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

// Submission returns one line about a payload that created no task; "" for others.
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

// Pending returns how many are not submitted yet.
func (s Submissions) Pending() int { return s[poller.PayloadWaiting] + s[poller.PayloadSending] }

// String returns the counts of payloads that created no task; "" for none.
func (s Submissions) String() string {
	return join([]count{
		{s.Pending(), "waiting to submit"},
		{s[poller.PayloadUnknown], "unknown whether submitted"},
		{s[poller.PayloadRejected], "rejected"},
		{s[poller.PayloadGivenUp], "given up"},
	})
}

// count is a number and what it counts.
type count struct {
	n    int
	text string
}

// join returns the counts that are not 0, with commas between them.
func join(counts []count) string {
	var parts []string
	for _, c := range counts {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.text))
		}
	}
	return strings.Join(parts, ", ")
}

// BatchSize counts the payloads that are to be submitted, by endpoint and host.
type BatchSize struct {
	destinations []string // an endpoint and a host, in the order of addition
	counts       []int    // of each destination
	total        int
}

// Add counts a payload.
func (b *BatchSize) Add(p *poller.Payload) {
	destination := p.Endpoint + " at " + p.Base.Host()
	at := slices.Index(b.destinations, destination)
	if at < 0 {
		at, b.destinations, b.counts = len(b.destinations), append(b.destinations, destination), append(b.counts, 0)
	}
	b.counts[at]++
	b.total++
}

// String returns the counts, such as "500 tasks to wan26_i2v at cloud.seaart.ai".
func (b *BatchSize) String() string {
	text := views.Plural(b.total, "task")
	if len(b.destinations) == 1 {
		return safe.Line(text + " to " + b.destinations[0])
	}
	const maxNamed = 4
	var parts []string
	for i, destination := range b.destinations {
		if i == maxNamed {
			parts = append(parts, fmt.Sprintf("and to %d other endpoints", len(b.destinations)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%d to %s", b.counts[i], destination))
	}
	return safe.Line(text + ": " + strings.Join(parts, ", "))
}

// RecentObject is a request in a service's list of recent requests, in a form that polltop reads.
type RecentObject struct {
	RequestID  string          `json:"request_id"`
	Endpoint   string          `json:"endpoint"`
	SentAt     string          `json:"sent_at,omitempty"`
	EndedAt    string          `json:"ended_at,omitempty"`
	StatusCode int             `json:"status_code,omitempty"`
	Input      json.RawMessage `json:"input,omitempty"`
}

// PayloadObject is a payload in a form that polltop reads.
type PayloadObject struct {
	Endpoint string `json:"endpoint"`
	Label    string `json:"label,omitempty"`
	Input    any    `json:"input"`
}
