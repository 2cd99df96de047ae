package report

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"time"
)

// EventSummary is the event of a SummaryObject.
const EventSummary = "summary"

// SummaryObject is what came of all tasks, for programs: the last object of a
// run, also of one that was interrupted. Its names are a promise to scripts.
type SummaryObject struct {
	Time  string `json:"time"`
	Event string `json:"event"`
	// Tasks are all; the counts by outcome and Live add up to it.
	Tasks     int `json:"tasks"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Canceled  int `json:"canceled"`
	Unknown   int `json:"unknown"`
	Live      int `json:"live"`
	// Polls are the requests for a status, Requests all that were made, and
	// RateLimited those that the service answered with 429.
	Polls       uint64  `json:"polls"`
	Requests    uint64  `json:"requests"`
	RateLimited uint64  `json:"answered_429"`
	Elapsed     float64 `json:"elapsed_s"`
	// Reason is why it ended before all tasks had; empty when they had.
	Reason string `json:"reason,omitempty"`
}

// Encode writes the object as one line of JSON, as told at a moment after so
// long, and returns the writer's error.
func (s SummaryObject) Encode(w io.Writer, now time.Time, elapsed time.Duration) error {
	s.Time, s.Event, s.Elapsed = timeText(now), EventSummary, elapsed.Seconds()
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(s); err != nil {
		return err
	}
	_, err := w.Write(escape(b.Bytes()))
	return err
}

// field is a line of the schema.
type field struct{ name, kind, about string }

// taskFields says what the fields of a task object mean.
var taskFields = []field{
	{"time", "string", "when this was told: RFC 3339, UTC, to the millisecond"},
	{"event", "string", "what has happened: `added`, `queued`, `running`, `trouble` (a poll brought no answer), `ended`; `task` where nothing has and the object says what is known"},
	{"request_id", "string", "the request"},
	{"endpoint", "string", "the model id it was submitted to"},
	{"status", "string", "the last status in the service's own words: `IN_QUEUE`, `IN_PROGRESS`, `COMPLETED`"},
	{"outcome", "string", "how it ended: `succeeded`, `failed`, `canceled`, `unknown` (not found); absent while it is live"},
	{"queue_position", "number", "the place in the queue while it waits; 0 is the next"},
	{"error", "string", "the service's message; for the outcome `unknown`, why it was given up"},
	{"error_type", "string", "the service's class of error, such as `CONTENT_BLOCKED`"},
	{"trouble", "string", "why the last poll of a live task brought no answer"},
	{"inference_time", "number", "the model's own time, in seconds"},
	{"queued_s", "number", "how long it was seen waiting, in seconds"},
	{"running_s", "number", "how long it was seen running, in seconds"},
	{"polls", "number", "how often it was asked for"},
	{"response_url", "string", "where its result is"},
	{"outputs", "array", "what it made, as the result answer has it: objects with `type`, `url`, `content_type`, `file_name`, `width`, `height`, `file_size` (bytes), `duration` (seconds), `content`; there with `--results`"},
}

// summaryFields says what the fields of the summary object mean.
var summaryFields = []field{
	{"time", "string", "when this was told"},
	{"event", "string", "`summary`"},
	{"tasks", "number", "all tasks: the sum of the next five"},
	{"succeeded", "number", "those that have succeeded"},
	{"failed", "number", "those that have failed"},
	{"canceled", "number", "those that were canceled"},
	{"unknown", "number", "those that the service does not know"},
	{"live", "number", "those that have not ended"},
	{"polls", "number", "requests for a status"},
	{"requests", "number", "all requests"},
	{"answered_429", "number", "requests that the service answered with 429"},
	{"elapsed_s", "number", "how long it took, in seconds"},
	{"reason", "string", "why it ended before all tasks had; absent when they had"},
}

// SchemaTable returns what the objects hold as the README shows it: Markdown
// tables, with a line break at the end.
func SchemaTable() string {
	var b strings.Builder
	for _, object := range []struct {
		name   string
		fields []field
	}{{"Task object", taskFields}, {"Summary object (the last)", summaryFields}} {
		b.WriteString("| " + object.name + " | Type | Meaning |\n| --- | --- | --- |\n")
		for _, f := range object.fields {
			b.WriteString("| `" + f.name + "` | " + f.kind + " | " + f.about + " |\n")
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}
