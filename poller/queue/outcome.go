package queue

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Outcome is the meaning of a request's answers.
type Outcome uint8

const (
	OutcomeUnclear   Outcome = iota // no or an unknown status word: not final, so polling goes on
	OutcomeWaiting                  // it waits in the queue
	OutcomeRunning                  // it runs
	OutcomeReading                  // it has completed, and only its result shows whether it succeeded
	OutcomeSucceeded                // it has completed without an error
	OutcomeFailed                   // it has ended with an error
	OutcomeCanceled                 // it was canceled
	OutcomeExpired                  // the service deleted it or its result; its success is unknown
	OutcomeNotFound                 // the service does not know it
)

var outcomeWords = [...]string{"unclear", "waiting", "running", "reading", "succeeded", "failed", "canceled", "expired", "not found"}

// String returns the outcome in a word.
func (o Outcome) String() string { return outcomeWords[o] }

// Final reports whether the outcome can't change any more.
func (o Outcome) Final() bool { return o >= OutcomeSucceeded }

// Verdict is the meaning of a request's answers, with texts for the user.
type Verdict struct {
	Outcome   Outcome
	Error     string   // what went wrong, in a line; "" for nothing
	ErrorType string   // the service's class of the error; "" for none
	NextStep  NextStep // what the user can do; "" for a success and before the end
}

// canceledType matches the error types of a cancelation (CANCELED at SeaCloud, cancelled at Comfy
// Router, client_cancelled at fal), each in both spellings.
var canceledType = regexp.MustCompile(`(?i)^(client_)?cancell?ed$`)

// Decide returns the verdict on a status answer and the answer to a request for the result, nil if
// that was not fetched. The result matters only if the status alone is a success.
func Decide(service string, status Answer, result *ResultAnswer) Verdict {
	s, err := serviceNamed(service)
	if err != nil {
		s = services[0]
	}
	v := s.decideStatus(status)
	if v.Outcome == OutcomeSucceeded && result != nil {
		v = s.decideResult(*result)
	} else if v.Outcome == OutcomeSucceeded {
		v.Outcome = s.outcomeWithoutResult()
	}
	code, retryable := 0, status.Retryable
	if result != nil && v.Outcome != OutcomeReading {
		code, retryable = result.HTTP, result.Retryable
	}
	return s.addAdvice(v, code, retryable)
}

func (s *service) decideStatus(a Answer) Verdict {
	v := Verdict{a.Status, a.Error, a.ErrorType, ""}
	switch {
	case a.Status.Final() && a.Status != OutcomeExpired && canceledType.MatchString(a.ErrorType):
		v.Outcome = OutcomeCanceled
	case a.Status == OutcomeSucceeded && a.HasError:
		v.Outcome = OutcomeFailed
	case v.Error == "" && strings.EqualFold(strings.TrimSpace(a.Word), timedOut):
		v.Error = "the service says that it timed out (" + a.Word + ")"
	}
	return v
}

// decideResult returns the verdict on the result of a request whose status was a success.
func (s *service) decideResult(r ResultAnswer) Verdict {
	v := Verdict{OutcomeSucceeded, r.Error, r.ErrorType, ""}
	switch {
	case r.Pending:
		return Verdict{Outcome: OutcomeReading}
	case r.Reported != OutcomeUnclear:
		v.Outcome = r.Reported
	case !r.OK():
		v.Outcome = s.outcomeOfError(r)
	}
	return v
}

func (s *service) outcomeOfError(r ResultAnswer) Outcome {
	if canceledType.MatchString(r.ErrorType) {
		return OutcomeCanceled
	}
	for _, rule := range s.resultRules {
		ofType := rule.errorType == "" || strings.EqualFold(rule.errorType, r.ErrorType) ||
			rule.errorType == anyError && (r.ErrorType != "" || r.HasErrorList)
		if ofType && slices.Contains([]int{0, r.HTTP, r.HTTP / 100}, rule.code) {
			return rule.outcome
		}
	}
	return s.outcomeWithoutResult()
}

// outcomeWithoutResult returns the outcome of a request that completed without an error, while its
// result is unknown.
func (s *service) outcomeWithoutResult() Outcome {
	if s.resultDecides {
		return OutcomeReading
	}
	return OutcomeSucceeded
}

// addAdvice returns a verdict with the texts and the next step of its outcome.
func (s *service) addAdvice(v Verdict, code int, retryable *bool) Verdict {
	switch v.Outcome {
	case OutcomeSucceeded:
		return Verdict{Outcome: OutcomeSucceeded}
	case OutcomeFailed:
		if v.Error == "" && v.ErrorType == "" {
			v.Error = "the service gives no reason"
		}
		v.NextStep = s.nextStep(v.ErrorType, v.Error, code, retryable)
	case OutcomeCanceled:
		v.NextStep = cmp.Or(Explain(s.name, v.ErrorType).Next, StepNothing)
	case OutcomeNotFound:
		v.NextStep = StepNothing
	case OutcomeExpired:
		v.Error, v.NextStep = s.expiredText, StepSubmitAgain
	}
	return v
}
