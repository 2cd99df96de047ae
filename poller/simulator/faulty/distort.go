package faulty

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"polltop/poller/simulator"
)

// deepLevels is the number of nested lists of DeepNesting: more than a JSON decoder should follow.
const deepLevels = 100_000

// otherID is the id of another request, as JSON.
const otherID = `"mmsu_01hother0000000000000000000"`

// field is a field of an answer; its value is JSON.
type field struct{ name, value string }

// falsified returns a serveFunc that changes the correct answer so that it hides the task's state.
func falsified(change func([]field) []field) serveFunc {
	return func(x *simulator.Exchange, _ simulator.Fault) { writeObject(x, change(statusFields(x))) }
}

// reformatted returns a serveFunc that changes the form of the correct answer.
func reformatted(change func([]field) []field) serveFunc {
	return func(x *simulator.Exchange, _ simulator.Fault) {
		writeObject(x, change(statusFields(x)))
		x.ReportedEnd = x.Ended()
	}
}

// moveToEnd returns a change that moves a field to the end and sets its value.
func moveToEnd(name, value string) func([]field) []field {
	return func(fields []field) []field { return append(without(fields, name), field{name, value}) }
}

func wrongTypes(fields []field) []field {
	return []field{
		{"error", "0"}, {"metrics", `"fast"`}, {"queue_position", `"many"`},
		{"request_id", "[" + get(fields, "request_id") + "]"}, {"response_url", "null"}, {"status", "2"},
	}
}

func previousState(fields []field) []field {
	fields = without(fields, "metrics", "error", "error_type", "provider_error", "queue_position")
	switch get(fields, "status") {
	case `"COMPLETED"`:
		return set(fields, "status", `"IN_PROGRESS"`)
	default:
		return append(set(fields, "status", `"IN_QUEUE"`), field{"queue_position", "0"})
	}
}

func addDeepNesting(fields []field) []field {
	return append(fields, field{"logs", strings.Repeat("[", deepLevels) + strings.Repeat("]", deepLevels)})
}

func errorObject(fields []field) []field {
	code, message := get(fields, "error_type"), get(fields, "error")
	if code == "" && message == "" {
		return fields
	}
	value := `{"code":` + cmp.Or(code, `""`) + `,"message":` + cmp.Or(message, `""`) + `}`
	return append(without(fields, "error", "error_type"), field{"error", value})
}

func invalidUTF8(fields []field) []field {
	const broken = "\xff\xc3\x28\xed\xa0\x80"
	if text := get(fields, "error"); text != "" {
		set(fields, "error", strings.TrimSuffix(text, `"`)+broken+`"`)
	}
	return append(fields, field{"worker", `"` + broken + `"`})
}

func withHostileError(fields []field) []field {
	text, _ := json.Marshal(HostileError()) // a string always encodes
	fields = without(set(fields, "status", `"COMPLETED"`), "queue_position", "metrics", "error", "error_type")
	return append(fields, field{"error", string(text)}, field{"error_type", `"INFERENCE_FAILURE"`})
}

// writeObject answers with a JSON object that encoding/json would not write, such as one with a name twice.
func writeObject(x *simulator.Exchange, fields []field) {
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = `"` + f.name + `":` + f.value
	}
	x.Text(http.StatusOK, "application/json", "{"+strings.Join(parts, ",")+"}\n")
}

// statusFields returns the fields of the correct status answer, in their order.
func statusFields(x *simulator.Exchange) []field {
	decoder := json.NewDecoder(strings.NewReader(correctStatus(x)))
	// No error is possible: the text is an encoded object.
	_, _ = decoder.Token()
	var fields []field
	for decoder.More() {
		name, _ := decoder.Token()
		var value json.RawMessage
		_ = decoder.Decode(&value)
		fields = append(fields, field{name.(string), string(value)})
	}
	return fields
}

// get returns the value of a field, "" if it does not exist.
func get(fields []field, name string) string {
	for _, f := range fields {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// set returns the fields after setting the value of one, which is appended if it does not exist.
func set(fields []field, name, value string) []field {
	for i, f := range fields {
		if f.name == name {
			fields[i].value = value
			return fields
		}
	}
	return append(fields, field{name, value})
}

// without returns the fields except those with the given names.
func without(fields []field, names ...string) []field {
	return slices.DeleteFunc(fields, func(f field) bool { return slices.Contains(names, f.name) })
}
