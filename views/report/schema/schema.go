// Package schema has the meanings of the fields of the objects that package report writes
// for programs. It is for the documentation and the tests alone.
package schema

import "strings"

// property is a field of an object for programs.
type property struct{ name, kind, meaning string }

// schema is one of the objects that polltop writes for programs.
type schema struct {
	title      string
	properties []property
}

// schemas describe the objects, as the documentation has them.
var schemas = []schema{
	{"A task object", []property{
		{"time", "string", "when this was told: RFC 3339, UTC, to the millisecond"},
		{"event", "string", "`queued`, `running`, `ended`; `trouble` for a poll that brought no answer; `task` in an export, and by `status` for a task whose status is not known; for `--exec` `ended`"},
		{"request_id", "string", "the task's request id"},
		{"endpoint", "string", "the endpoint that it was submitted to"},
		{"status", "string", "the last status that the service told, in its own word: `IN_QUEUE`, `IN_PROGRESS`, `COMPLETED`, or another that it has"},
		{"outcome", "string", "`succeeded`, `failed`, `canceled`, `expired` where the service does not keep the result any more, `retried` where it did not succeed and a later attempt has, or `unknown` where it does not know the task or the result was not read; absent while the task is live"},
		{"queue_position", "integer", "its place in the queue while it waits; 0 is the next to run"},
		{"error", "string", "why it failed, in the service's words; for `expired` and `unknown`, why it is not known how it ended"},
		{"error_type", "string", "the service's kind of error, such as `CONTENT_BLOCKED`"},
		{"trouble", "string", "why the last poll of a live task brought no answer, why its result could not be read yet, or why the result of one that succeeded could not be fetched"},
		{"inference_time", "number", "the model's own time, in seconds"},
		{"queued_s", "number", "how long polltop saw it wait, in seconds"},
		{"running_s", "number", "how long polltop saw it run, in seconds"},
		{"polls", "integer", "how often its status was asked for"},
		{"response_url", "string", "where its result is"},
		{"outputs", "array", "what it made, once the result was fetched: output objects"},
		{"unrecognized_status", "boolean", "`true` where `status` is a word that polltop does not know, or is absent from the last answer: the task is asked on"},
		{"progress", "number", "the share of the work that is done, from 0 to 1, where the service tells it"},
		{"provider_error", "string", "what the model's provider said of the failure, beside the service"},
		{"next_step", "string", "what to do about it: `submit again`, `wait`, `change the input`, `check the account` or `nothing`"},
		{"cost", "number", "what it costs, where the service tells it"},
		{"cost_unit", "string", "what the cost is counted in, such as `credits`"},
		{"service_request_id", "string", "the service's own id of the exchange that told the end, for bug reports"},
		{"added", "string", "when polltop was given it: RFC 3339, UTC, to the millisecond"},
		{"ended", "string", "when polltop saw its end"},
		{"label", "string", "the user's label of it"},
		{"payload", "integer", "the number of the payload that it was created from"},
		{"attempt", "integer", "which attempt with that payload it is, from 1"},
		{"retry_of", "string", "the request id of the attempt before"},
	}},
	{"An output object", []property{
		{"type", "string", "`image`, `video`, `audio`, `text` or another word of the service's"},
		{"url", "string", "where it can be fetched"},
		{"content_type", "string", "its media type"},
		{"file_name", "string", "the name that the service gave it"},
		{"width", "integer", "in pixels"},
		{"height", "integer", "in pixels"},
		{"file_size", "integer", "in bytes"},
		{"duration", "number", "in seconds"},
		{"content", "string", "the output itself, where it is text"},
		{"inline", "boolean", "`true` where the result holds the output's bytes instead of an URL: `d` in the dashboard writes them to a file"},
	}},
	{"The waiting object", []property{
		{"time", "string", "when this was told: RFC 3339, UTC, to the millisecond"},
		{"event", "string", "`waiting`: nothing is asked for longer than 10 s, or of an endpoint in trouble, or the host can't be reached"},
		{"host", "string", "the host that is not asked"},
		{"endpoint", "string", "the endpoint that alone is not asked; absent where it is the whole host"},
		{"reason", "string", "`retry_after` where the service asked for it, `trouble` where the endpoint answers none of its tasks, `outage` where nothing of the host answers"},
		{"wait_s", "number", "how long it is until the next request, in seconds"},
	}},
	{"The submission object", []property{
		{"time", "string", "when this was told: RFC 3339, UTC, to the millisecond"},
		{"event", "string", "`submission`: what came of submitting a payload"},
		{"payload", "integer", "the payload's number in its session"},
		{"state", "string", "`submitted`, `unknown` where it may or may not have been, `rejected` by the service, `given up` by the user, or `replaced` by an edited one"},
		{"endpoint", "string", "the endpoint that it is for"},
		{"label", "string", "the label in its line"},
		{"attempt", "integer", "which attempt it is, from 1"},
		{"retry_of", "string", "the request id of the attempt before"},
		{"request_id", "string", "the request id of the task that it created"},
		{"error", "string", "why it created none, or none is known of"},
	}},
	{"The summary object", []property{
		{"time", "string", "when this was told: RFC 3339, UTC, to the millisecond"},
		{"event", "string", "`summary`"},
		{"reason", "string", "why it ended: `ended` when nothing was left to learn, `failed` by `--fail-fast`, `timeout`, `refused` when the key is refused for all that is live, `interrupted`, `error`"},
		{"tasks", "integer", "all tasks; the seven counts that follow add up to it"},
		{"succeeded", "integer", "those that succeeded"},
		{"failed", "integer", "those that failed"},
		{"canceled", "integer", "those that were canceled"},
		{"expired", "integer", "those whose results the service does not keep any more"},
		{"unknown", "integer", "those that the service does not know, or whose results were not read"},
		{"retried", "integer", "those that did not succeed, while a later attempt with the same payload has"},
		{"live", "integer", "those that have not ended, or of which nothing could be learned"},
		{"cost", "object", "what the tasks cost together, by unit, as far as services told it"},
		{"unrecognized_status", "array", "the live tasks whose status polltop does not know: objects with `request_id` and `status`, at most 100"},
		{"waiting_to_submit", "integer", "payloads that are yet to be submitted; absent for none, as the three that follow"},
		{"submission_unknown", "integer", "payloads of which it is not known whether they were submitted"},
		{"rejected", "integer", "payloads that the service refused"},
		{"given_up", "integer", "payloads that the user gave up"},
		{"files", "integer", "outputs that `--download` has brought to disk"},
		{"files_failed", "integer", "outputs that are not on disk at the end, and tasks that succeeded without one"},
		{"polls", "integer", "the requests made for a task's status"},
		{"requests", "integer", "all requests made"},
		{"answered_429", "integer", "the answers that asked to slow down"},
		{"elapsed_s", "number", "how long it took, in seconds"},
	}},
}

// Table returns the fields of all objects that polltop writes for
// programs, as tables in Markdown for the documentation.
func Table() string {
	var b strings.Builder
	for i, s := range schemas {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(s.title + ":\n\n| Field | Type | Meaning |\n| --- | --- | --- |\n")
		for _, p := range s.properties {
			b.WriteString("| `" + p.name + "` | " + p.kind + " | " + p.meaning + " |\n")
		}
	}
	return b.String()
}
