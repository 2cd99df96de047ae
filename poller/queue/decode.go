package queue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds on texts in answers, in bytes.
const (
	maxURL       = 2048
	maxMessage   = 4096 // holds a model's stack trace; 100,000 of them fit into memory
	maxType      = 200  // of an error type
	maxWord      = 100  // of a status word, or another word or address in a message
	maxServiceID = 200
)

// DecodeAnswer decodes a status answer about request r. It skips fields of an unexpected type. An
// answer that is no JSON object, or is about another request, is a fault.
func DecodeAnswer(body []byte, r Request) (Answer, *Fault) {
	return decodeAnswer(parseObject(body), body, r)
}

func decodeAnswer(o object, body []byte, r Request) (Answer, *Fault) {
	if o == nil {
		return Answer{}, &Fault{Kind: BadAnswer, Message: describeNotJSON(body), Raw: body}
	}
	if other := otherID(o, r); other != "" {
		return Answer{}, &Fault{Kind: BadAnswer, Message: fmt.Sprintf("the answer is about another request (%s)", Clip(other, maxWord)), Raw: body}
	}
	word := o.text("status")
	if word == "" && !isBlank(o["status"]) {
		word = asJSON(o["status"]) // not a string: show the JSON
	}
	answer := Answer{
		Status:        outcomeOfWord(word),
		Word:          Clip(word, maxWord),
		QueuePosition: int(number(o.scalar("queue_position"), 0, math.MaxInt32, -1)),
		Progress:      number(o.scalar("progress"), 0, 1, -1),
		InferenceTime: number(o.object("metrics").scalar("inference_time"), 0, math.MaxFloat64, -1),
		Logs:          logLines(o["logs"]),
		Raw:           body,
		URLs:          ownURLs(o, r.Base),
	}
	answer.setError(o)
	return answer, nil
}

// otherID returns the id in an answer if the answer is about another request than r, else "". The id
// is its request_id or, without one, in its addresses on the base's origin. The addresses of a request
// may have another id than its request_id, if the service has given both.
func otherID(o object, r Request) string {
	id, urls := o.text("request_id"), ownURLs(o, r.Base)
	own := []string{r.ID}
	if id == "" {
		id = cmp.Or(r.Base.idIn(urls.Status), r.Base.idIn(urls.Response))
		own = append(own, r.Base.idIn(r.StatusURL()), r.Base.idIn(r.ResponseURL()))
	}
	if slices.ContainsFunc(own, func(other string) bool { return strings.EqualFold(id, other) }) {
		return ""
	}
	return id
}

// idIn returns the id in an address of the form that the base's service has for requests; "" for any other.
func (b *Base) idIn(address string) string {
	if a := ReadAddress(address, []*Base{b}); a.Service == b.Service() {
		return a.ID
	}
	return ""
}

// unfinishedAnswer returns the Answer for a service that says only that it has not finished.
func unfinishedAnswer(body []byte) Answer {
	return Answer{Status: OutcomeRunning, QueuePosition: -1, Progress: -1, InferenceTime: -1, Raw: body}
}

// setError sets the error fields from the members error, error_type and provider_error, and from
// members that some services use instead of error. As in SeaCloud's example and CLI, null, "" and
// {} are no error. Comfy Router reports a failure with only an error_type.
func (a *Answer) setError(o object) {
	failure := o.failure()
	for _, name := range []string{"data", "result", "response", "output", "payload"} {
		failure = cmp.Or(failure, o.object(name).failure())
	}
	if list, _ := o["detail"].([]any); !isBlank(list) { // validation errors, as fal has them in results
		failure = cmp.Or[any](failure, list)
	}
	_, isList := failure.([]any)
	a.ErrorType = Clip(strings.TrimSpace(cmp.Or(errorValue(o["error_type"]))), maxType)
	code, message := errorValue(failure)
	providerCode, providerMessage := errorValue(o["provider_error"])
	a.ProviderError = oneLine(withCode(providerCode, providerMessage))
	a.HasError = failure != nil || a.ErrorType != "" || outcomeOfWord(o.object("provider_error").text("task_status")) == OutcomeFailed
	if a.HasError || a.Status == OutcomeFailed {
		message, code = cmp.Or(message, providerMessage), cmp.Or(code, providerCode)
	}
	a.ErrorType = cmp.Or(a.ErrorType, Clip(code, maxType))
	if code != a.ErrorType && !isList {
		message = withCode(code, message)
	}
	a.Error = Clip(message, maxMessage)
}

