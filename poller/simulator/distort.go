package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"polltop/poller/queue"
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
	body := x.statusBody(x.view)
	switch kind {
	case WrongType:
		x.text(http.StatusOK, "text/html; charset=utf-8", string(x.truth()))
		x.told(x.view.status)
		return
	case UnknownStatus:
		body.Status = "PAUSED"
	case OtherID:
		body.RequestID = "mmsu_01hother0000000000000000000"
	case Backwards:
		earlier := x.view
		earlier.status = max(queue.StatusInQueue, earlier.status-1)
		body = x.statusBody(earlier)
	case WrongFieldTypes:
		x.json(http.StatusOK, map[string]any{
			"status": 2, "request_id": []string{x.target.id}, "queue_position": "many",
			"response_url": nil, "metrics": "fast", "error": 0,
		})
		return
	case HostileText:
		body = x.statusBody(view{
			status:  queue.StatusCompleted,
			outcome: Outcome{ErrorType: queue.ErrorInference, Message: HostileError()},
		})
	case RedirectSame:
		x.redirectOnce()
		return
	default:
		x.text(http.StatusOK, "application/json", x.odd(kind, body))
		if kind != DeepNesting {
			x.told(x.view.status)
		}
		return
	}
	x.json(http.StatusOK, body)
	if kind == HostileText {
		x.told(queue.StatusCompleted)
	}
}

// odd returns the right answer in one of the odd forms that Go's own writer of
// JSON would not make.
func (x *exchange) odd(kind FaultKind, body statusBody) string {
	fields := fieldsOf(body)
	switch kind {
	case DeepNesting:
		fields = append(fields, field{"logs", strings.Repeat("[", deepLevels) + strings.Repeat("]", deepLevels)})
	case ErrorObject:
		if x.view.status == queue.StatusCompleted && x.view.outcome.Failed() {
			fields = without(fields, "error", "error_type")
			fields = append(fields, field{"error", `{"code":` + mustJSON(body.ErrorType) + `,"message":` + mustJSON(body.Error) + `}`})
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
	var b strings.Builder
	b.WriteByte('{')
	for i, f := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(mustJSON(f.name) + ":" + f.value)
	}
	b.WriteString("}\n")
	return b.String()
}

// fieldsOf returns a status answer's fields in their order.
func fieldsOf(body statusBody) []field {
	fields := []field{{"status", mustJSON(body.Status)}, {"request_id", mustJSON(body.RequestID)}}
	if body.QueuePosition != nil {
		fields = append(fields, field{"queue_position", mustJSON(body.QueuePosition)})
	}
	fields = append(fields, field{"response_url", mustJSON(body.ResponseURL)})
	if body.Metrics != nil {
		fields = append(fields, field{"metrics", mustJSON(body.Metrics)})
	}
	if body.Error != "" {
		fields = append(fields, field{"error", mustJSON(body.Error)})
	}
	if body.ErrorType != "" {
		fields = append(fields, field{"error_type", mustJSON(body.ErrorType)})
	}
	return fields
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
