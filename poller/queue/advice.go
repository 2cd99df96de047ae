package queue

import "strings"

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
	if err != nil || errorType == "" {
		return Explanation{}
	}
	e, known := s.errors[errorType]
	for _, form := range []string{strings.ToUpper(errorType), strings.ToLower(errorType)} {
		if !known {
			e, known = s.errors[form]
		}
	}
	if known && e.Advice == "" {
		e.Advice = stepAdvice[e.Next]
	}
	return e
}

// accountTexts are parts of messages, in small letters, that tell of the account
// and not of the request (SeaCloud: Errors and Limitations; fal: seen).
var accountTexts = []string{"model not allowed for this user", "user is locked", "exhausted balance"}

// inputTexts are parts of messages, in small letters, that tell of the input
// (SeaCloud: Errors and Limitations).
var inputTexts = []string{"app not found"}

// nextStep returns what to do about a failure. The service's own word on whether
// the same may be tried again wins.
func (s *service) nextStep(errorType, message string, code int, retryable *bool) NextStep {
	step := Explain(s.name, errorType).Next
	message = strings.ToLower(message)
	switch {
	case step != "":
	case containsAny(message, accountTexts) || code == 401 || code == 402 || code == 403:
		step = StepCheckAccount
	case containsAny(message, inputTexts) || code >= 400 && code < 500 && code != 429:
		step = StepChangeInput
	case code == 429:
		step = StepWait
	default:
		step = s.otherStep
	}
	switch {
	case retryable == nil:
	case *retryable:
		step = StepSubmitAgain
	case step == StepSubmitAgain || step == StepWait:
		step = StepChangeInput
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

func containsAny(text string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// NextStep returns what the user can do about a fault; "" where polltop itself
// goes on asking.
func (f *Fault) NextStep() NextStep {
	switch {
	case f.Kind == Unauthorized || f.Kind == Forbidden || f.HTTP == 402:
		return StepCheckAccount
	case f.Kind == RateLimited:
		return StepWait
	}
	return ""
}