// logLines decodes a list of log lines; nil for any other value.
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

// readMeta returns the service's id of the exchange, the cost, and whether the same may be submitted
// again (nil if unknown). usage is the member of that name.
func (s *service) readMeta(got *reply, usage object) (requestID string, cost Cost, retryable *bool) {
	if b, err := strconv.ParseBool(strings.TrimSpace(got.header.Get(s.headers.retryable))); err == nil {
		retryable = &b
	}
	if cost = parseCost(got.header.Get(s.headers.cost), s.costUnit); !cost.Known {
		cost = parseCost(usage.scalar("cost"), "units")
	}
	return s.requestID(got.header), cost, retryable
}

// parseCost parses a cost. It is unknown if the text is not a number from 0 on.
func parseCost(text, unit string) Cost {
	amount, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(amount) || math.IsInf(amount, 0) || amount < 0 {
		return Cost{}
	}
	return Cost{Known: true, Amount: amount, Unit: unit}
}

// describeNotJSON describes a body that is not a JSON object.
func describeNotJSON(body []byte) string {
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

// ownURLs returns the addresses in an answer that are on the base's origin, to which the key may be
// sent. It drops addresses from which a secret was redacted.
func ownURLs(o object, base *Base) URLs {
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

// Truncate returns the first characters of s, at most n bytes.
func Truncate(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Clip is Truncate with an ellipsis if it cuts something.
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

// wordOutcomes maps status words in upper case to outcomes. Sources of the undocumented words: QUEUED
// is in the seacloud CLI's tests; FAILED, TIMED_OUT and CANCELLED are in RunPod's SDK; the others are
// assumed.
var wordOutcomes = map[string]Outcome{
	StatusInQueue: OutcomeWaiting, "QUEUED": OutcomeWaiting,
	StatusInProgress: OutcomeRunning, "RUNNING": OutcomeRunning, "PROCESSING": OutcomeRunning,
	StatusCompleted: OutcomeSucceeded,
	"FAILED":        OutcomeFailed, "ERROR": OutcomeFailed, timedOut: OutcomeFailed,
	"CANCELLED": OutcomeCanceled, "CANCELED": OutcomeCanceled,
	"EXPIRED": OutcomeExpired,
}

// outcomeOfWord returns the outcome of a status word, which may have any case.
func outcomeOfWord(word string) Outcome {
	return wordOutcomes[strings.ToUpper(strings.TrimSpace(word))]
}

// isDocumented reports whether a status word, which may have any case, is a documented one.
func isDocumented(word string) bool {
	word = strings.ToUpper(strings.TrimSpace(word))
	return word == StatusInQueue || word == StatusInProgress || word == StatusCompleted
}

// timedOut is the status word of a time-out.
const timedOut = "TIMED_OUT"

// Answer is a decoded status answer. Decide returns what it means.
type Answer struct {
	Status           Outcome       // the outcome of the status word alone, without the errors; for HTTP 410 OutcomeExpired
	Word             string        // the status as the service wrote it, at most maxWord bytes; "" for none
	QueuePosition    int           // 0 for the next request; -1 if unknown. SeaCloud's is always 0
	Progress         float64       // from 0 to 1; -1 if unknown
	HasError         bool          // the answer has an error: with COMPLETED the request has failed
	Error            string        // the message for people, behind an error code if there is one
	ErrorType        string        // the documented class of the error
	ProviderError    string        // SeaCloud's provider_error in one line
	Retryable        *bool         // whether the same may be submitted again; nil if unknown
	InferenceTime    float64       // metrics.inference_time in seconds; -1 if unknown
	Logs             []LogLine     // a window of the log, oldest first: see MergeLogs
	URLs             URLs          // the addresses in the answer that are on the origin of the request's base
	RetryAfter       time.Duration // the hint for the next poll, from the answer's arrival; 0 for none
	ServiceRequestID string        // the service's id of this exchange, for bug reports
	Cost             Cost
	Raw              []byte // the received body without the user's secrets, at most MaxAnswerBytes long
}

// Cost is the cost of a request. A cost that is not Known, because the service does not report it,
// may still be above zero.
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

// maxLogLines bounds the stored log lines of a request.
const maxLogLines = 1000

// MergeLogs appends the lines of fresh, the service's current window of the log, to old, and returns
// the last maxLogLines. It skips lines whose time and message are in old. It may change old.
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
