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
	OutcomeUnclear   Outcome = iota // an unknown status word, or none: not final, poll on and show the word
	OutcomeWaiting                  // it waits in the queue
	OutcomeRunning                  // it runs
	OutcomeReading                  // it has completed, and only its result shows whether it succeeded
	OutcomeSucceeded                // it has completed without an error
	OutcomeFailed                   // it has ended with an error
	OutcomeCanceled                 // it was canceled
	OutcomeExpired                  // the service deleted it or its result; its success is not known
	OutcomeNotFound                 // the service itself does not know it
)

var outcomeWords = [...]string{"unclear", "waiting", "running", "reading", "succeeded", "failed", "canceled", "expired", "not found"}

// String returns the outcome in a word.
func (o Outcome) String() string { return outcomeWords[o] }

// Final reports whether the outcome will not change any more.
func (o Outcome) Final() bool { return o >= OutcomeSucceeded }

// Verdict is what the answers about a request mean, with texts for the user.
type Verdict struct {
	Outcome   Outcome
	Error     string   // what went wrong, in a line; "" where nothing did
	ErrorType string   // the service's class of the error; "" where it reports none
	NextStep  NextStep // what the user can do; "" for a success and before the end
}

// canceledType matches the error types of a cancelation: SeaCloud's CANCELED, Comfy Router's
// cancelled, fal's client_cancelled, each in both spellings.
var canceledType = regexp.MustCompile(`(?i)^(client_)?cancell?ed$`)

// Decide returns what a status answer means, together with the answer to a request for the
// result, nil where that was not fetched. The result counts only when the status alone
// would be a success.
func Decide(service string, status Answer, result *ResultAnswer) Verdict {
	s, err := serviceNamed(service)
	if err != nil {
		s = services[0]
	}
	v := s.decideStatus(status)
	if v.Outcome == OutcomeSucceeded && result != nil {
		v = s.decideResult(*result)
	} else if v.Outcome == OutcomeSucceeded {
		v.Outcome = s.undecided()
	}
	code, retryable := 0, status.Retryable
	if result != nil && v.Outcome != OutcomeReading {
		code, retryable = result.HTTP, result.Retryable
	}
	return s.complete(v, code, retryable)
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

// decideResult decides by the result of a request whose status was a success.
func (s *service) decideResult(r ResultAnswer) Verdict {
	v := Verdict{OutcomeSucceeded, r.Error, r.ErrorType, ""}
	switch {
	case r.Pending:
		return Verdict{Outcome: OutcomeReading}
	case r.Reported != OutcomeUnclear:
		v.Outcome = r.Reported
	case !r.OK():
		v.Outcome = s.byError(r)
	}
	return v
}

func (s *service) byError(r ResultAnswer) Outcome {
	if canceledType.MatchString(r.ErrorType) {
		return OutcomeCanceled
	}
	for _, rule := range s.results {
		ofType := rule.errorType == "" || strings.EqualFold(rule.errorType, r.ErrorType) ||
			rule.errorType == anyError && (r.ErrorType != "" || r.Listed)
		if ofType && slices.Contains([]int{0, r.HTTP, r.HTTP / 100}, rule.code) {
			return rule.outcome
		}
	}
	return s.undecided()
}

// undecided returns the outcome of a request that completed without an error, while its
// result is not known.
func (s *service) undecided() Outcome {
	if s.readFirst {
		return OutcomeReading
	}
	return OutcomeSucceeded // the status decides
}

// complete sets the texts and the next step of an outcome.
func (s *service) complete(v Verdict, code int, retryable *bool) Verdict {
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
		v.Error, v.NextStep = s.expired, StepSubmitAgain
	}
	return v
}
