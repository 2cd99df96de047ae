package queue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds on the texts that an answer may give, in bytes.
const (
	maxURL = 2048
	// maxMessage is long enough for a model's stack trace, and short enough that a
	// hundred thousand of them are not a memory problem.
	maxMessage   = 4096
	maxType      = 200 // of an error type
	maxWord      = 100 // of a status word, or another word or address in a message
	maxServiceID = 200
)

// DecodeAnswer decodes a status answer about request r. It skips fields of an unexpected
// type, because the status is what counts. An answer that is no JSON object, or is about
// another request, is a fault.
func DecodeAnswer(body []byte, r Request) (Answer, *Fault) {
	return decodeAnswer(objectOf(body), body, r)
}

func decodeAnswer(o object, body []byte, r Request) (Answer, *Fault) {
	if o == nil {
		return Answer{}, &Fault{Kind: BadAnswer, Message: notJSON(body), Raw: body}
	}
	if other := otherID(o, r); other != "" {
		return Answer{}, &Fault{Kind: BadAnswer, Message: fmt.Sprintf("the answer is about another request (%s)", Clip(other, maxWord)), Raw: body}
	}
	word := o.text("status")
	if word == "" && !isBlank(o["status"]) {
		word = asJSON(o["status"]) // no text: shown as it came
	}
	answer := Answer{
		Status:        wordOf(word),
		Word:          Clip(word, maxWord),
		QueuePosition: int(number(o.scalar("queue_position"), 0, math.MaxInt32, -1)),
		Progress:      number(o.scalar("progress"), 0, 1, -1),
		InferenceTime: number(o.object("metrics").scalar("inference_time"), 0, math.MaxFloat64, -1),
		Logs:          logLines(o["logs"]),
		Raw:           body,
		URLs:          urlsOf(o, r.Base),
	}
	answer.setError(o)
	return answer, nil
}

// otherID returns the id of the other request that an answer is about: by its request_id, or
// without one by its addresses. It returns "" where the answer may be about r.
func otherID(o object, r Request) string {
	id := o.text("request_id")
	for _, address := range []string{o.text("status_url"), o.text("response_url")} {
		if id == "" && len(address) <= maxURL {
			id = ReadAddress(address, []*Base{r.Base}).ID
		}
	}
	if strings.EqualFold(id, r.ID) {
		return ""
	}
	return id
}

// inProgress returns the answer of a service that only says that it has not finished.
func inProgress(body []byte) Answer {
	return Answer{Status: OutcomeRunning, QueuePosition: -1, Progress: -1, InferenceTime: -1, Raw: body}
}

// setError sets the errors from the members error, error_type and provider_error, and from
// what may stand in place of error. A null, an empty text or an empty object is no error, as
// in SeaCloud's example and CLI. Comfy Router reports a failure by error_type alone.
func (a *Answer) setError(o object) {
	failure := o.failure()
	for _, name := range []string{"data", "result", "response", "output", "payload"} {
		failure = cmp.Or(failure, o.object(name).failure())
	}
	if list, _ := o["detail"].([]any); len(list) > 0 { // validation errors, as fal has them in results
		failure = cmp.Or[any](failure, list)
	}
	_, isList := failure.([]any)
	a.ErrorType = Clip(strings.TrimSpace(cmp.Or(errorValue(o["error_type"]))), maxType)
	code, message := errorValue(failure)
	providerCode, providerMessage := errorValue(o["provider_error"])
	a.ProviderError = oneLine(withCode(providerCode, providerMessage))
	a.HasError = failure != nil || a.ErrorType != "" || wordOf(o.object("provider_error").text("task_status")) == OutcomeFailed
	if a.HasError || a.Status == OutcomeFailed {
		message, code = cmp.Or(message, providerMessage), cmp.Or(code, providerCode)
	}
	a.ErrorType = cmp.Or(a.ErrorType, Clip(code, maxType))
	if code != a.ErrorType && !isList {
		message = withCode(code, message)
	}
	a.Error = Clip(message, maxMessage)
}

