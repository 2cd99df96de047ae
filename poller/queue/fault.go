package queue

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// FaultKind is the reason for which there is no answer. It determines what the poller does.
type FaultKind uint8

const (
	Unreachable  FaultKind = iota + 1 // no HTTP answer: refused, reset, no such host, TLS
	TimedOut                          // no complete answer in time
	RateLimited                       // 429: all requests to the host wait
	Unauthorized                      // 401: the key is not accepted; another request is pointless
	Forbidden                         // 403 of the API: the endpoint is not allowed for this key
	Missing                           // 404 of the API: it does not know the request or the endpoint
	ServerError                       // 5xx of the API
	// BadAnswer: not JSON, truncated, too long, an unknown status, or about another request.
	BadAnswer
	Refused // any other HTTP status, or a redirect that is not followed
	// Gateway is a 403, 404 or 5xx that is not from the API but is HTML, text or empty. It says
	// nothing about the task or the key.
	Gateway
)

// Fault describes why a call has no answer. It says nothing about the task, whose last known status
// stays.
type Fault struct {
	Kind FaultKind
	HTTP int    // the HTTP status code; 0 without an answer
	Code string // the error code in the API's error body; "" for none
	// Message describes the fault for people: the message in the answer's body, else
	// polltop's own. It never has the user's key.
	Message          string
	RetryAfter       time.Duration // the pause that the service asked for, from the answer's arrival; 0 for none
	ServiceRequestID string        // the service's id of this exchange, for bug reports
	// Proxy is the proxy that failed (Unreachable) or that was used (TimedOut); "" for none.
	Proxy string `json:",omitempty"`
	Raw   []byte `json:"-"` // the start of the answer's body, without the user's secrets
}

// LimitsCalls reports whether a 429 of Comfy Router limits the caller's requests of every kind.
func (f *Fault) LimitsCalls() bool { return f.Code == "rate_limited" }

// LimitsCreation reports whether a 429 of Comfy Router limits only the creation of requests.
func (f *Fault) LimitsCreation() bool {
	return f.Code == "concurrency_limit_exceeded" || f.Code == "queue_backlog_full"
}

// Error returns the HTTP status code, if any, and the message. A gateway's message contains the code.
func (f *Fault) Error() string {
	if f.HTTP == 0 || f.Kind == Gateway {
		return f.Message
	}
	return fmt.Sprintf("HTTP %d: %s", f.HTTP, f.Message)
}

// NextStep is what the user can do about a task that did not succeed. It is "" for a task that has
// succeeded or has not ended.
type NextStep string

// The next steps.
const (
	StepSubmitAgain  NextStep = "submit again"
	StepWait         NextStep = "wait"
	StepChangeInput  NextStep = "change the input"
	StepCheckAccount NextStep = "check the account"
	StepNothing      NextStep = "nothing"
)

// stepAdvice is the advice for error types without advice of their own.
var stepAdvice = map[NextStep]string{
	StepSubmitAgain:  "Not the input's fault: submit the same again.",
	StepWait:         "Wait for what is under way to end, then submit it again.",
	StepChangeInput:  "Change the input: submitting the same again fails again.",
	StepCheckAccount: "Check the API key, its rights and the account's credits.",
	StepNothing:      "Nothing to do.",
}

// Explanation describes an error type and what the user can do.
type Explanation struct {
	Meaning string
	Next    NextStep
	Advice  string
}

// Explain returns the explanation of a service's error type; zero for an undocumented one.
func Explain(service, errorType string) Explanation {
	s, err := serviceNamed(service)
	if err != nil {
		return Explanation{}
	}
	e := cmp.Or(s.errors[strings.ToUpper(errorType)], s.errors[strings.ToLower(errorType)])
	e.Advice = cmp.Or(e.Advice, stepAdvice[e.Next])
	return e
}

// accountText matches messages about the account (SeaCloud: Errors and Limitations; fal: seen), and
// inputText messages about the input (SeaCloud).
var (
	accountText = regexp.MustCompile(`(?i)model not allowed for this user|user is locked|exhausted balance`)
	inputText   = regexp.MustCompile(`(?i)app not found`)
)

// nextStep returns the next step after a failure: by its documented type, else by its message and
// HTTP code. retryable, if the service sends it, overrides them.
func (s *service) nextStep(errorType, message string, code int, retryable *bool) NextStep {
	step := Explain(s.name, errorType).Next
	switch {
	case step != "":
	case accountText.MatchString(message), code == 401, code == 402, code == 403:
		step = StepCheckAccount
	case inputText.MatchString(message), code >= 400 && code < 500 && code != 429:
		step = StepChangeInput
	case code == 429:
		step = StepWait
	default:
		step = StepSubmitAgain
	}
	switch {
	case retryable != nil && *retryable:
		return StepSubmitAgain
	case retryable != nil && (step == StepSubmitAgain || step == StepWait):
		return StepChangeInput
	}
	return step
}

// NextStep returns what the user can do about a refusal to create a task.
func (b *Base) NextStep(f *Fault) NextStep {
	if f == nil {
		return ""
	}
	return b.service.nextStep(f.Code, f.Message, f.HTTP, nil)
}

// NextStep returns what the user can do about a fault; "" if polltop goes on polling.
func (f *Fault) NextStep() NextStep {
	switch {
	case f.Kind == Unauthorized || f.Kind == Forbidden || f.HTTP == 402:
		return StepCheckAccount
	case f.Kind == RateLimited:
		return StepWait
	}
	return ""
}

// ErrorTable returns the documented error types with their meanings and next steps as a table in
// Markdown.
func ErrorTable() string {
	var b strings.Builder
	b.WriteString("| Service | Error type | Meaning | Next step |\n| --- | --- | --- | --- |\n")
	for _, s := range services {
		for _, name := range slices.Sorted(maps.Keys(s.errors)) {
			e := s.errors[name]
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", s.name, name, e.Meaning, e.Next)
		}
	}
	return b.String()
}
