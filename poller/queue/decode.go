package queue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds on the texts that an answer may give, in bytes.
const (
	maxURL = 2048
	// maxMessage is long enough for a model's stack trace, and short enough that a
	// hundred thousand of them are not a memory problem.
	maxMessage   = 4096
	maxType      = 200 // of an error type
	maxWord      = 100 // of a status word
	maxServiceID = 200
)

// DecodeAnswer decodes a status answer about request r. It skips fields of an unexpected
// type, because the status is what counts. An answer that is no JSON object, or is about
// another request, is a fault.
func DecodeAnswer(body []byte, r Request) (Answer, *Fault) {
	members := object(body)
	if members == nil {
		return Answer{}, &Fault{Kind: BadAnswer, Message: notJSON(body), Raw: body}
	}
	if id := text(members["request_id"]); id != "" && FoldID(id) != FoldID(r.ID) {
		return Answer{}, &Fault{Kind: BadAnswer, Message: fmt.Sprintf("the answer is about another request (%s)", Clip(id, 100)), Raw: body}
	}
	word := text(members["status"])
	if word == "" && !isBlank(members["status"]) {
		word = string(members["status"]) // no text: shown as it came
	}
	answer := Answer{
		Status:        words[strings.ToUpper(strings.TrimSpace(word))],
		Word:          Clip(word, maxWord),
		QueuePosition: position(members["queue_position"]),
		Progress:      fraction(members["progress"]),
		InferenceTime: max(number(object(members["metrics"])["inference_time"], -1), -1),
		Logs:          logLines(members["logs"]),
		Raw:           body,
		URLs: URLs{
			Status:   sameOrigin(text(members["status_url"]), r.Base),
			Response: sameOrigin(text(members["response_url"]), r.Base),
			Cancel:   sameOrigin(text(members["cancel_url"]), r.Base),
		},
	}
	answer.setError(members)
	return answer, nil
}

// inProgress returns the answer of a service that only says that it has not finished.
func inProgress(body []byte) Answer {
	return Answer{Status: StatusInProgress, QueuePosition: -1, Progress: -1, InferenceTime: -1, Raw: body}
}

// setError sets the errors from the members error, error_type and provider_error. A null,
// an empty text or an empty object is no error, as in SeaCloud's example and CLI. Comfy
// Router reports a failure by error_type alone.
func (a *Answer) setError(members map[string]json.RawMessage) {
	a.ErrorType = Clip(strings.TrimSpace(text(members["error_type"])), maxType)
	code, message := "", ""
	if raw := members["error"]; !isBlank(raw) {
		a.HasError = true
		code, message = errorValue(raw)
	}
	providerCode, providerMessage := "", ""
	if raw := members["provider_error"]; !isBlank(raw) {
		providerCode, providerMessage = errorValue(raw)
	}
	a.ProviderError = oneLine(withCode(providerCode, providerMessage))
	a.HasError = a.HasError || a.ErrorType != ""
	if a.HasError || byStatus[a.Status] == OutcomeFailed {
		message = cmp.Or(message, providerMessage)
		code = cmp.Or(code, providerCode)
	}
	if a.ErrorType == "" {
		a.ErrorType = Clip(code, maxType)
	}
	if code != a.ErrorType && errorList(members["error"]) == nil {
		message = withCode(code, message)
	}
	a.Error = Clip(message, maxMessage)
}

// logLines reads a list of log lines; nil for what is none.
func logLines(raw json.RawMessage) []LogLine {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	var lines []LogLine
	for _, item := range list[max(0, len(list)-maxLogLines):] {
		members := object(item)
		line := LogLine{
			Time: Clip(scalar(members["timestamp"]), 100), Level: Clip(text(members["level"]), 100),
			Source: Clip(text(members["source"]), 100), Message: Clip(text(members["message"]), maxMessage),
		}
		if members == nil {
			line.Message = Clip(text(item), maxMessage)
		}
		if line.Message != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// fraction reads a progress from 0 to 1, -1 for what is none.
func fraction(raw json.RawMessage) float64 {
	if f := number(raw, -1); f >= 0 && f <= 1 {
		return f
	}
	return -1
}

// readHeaders returns the values of an answer's headers.
func (s *service) readHeaders(header http.Header) (requestID string, cost Cost, retryable *bool) {
	if b, err := strconv.ParseBool(strings.TrimSpace(header.Get(s.headers.retryable))); err == nil {
		retryable = &b
	}
	return s.requestID(header), costOf(header.Get(s.headers.cost), s.costUnit), retryable
}

// usageCost reads the cost in the member usage of an answer or a result.
func usageCost(members map[string]json.RawMessage) Cost {
	return costOf(scalar(object(members["usage"])["cost"]), "units")
}

// costOf reads a cost, which is unknown where the text is not a number from 0 on.
func costOf(text, unit string) Cost {
	amount, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(amount) || math.IsInf(amount, 0) || amount < 0 {
		return Cost{}
	}
	return Cost{Known: true, Amount: amount, Unit: unit}
}

// notJSON describes a body that is not a JSON object.
func notJSON(body []byte) string {
	trimmed := bytes.TrimSpace(body)
	switch {
	case len(trimmed) == 0:
		return "the answer is empty"
	case trimmed[0] == '<':
		if title := htmlTitle(trimmed); title != "" {
			return "the answer is a web page, not a status: " + Clip(title, 200)
		}
		return "the answer is a web page, not a status"
	case trimmed[0] == '{' && !json.Valid(trimmed):
		return "the answer is not valid JSON, or was cut short"
	}
	return "the answer is not a JSON object"
}

// sameOrigin returns an address of an answer if it is on the base's own origin, else "":
// the key must not be sent elsewhere.
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

// Truncate returns at most n bytes of s, whole characters only.
func Truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Clip is Truncate with an ellipsis where something was cut.
func Clip(s string, n int) string {
	if short := Truncate(s, n); short != s {
		return short + "…"
	}
	return s
}
