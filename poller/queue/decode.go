package queue

import (
	"bytes"
	"encoding/json"
	"fmt"
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
	fields, err := readFields(body)
	switch {
	case err != nil && len(bytes.TrimSpace(body)) == 0:
		return Answer{}, &Fault{Kind: BadAnswer, Message: "the answer is empty"}
	case err != nil:
		return Answer{}, &Fault{Kind: BadAnswer, Message: notJSON(body), Raw: body}
	}
	known := statusOf(fields.status)
	if known == StatusUnknown {
		return Answer{}, &Fault{Kind: BadAnswer, Message: unknownStatus(text(fields.status), body), Raw: body}
	}
	if id := sameOr(fields.id, r.ID); id != "" && id != r.ID {
		return Answer{}, &Fault{Kind: BadAnswer, Message: fmt.Sprintf("the answer is about another request (%s)", clip(id, 100)), Raw: body}
	}
	answer := Answer{
		Status: known, QueuePosition: positionOf(fields.position), InferenceTime: inferenceTimeOf(fields.metrics), Raw: body,
		URLs: URLs{
			Status:   sameOrigin(text(fields.statusURL), r.Base),
			Response: sameOrigin(text(fields.responseURL), r.Base),
			Cancel:   sameOrigin(text(fields.cancelURL), r.Base),
		},
	}
	answer.setError(fields)
	return answer, nil
}

// statusOf reads the value of the field status, StatusUnknown for what is none.
func statusOf(raw json.RawMessage) Status {
	if word, ok := plainText(raw); ok {
		return statuses[string(word)]
	}
	return statuses[text(raw)]
}

// sameOr returns the value of a JSON string, and "" for any other value. Where it
// is the expected one, that one is returned, which spares a copy.
func sameOr(raw json.RawMessage, expected string) string {
	if plain, ok := plainText(raw); ok && string(plain) == expected {
		return expected
	}
	return text(raw)
}

// setError reads the fields error and error_type. The documentation says to
// check "whether error exists", so an empty text is an error too; null is
// JSON's way of saying that there is none. Comfy Router tells a failure by
// error_type alone.
func (a *Answer) setError(fields answerFields) {
	a.ErrorType = clip(text(fields.errType), 200)
	raw := bytes.TrimSpace(fields.err)
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

// plainText returns what stands between the quotes of a JSON string when that is
// its value: it has no escapes in it and is valid UTF-8. The bytes are raw's own.
func plainText(raw json.RawMessage) ([]byte, bool) {
	if len(raw) < 2 || raw[0] != '"' {
		return nil, false
	}
	inner := raw[1 : len(raw)-1]
	return inner, bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner)
}

// text returns the value of a JSON string, and "" for any other value.
func text(raw json.RawMessage) string {
	if len(raw) == 0 || raw[0] != '"' {
		return ""
	}
	if plain, ok := plainText(raw); ok {
		return string(plain)
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// sameOrigin returns an address that an answer gave when it is on the base's
// own origin, and "" otherwise: the key must not follow it elsewhere.
func sameOrigin(raw string, base *Base) string {
	if raw == "" || len(raw) > maxURL {
		return ""
	}
	if _, ok := base.below(raw); ok {
		return raw
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
