package queue

import (
	"context"
	"encoding/json"
	"net/http"
)

// CancelOutcome is what a service said to a request to cancel.
type CancelOutcome uint8

const (
	// CancelAccepted: it will try; a poll tells what came of it.
	CancelAccepted CancelOutcome = iota + 1
	// CancelTooLate: the request had ended already.
	CancelTooLate
	// CancelUnknown: the service does not know the request.
	CancelUnknown
)

// String returns the outcome in words.
func (o CancelOutcome) String() string {
	switch o {
	case CancelAccepted:
		return "accepted"
	case CancelTooLate:
		return "already completed"
	case CancelUnknown:
		return "not found"
	}
	return "unknown"
}

// Cancel asks the service to cancel a request. It returns what the service said,
// or a fault that says why it said nothing of use.
//
// Assumed for SeaCloud, as its documentation that could be read does not say so:
// the method, PUT, and the answers, which are those of fal (CANCELLATION_REQUESTED,
// ALREADY_COMPLETED, NOT_FOUND) and of Comfy Router (202, 409, 404).
func (c *Client) Cancel(ctx context.Context, r Request) (CancelOutcome, *Fault) {
	got, fault := c.do(ctx, http.MethodPut, r.CancelURL(), r.Base, MaxAnswerBytes)
	if fault != nil {
		return 0, c.redactFault(fault)
	}
	var said struct {
		Status string `json:"status"`
	}
	// A body that is no JSON leaves the code to tell.
	_ = json.Unmarshal(got.body, &said)
	switch {
	case said.Status == "ALREADY_COMPLETED", got.code == http.StatusConflict:
		return CancelTooLate, nil
	case said.Status == "NOT_FOUND", got.code == http.StatusNotFound && isAPIError(got.body):
		return CancelUnknown, nil
	}
	if fault := got.fault(); fault != nil {
		return 0, c.redactFault(fault)
	}
	return CancelAccepted, nil
}
