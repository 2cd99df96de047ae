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

// FaultKind is the reason why there is no answer, and so what to do about it.
type FaultKind uint8

const (
	Unreachable  FaultKind = iota + 1 // no HTTP answer came: refused, reset, no such host, TLS
	TimedOut                          // no whole answer came in time
	RateLimited                       // 429: all requests to the host wait
	Unauthorized                      // 401: the key is not accepted, asking again is pointless
	Forbidden                         // the API's own 403: the endpoint is not allowed for this key
	Missing                           // the API's own 404: it does not know the request or the endpoint
	ServerError                       // the API's own 5xx
	// BadAnswer is an answer that is not a status: not JSON, cut short, too long, an unknown
	// status, another request's id.
	BadAnswer
	Refused // any other HTTP status, or a redirect that is not followed
	// Gateway is a 403, 404 or 5xx that is not the API's own but HTML, text or empty. It says
	// nothing of the task or of the key.
	Gateway
)

// Fault is why a poll brought no answer. It says nothing of the request itself, so its last
// known status stays.
type Fault struct {
	Kind FaultKind
	HTTP int    // the HTTP status code, 0 when no answer came
	Code string // the error code of the API's own error body, when it has one
	// Message describes the fault for people: the message in the answer's body, else
	// polltop's own. It never has the user's key.
	Message string
	// RetryAfter is how long the service asked to wait, counted from the answer's arrival; 0
	// when it did not say.
	RetryAfter       time.Duration
	ServiceRequestID string // the service's own id of this exchange, for bug reports
	// Proxy is the proxy that failed (Unreachable) or through which no answer came (TimedOut).
	Proxy string `json:",omitempty"`
	Raw   []byte `json:"-"` // the start of the answer's body, without the user's secrets
}

// LimitsCalls reports whether a 429 says that the caller makes too many requests of any
// kind, in the word of Comfy Router.
func (f *Fault) LimitsCalls() bool { return f.Code == "rate_limited" }

// LimitsCreation reports whether a 429 is about creating requests alone, in the words of
// Comfy Router.
func (f *Fault) LimitsCreation() bool {
	return f.Code == "concurrency_limit_exceeded" || f.Code == "queue_backlog_full"
}

// Error returns the HTTP status code, if any, and the message. A gateway's message
// has the code in it.
func (f *Fault) Error() string {
	if f.HTTP == 0 || f.Kind == Gateway {
		return f.Message
	}
	return fmt.Sprintf("HTTP %d: %s", f.HTTP, f.Message)
}

// NextStep is what the user can do about a task that did not succeed, in words for
// tables and exports. It is empty for one that has succeeded or not ended.
type NextStep string

// The next steps.
const (
	StepSubmitAgain  NextStep = "submit again"
	StepWait         NextStep = "wait"
	StepChangeInput  NextStep = "change the input"
	StepCheckAccount NextStep = "check the account"
	StepNothing      NextStep = "nothing"
)

// stepAdvice is the advice where an error type has none of its own.
var stepAdvice = map[NextStep]string{
	StepSubmitAgain:  "Not the input's fault: submit the same again.",
	StepWait:         "Wait for what is under way to end, then submit it again.",
	StepChangeInput:  "Change the input: submitting the same again fails again.",
	StepCheckAccount: "Check the API key, its rights and the account's credits.",
	StepNothing:      "Nothing to do.",
}

// Explanation says what an error type means and what its reader can do.
type Explanation struct {
	Meaning string
	Next    NextStep
	Advice  string
}

// Explain explains an error type of a service. It returns the zero Explanation for
// one that the service does not document.
func Explain(service, errorType string) Explanation {
	s, err := serviceNamed(service)
	if err != nil {
		return Explanation{}
	}
	e := cmp.Or(s.errors[strings.ToUpper(errorType)], s.errors[strings.ToLower(errorType)])
	e.Advice = cmp.Or(e.Advice, stepAdvice[e.Next])
	return e
}

// accountText matches messages that are about the account and not the request (SeaCloud: Errors
// and Limitations; fal: seen), inputText those that are about the input (SeaCloud).
var (
	accountText = regexp.MustCompile(`(?i)model not allowed for this user|user is locked|exhausted balance`)
	inputText   = regexp.MustCompile(`(?i)app not found`)
)

// nextStep returns what to do about a failure: by its documented type, else by its message and
// HTTP code. The service's own word on whether the same may be tried again wins.
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

// NextStep returns what the user can do about a fault; "" where polltop itself goes on asking.
func (f *Fault) NextStep() NextStep {
	switch {
	case f.Kind == Unauthorized || f.Kind == Forbidden || f.HTTP == 402:
		return StepCheckAccount
	case f.Kind == RateLimited:
		return StepWait
	}
	return ""
}

// ErrorTable returns the error types that the services document, with the meaning
// and the next step of each, as a table in Markdown.
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
