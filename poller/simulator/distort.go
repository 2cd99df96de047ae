package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// deepLevels is how many lists DeepNesting puts into each other: more than any
// reader of JSON should follow.
const deepLevels = 100_000

// hop is the query of an address that a redirect led to, so that the following
// of a redirect is not counted as another poll.
const hop = "hop"

// field is one field of an answer, with its value as JSON.
type field struct{ name, value string }

// distort answers a status request with something near the truth.
func (x *exchange) distort(kind FaultKind) {
	fields := x.fields(x.view)
	switch kind {
	case WrongType:
		x.text(http.StatusOK, "text/html; charset=utf-8", string(x.truth()))
		x.told(x.view.phase)
	case UnknownStatus:
		x.object(set(fields, "status", `"PAUSED"`))
	case OtherID:
		x.object(set(fields, "request_id", `"mmsu_01hother0000000000000000000"`))
	case Backwards:
		earlier := x.view
		earlier.phase -= min(1, earlier.phase)
		x.object(x.fields(earlier))
	case WrongFieldTypes:
		x.object([]field{
			{"error", "0"}, {"metrics", `"fast"`}, {"queue_position", `"many"`},
			{"request_id", "[" + mustJSON(x.target.id) + "]"}, {"response_url", "null"}, {"status", "2"},
		})
	case HostileText:
		x.object(x.fields(view{phase: completed, outcome: Outcome{ErrorType: "INFERENCE_FAILURE", Message: HostileError()}}))
		x.told(completed)
	case RedirectSame:
		x.redirectOnce()
	default:
		x.object(x.odd(kind, fields))
		if kind != DeepNesting {
			x.told(x.view.phase)
		}
	}
}

// odd returns the fields of the right answer in one of the odd forms.
func (x *exchange) odd(kind FaultKind, fields []field) []field {
	switch kind {
	case DeepNesting:
		fields = append(fields, field{"logs", strings.Repeat("[", deepLevels) + strings.Repeat("]", deepLevels)})
	case ErrorObject:
		if o := x.view.outcome; x.view.phase == completed && o.Failed() {
			fields = append(without(fields, "error", "error_type"),
				field{"error", `{"code":` + mustJSON(o.ErrorType) + `,"message":` + mustJSON(o.Message) + `}`})
		}
	case ErrorNull:
		fields = append(without(fields, "error"), field{"error", "null"})
	case ErrorEmpty:
		fields = append(without(fields, "error"), field{"error", `""`})
	case NumberID:
		fields = append(without(fields, "request_id"), field{"request_id", "42"})
	case PositionText:
		fields = append(without(fields, "queue_position"), field{"queue_position", `"three"`})
	case DuplicateKeys:
		fields = append([]field{{"status", `"COMPLETED"`}, {"request_id", `"mmsu_01hother0000000000000000000"`}}, fields...)
	case InvalidUTF8:
		const broken = "\xff\xc3\x28\xed\xa0\x80"
		for i, f := range fields {
			if f.name == "error" {
				fields[i].value = strings.TrimSuffix(f.value, `"`) + broken + `"`
			}
		}
		fields = append(fields, field{"worker", `"` + broken + `"`})
	}
	return fields
}

// object answers with an object of fields that Go's own writer of JSON would not
// make.
func (x *exchange) object(fields []field) {
	var b strings.Builder
	b.WriteByte('{')
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(mustJSON(f.name) + ":" + f.value)
	}
	b.WriteString("}\n")
	x.text(http.StatusOK, "application/json", b.String())
}

// fields returns the fields of the status answer for a view, in their order.
func (x *exchange) fields(v view) []field {
	decoder := json.NewDecoder(strings.NewReader(mustJSON(x.dialect().statusBody(x, v))))
	// The text is an object that was just encoded: nothing here can fail.
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

// set returns the fields with one of a value, in its place or at the end.
func set(fields []field, name, value string) []field {
	for i, f := range fields {
		if f.name == name {
			fields[i].value = value
			return fields
		}
	}
	return append(fields, field{name, value})
}

// without returns the fields but those of the given names.
func without(fields []field, names ...string) []field {
	return slices.DeleteFunc(fields, func(f field) bool { return slices.Contains(names, f.name) })
}

// mustJSON returns a value as JSON. Strings, numbers and structs of them always
// encode.
func mustJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// redirect answers 302 to an address.
func (x *exchange) redirect(address string) {
	x.w.Header().Set("Location", address)
	x.w.WriteHeader(http.StatusFound)
}

// redirectOnce answers 302 to an address that then gives the right answer.
func (x *exchange) redirectOnce() {
	if x.hopped() {
		x.status()
		return
	}
	x.redirect(x.r.URL.Path + "?" + hop)
}

// hopped reports whether a redirect has led to the request.
func (x *exchange) hopped() bool { return x.r.URL.RawQuery == hop }