// logLines reads a list of log lines; nil for what is none.
func logLines(value any) (lines []LogLine) {
	list, _ := value.([]any)
	for _, item := range list[max(0, len(list)-maxLogLines):] {
		bare, _ := item.(string)
		members, _ := item.(map[string]any)
		o := object(members)
		line := LogLine{
			Time: Clip(o.scalar("timestamp"), maxWord), Level: Clip(o.text("level"), maxWord),
			Source: Clip(o.text("source"), maxWord), Message: Clip(cmp.Or(bare, o.text("message")), maxMessage),
		}
		if line.Message != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// readMeta returns what an answer reports besides: the service's id of the exchange, the cost, and
// whether the same may be submitted again. usage is the member of that name.
func (s *service) readMeta(got *reply, usage object) (requestID string, cost Cost, retryable *bool) {
	if b, err := strconv.ParseBool(strings.TrimSpace(got.header.Get(s.headers.retryable))); err == nil {
		retryable = &b
	}
	if cost = costOf(got.header.Get(s.headers.cost), s.costUnit); !cost.Known {
		cost = costOf(usage.scalar("cost"), "units")
	}
	return s.requestID(got.header), cost, retryable
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

// urlsOf returns the addresses of an answer that are on the base's own origin, as the key must
// not be sent elsewhere, and had none of the user's secrets.
func urlsOf(o object, base *Base) URLs {
	at := func(name string) string {
		address := o.text(name)
		u, err := url.Parse(address)
		if err != nil || len(address) > maxURL || u.User != nil || OriginOf(u) != base.origin || strings.Contains(address, redacted) {
			return ""
		}
		return address
	}
	return URLs{at("status_url"), at("response_url"), at("cancel_url")}
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

// The documented status words.
const (
	StatusInQueue    = "IN_QUEUE"
	StatusInProgress = "IN_PROGRESS"
	StatusCompleted  = "COMPLETED"
)

// words are what the status words say by themselves, in capitals. QUEUED is in the seacloud
// CLI's tests, FAILED, TIMED_OUT and CANCELLED in RunPod's SDK; the others that are not
// documented are assumed.
var words = map[string]Outcome{
	StatusInQueue: OutcomeWaiting, "QUEUED": OutcomeWaiting,
	StatusInProgress: OutcomeRunning, "RUNNING": OutcomeRunning, "PROCESSING": OutcomeRunning,
	StatusCompleted: OutcomeSucceeded,
	"FAILED":        OutcomeFailed, "ERROR": OutcomeFailed, timedOut: OutcomeFailed,
	"CANCELLED": OutcomeCanceled, "CANCELED": OutcomeCanceled,
	"EXPIRED": OutcomeExpired,
}

// wordOf returns what a status word says by itself, in any case.
func wordOf(word string) Outcome { return words[strings.ToUpper(strings.TrimSpace(word))] }

// timedOut is the status word of a time-out.
const timedOut = "TIMED_OUT"

// Answer is a decoded status answer. Decide returns what it means.
type Answer struct {
	// Status is what the status word says by itself: OutcomeSucceeded for COMPLETED, whatever
	// errors are beside it. HTTP 410 is OutcomeExpired.
	Status Outcome
	Word   string // the status as the service wrote it, at most maxWord bytes; "" for none
	// QueuePosition is the place in the queue, 0 for the next; -1 for unknown.
	// SeaCloud's is, for now, always 0.
	QueuePosition int
	Progress      float64 // from 0 to 1; -1 for unknown
	// HasError is set where the answer has an error or error_type. With COMPLETED the request
	// has failed then.
	HasError bool
	// Error is the message for people, behind an error code if there is one; ErrorType the
	// documented class.
	Error, ErrorType string
	ProviderError    string    // SeaCloud's provider_error in one line
	Retryable        *bool     // whether the same may be submitted again; nil for unknown
	InferenceTime    float64   // metrics.inference_time in seconds; -1 for unknown
	Logs             []LogLine // a window of all log lines, the oldest first: see MergeLogs
	URLs             URLs      // the addresses in the answer that are on the origin of the request's base
	// RetryAfter is the service's hint for the next poll, counted from the answer's arrival; 0
	// when it gave none (Comfy Router gives one).
	RetryAfter       time.Duration
	ServiceRequestID string // the service's own id of this exchange, for bug reports
	Cost             Cost
	Raw              []byte // the received body without the user's secrets, at most MaxAnswerBytes long
}

// Cost is the cost of a request. It is not Known where the service does not report it, which
// does not mean that the request was free.
type Cost struct {
	Known  bool
	Amount float64
	Unit   string // "credits", "billable units" or, for an unknown one, "units"
}

// LogLine is a line of a request's log. Unknown fields are "".
type LogLine struct {
	Time                   string // as the service wrote it, in RFC 3339 as a rule
	Level, Source, Message string
}

// maxLogLines bounds the log lines that are kept of a request.
const maxLogLines = 1000

// MergeLogs appends to old the lines of fresh that are not in it: a service sends a window
// that moves over the log. Two lines are the same when time and message are. The last
// maxLogLines are kept. Old may be changed.
func MergeLogs(old, fresh []LogLine) []LogLine {
	type identity struct{ time, message string }
	seen := make(map[identity]bool, len(old))
	for _, line := range old {
		seen[identity{line.Time, line.Message}] = true
	}
	for _, line := range fresh {
		if id := (identity{line.Time, line.Message}); !seen[id] {
			seen[id] = true
			old = append(old, line)
		}
	}
	return old[max(0, len(old)-maxLogLines):]
}
