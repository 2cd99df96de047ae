package queue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// maxURL bounds the length of an address that an answer may give, in bytes.
const maxURL = 2048

// maxMessage bounds the length of an error's message, in bytes: long enough for
// a model's stack trace, short enough that a hundred thousand of them are not
// a memory problem.
const maxMessage = 4096

// statuses maps the protocol's words to what they mean here.
var statuses = map[string]Status{
	"IN_QUEUE":    StatusInQueue,
	"IN_PROGRESS": StatusInProgress,
	"COMPLETED":   StatusCompleted,
}

// DecodeAnswer reads a status answer about request r. Fields of a type that the
// protocol does not know are passed over rather than refused, as the status is
// what counts; an answer without a known status, or one about another request,
// is a fault.
func DecodeAnswer(body []byte, r Request) (Answer, *Fault) {
	fields := object(body)
	if fields == nil {
		return Answer{}, &Fault{Kind: BadAnswer, Message: notJSON(body), Raw: body}
	}
	known := statuses[text(fields["status"])]
	if known == StatusUnknown {
		return Answer{}, &Fault{Kind: BadAnswer, Message: unknownStatus(text(fields["status"]), body), Raw: body}
	}
	if id := text(fields["request_id"]); id != "" && id != r.ID {
		return Answer{}, &Fault{Kind: BadAnswer, Message: fmt.Sprintf("the answer is about another request (%s)", clip(id, 100)), Raw: body}
	}
	answer := Answer{
		Status:        known,
		QueuePosition: position(fields["queue_position"]),
		InferenceTime: max(number(object(fields["metrics"])["inference_time"], -1), -1),
		Raw:           body,
		URLs: URLs{
			Status:   sameOrigin(text(fields["status_url"]), r.Base),
			Response: sameOrigin(text(fields["response_url"]), r.Base),
			Cancel:   sameOrigin(text(fields["cancel_url"]), r.Base),
		},
	}
	answer.setError(fields)
	return answer, nil
}

// setError reads the fields error and error_type. The documentation says to
// check "whether error exists", so an empty text is an error too; null is
// JSON's way of saying that there is none. Comfy Router tells a failure by
// error_type alone.
func (a *Answer) setError(fields map[string]json.RawMessage) {
	a.ErrorType = clip(text(fields["error_type"]), 200)
	raw := bytes.TrimSpace(fields["error"])
	if len(raw) > 0 && !bytes.Equal(raw, []byte("null")) {
		a.HasError = true
		code, message := errorBody(raw)
		a.Error = clip(message, maxMessage)
		if a.ErrorType == "" {
			a.ErrorType = clip(code, 200)
		}
	}
	if a.ErrorType != "" {
		a.HasError = true
	}
}

// errorBody reads the value of an error field in any of its shapes: a text, an
// object with code and message, a list of such, or something else, which is
// then returned as it stands.
func errorBody(raw []byte) (code, message string) {
	if s := text(raw); s != "" || bytes.Equal(raw, []byte(`""`)) {
		return "", s
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) == nil {
		for _, name := range []string{"code", "type", "error_type"} {
			if code = text(object[name]); code != "" {
				break
			}
		}
		for _, name := range []string{"message", "msg", "detail", "error"} {
			if message = text(object[name]); message != "" {
				return code, message
			}
		}
		return code, string(raw)
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		// fal's validation errors: a list of {loc, msg, type}.
		return errorBody(list[0])
	}
	return "", string(raw)
}

// apiError reads the body of an answer that is an HTTP error. The API's own
// come as {"error": {"code", "message"}}, {"error": "text"} or {"detail": "text"};
// gateways send HTML or nothing.
func apiError(body []byte) (code, message string) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) == nil {
		for _, name := range []string{"error", "detail", "message"} {
			if raw := bytes.TrimSpace(fields[name]); len(raw) > 0 && !bytes.Equal(raw, []byte("null")) {
				code, message = errorBody(raw)
				return clip(code, 200), clip(message, maxMessage)
			}
		}
		return "", ""
	}
	return "", clip(htmlTitle(body), 200)
}

// isAPIError reports whether the body of an HTTP error is one of the API's own: a
// JSON object that says what is wrong in one of the documented members.
func isAPIError(body []byte) bool {
	members := object(body)
	for _, name := range []string{"error", "detail", "message", "status", "error_type"} {
		if raw := bytes.TrimSpace(members[name]); len(raw) > 0 && !bytes.Equal(raw, []byte("null")) {
			return true
		}
	}
	return false
}

// gatewayMessage describes an HTTP error that is not the API's own. The title of
// a web page is added where it says more than the HTTP status.
func gatewayMessage(code int, body []byte) string {
	message := fmt.Sprintf("HTTP %d (no JSON)", code)
	title := clip(htmlTitle(body), 200)
	if title == "" || strings.Contains(strings.ToLower(title), strings.ToLower(http.StatusText(code))) {
		return message
	}
	return message + ": " + title
}

// htmlTitle returns the title of an HTML page, which is where gateways put what
// went wrong, or "" when there is none.
func htmlTitle(body []byte) string {
	lower := bytes.ToLower(body[:min(len(body), 8192)])
	start := bytes.Index(lower, []byte("<title>"))
	end := bytes.Index(lower, []byte("</title>"))
	if start < 0 || end < start {
		return ""
	}
	return strings.TrimSpace(string(body[start+len("<title>") : end]))
}

// notJSON says in what way a body is not the JSON object that it should be.
func notJSON(body []byte) string {
	trimmed := bytes.TrimSpace(body)
	switch {
	case len(trimmed) == 0:
		return "the answer is empty"
	case len(trimmed) > 0 && trimmed[0] == '<':
		if title := htmlTitle(trimmed); title != "" {
			return "the answer is a web page, not a status: " + clip(title, 200)
		}
		return "the answer is a web page, not a status"
	case len(trimmed) > 0 && trimmed[0] == '{' && !json.Valid(trimmed):
		return "the answer is not valid JSON, or was cut short"
	}
	return "the answer is not a JSON object"
}

// unknownStatus says what stands where a known status should.
func unknownStatus(status string, body []byte) string {
	if status != "" {
		return fmt.Sprintf("the answer has an unknown status (%s)", clip(status, 100))
	}
	if _, message := apiError(body); message != "" {
		return "the answer has no status, but an error: " + clip(message, 300)
	}
	return "the answer has no status"
}

// sameOrigin returns an address that an answer gave when it is on the base's
// own origin, and "" otherwise: the key must not follow it elsewhere.
func sameOrigin(raw string, base *Base) string {
	if raw == "" || len(raw) > maxURL {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil || OriginOf(u) != base.origin {
		return ""
	}
	return raw
}

// clip cuts s to at most n bytes, at a rune's edge, and says so with an
// ellipsis.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
