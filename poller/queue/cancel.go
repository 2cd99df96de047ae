package queue

import (
	"context"
	"net/http"
	"slices"
	"strings"
)

// CancelOutcome is the answer to a request to cancel.
type CancelOutcome uint8

const (
	// CancelAccepted: the service will try; a poll shows whether it did.
	CancelAccepted CancelOutcome = iota + 1
	// CancelTooLate: the request had ended already.
	CancelTooLate
	// CancelUnknown: the service does not know the request.
	CancelUnknown
	// CancelDone: the request waited and was removed; it is canceled (fal).
	CancelDone
)

var cancelWords = [...]string{"unknown", "accepted", "already completed", "not found", "canceled"}

// String returns the outcome in words.
func (o CancelOutcome) String() string { return cancelWords[o] }

// Cancel asks the service to cancel a request. It returns the answer, or a fault that says
// why there is none.
//
// SeaCloud answers 202 CANCELLATION_REQUESTED, 400 ALREADY_COMPLETED or 404
// NOT_FOUND; fal the same, and 200 OK for a request that waited and was removed;
// Comfy Router 202, 409 ALREADY_COMPLETED (one of its schemas says 400) or 404.
func (c *Client) Cancel(ctx context.Context, r Request) (CancelOutcome, *Fault) {
	got, fault := c.do(ctx, http.MethodPut, r.CancelURL(), r.Base, MaxAnswerBytes)
	if fault != nil {
		return 0, c.redactFault(fault)
	}
	// Assumed: fal's 200 OK tells so in its status or by itself.
	bareOK := []string{"", "OK", `"OK"`}
	word := strings.ToUpper(text(object(got.body)["status"]))
	switch {
	case word == "ALREADY_COMPLETED", got.code == http.StatusConflict:
		return CancelTooLate, nil
	case word == "NOT_FOUND", got.code == http.StatusNotFound && isAPIError(got.body):
		return CancelUnknown, nil
	case r.Base.service == fal && got.code == http.StatusOK && (word == "OK" || slices.Contains(bareOK, strings.TrimSpace(string(got.body)))):
		return CancelDone, nil
	}
	if fault := r.Base.service.fault(got); fault != nil {
		return 0, c.redactFault(fault)
	}
	return CancelAccepted, nil
}
