package queue

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxResultBytes bounds how much of a result is read. Results may contain images and videos in base64.
const MaxResultBytes = 32 << 20

// maxMetadata bounds the entries of a result's metadata.
const maxMetadata = 200

// ResultAnswer is the answer to a request for a result: the result, or an error of the service or
// model instead. Decide returns its meaning.
type ResultAnswer struct {
	HTTP    int // the HTTP status code, from 200 to 299 for a result
	Result  Result
	Pending bool // the service has not finished: fetch the result again later
	// Reported is the outcome in an HTTP 200 that has a status or an error instead of a result:
	// OutcomeFailed, OutcomeCanceled or OutcomeExpired. It is OutcomeUnclear for any other answer.
	Reported Outcome
	TooLong  bool // the result is longer than MaxResultBytes and was not decoded
	// Error is what went wrong, in one line, and ErrorType its class, from the body or
	// the headers. Both are "" for a result, unless it is TooLong.
	Error, ErrorType string
	HasErrorList     bool          // the body has a list of errors, which only models send
	Retryable        *bool         // whether the same may be submitted again; nil if unknown
	RetryAfter       time.Duration // the service's hint for the next try; 0 for none
	ServiceRequestID string        // the service's id of this exchange, for bug reports
	Cost             Cost
}

// OK reports whether the answer was no HTTP error.
func (r ResultAnswer) OK() bool { return r.HTTP >= 200 && r.HTTP <= 299 }

// Result is a decoded result.
type Result struct {
	Outputs  []Output
	Metadata []Field // the other fields of the result, such as the prompt, sorted by name
	Raw      []byte  // the received body without the user's secrets
}

// Field is a named value of a result's metadata.
type Field struct {
	Name, Value string
}

// Result fetches the result of a request. A model's error, or a result that is expired or not ready,
// is an answer too. A fault says why nothing is known: the network, a gateway, 429, a refused key,
// a failure of the service.
func (c *Client) Result(ctx context.Context, r Request) (ResultAnswer, *Fault) {
	o := &call{Exchange: Exchange{Kind: "fetch", Request: r}, method: http.MethodGet, address: r.ResponseURL(), limit: MaxResultBytes}
	return do(ctx, c, o, func(got *reply) (ResultAnswer, *Fault) {
		answer, fault := r.Base.service.resultAnswer(got)
		if r.Base.service != seacloud || !answer.OK() {
			return answer, fault // a request_id in a result of the others is the model's data
		}
		if other := got.object().text("request_id"); other != "" && !strings.EqualFold(other, r.ID) {
			return ResultAnswer{}, &Fault{Kind: BadAnswer, Message: fmt.Sprintf("the result is that of another request (%s)", Clip(other, maxWord))}
		}
		return answer, fault
	})
}

// resultAnswer decodes the answer to a request for a result.
func (s *service) resultAnswer(got *reply) (r ResultAnswer, fault *Fault) {
	r = ResultAnswer{HTTP: got.code, RetryAfter: RetryAfter(got.header, time.Now())}
	var fields object
	kind, _, _ := mime.ParseMediaType(got.header.Get("Content-Type"))
	switch {
	case got.code == http.StatusAccepted || s.saysNotFinished(got):
		r.Pending = true
	case r.OK() && got.truncated:
		r.TooLong, r.Error = true, fmt.Sprintf("the result is longer than %d MiB, and is not read", got.limit>>20)
	case r.OK() && s.textResults && kind == "text/plain" && utf8.Valid(got.body) && !json.Valid(got.body):
		r.Result = Result{Raw: got.body, Outputs: []Output{{Type: "text", Content: string(got.body)}}}
	case r.OK():
		if r.Result, fields, fault = decodeResult(got.body); fault != nil {
			return ResultAnswer{}, fault
		}
		r.readEnvelope(fields, got, s)
	default:
		fields = got.object()
		r.readError(got, s)
		if s.isInconclusive(r, got) {
			return ResultAnswer{}, s.fault(got)
		}
	}
	r.ServiceRequestID, r.Cost, r.Retryable = s.readMeta(got, fields.object("usage"))
	return r, nil
}

// readEnvelope sets the fields from the queue's envelope around a result, or from an error instead of
// a result. In any other body an error type is the model's data, and beside outputs so are an
// undocumented status word without an error, and an error without an error_type.
func (r *ResultAnswer) readEnvelope(fields object, got *reply, s *service) {
	word := fields.text("status")
	status := outcomeOfWord(word)
	noOutputs := len(r.Result.Outputs) == 0
	switch {
	case status == OutcomeWaiting || status == OutcomeRunning:
		r.Pending = noOutputs || isDocumented(word)
		return
	case status.Final():
		a := Answer{Status: status}
		a.setError(got.object())
		if !noOutputs && (!a.HasError || status == OutcomeSucceeded && isBlank(got.object()["error_type"])) {
			return
		}
		r.Reported, r.ErrorType = s.decideStatus(a).Outcome, a.ErrorType
		delete(got.object(), "status")
	case noOutputs && got.object().onlyError():
		r.Reported = OutcomeFailed
	}
	if r.Reported <= OutcomeSucceeded {
		r.Reported, r.ErrorType = OutcomeUnclear, ""
		return
	}
	code, message := apiError(got.object())
	r.ErrorType, r.Error = cmp.Or(r.ErrorType, code), message
}

// readError sets the fields from an HTTP error instead of a result.
func (r *ResultAnswer) readError(got *reply, s *service) {
	r.Result.Raw = got.body[:min(len(got.body), maxFaultBytes)]
	o := got.object()
	code, message := apiError(o)
	list, _ := o["detail"].([]any)
	r.Error, r.HasErrorList = message, len(list) > 0
	r.ErrorType = cmp.Or(o.text("error_type"), got.header.Get(s.headers.errorType))
	if r.ErrorType == "" && (r.HasErrorList || got.code < 500) {
		// In a 5xx, a code in another shape, such as {"error": {"code"}}, is not the request's
		// error type but that of a gateway.
		r.ErrorType = code
	}
	r.ErrorType = Clip(r.ErrorType, maxType)
}

// isInconclusive reports whether an HTTP error says nothing about the task, because it concerns the
// credentials, the rate or the network of this call.
func (s *service) isInconclusive(r ResultAnswer, got *reply) bool {
	fromAPI := got.isAPIError() || r.ErrorType != ""
	switch {
	case s.isGateway(got):
		return true
	case slices.Contains(accessCodes, got.code):
		next := Explain(s.name, r.ErrorType).Next
		return !r.HasErrorList && next != StepSubmitAgain && next != StepChangeInput && next != StepNothing
	case got.code == statusClientClosed || got.code == http.StatusGone:
		return false
	}
	return !fromAPI || got.code >= 500 && s.outcomeOfError(r) == s.outcomeWithoutResult()
}

// statusClientClosed is the HTTP status code of a request that its client canceled.
const statusClientClosed = 499

// accessCodes are the HTTP errors about credentials and rate, unless the body has a model's error.
var accessCodes = []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests}

// DecodeResult decodes a result: JSON with outputs at any depth, or the bytes of an image, a video or
// a sound.
func DecodeResult(body []byte) (Result, *Fault) {
	result, _, fault := decodeResult(body)
	return result, fault
}

// decodeResult is DecodeResult and also returns the members that decodeSmall decodes.
func decodeResult(body []byte) (Result, object, *Fault) {
	found := finder{}
	if kind := mediaType(body); kind != "" {
		found.add(Output{Type: kindOf("", kind, ""), ContentType: kind, Data: "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(body)})
		return Result{Raw: body, Outputs: found.outputs}, nil, nil
	}
	whole := bytes.TrimPrefix(bytes.TrimSpace(body), utf8BOM)
	if !json.Valid(whole) {
		whole = repairJSON(whole)
	}
	if !json.Valid(whole) || bytes.Equal(whole, []byte("null")) {
		return Result{}, nil, &Fault{Kind: BadAnswer, Message: describeNotJSON(body), Raw: body}
	}
	var metadata, rest []member
	top := membersOf(whole)
	if top == nil {
		found.addValue("", whole, true, 0)
	}
	for _, m := range top {
		before := len(found.outputs)
		if !neverOutput(m.name) {
			found.addValue(m.name, m.value, m.name == "outputs" || m.name == "output" || m.name == "text", 0)
		}
		switch {
		case len(found.outputs) > before || m.name == "request_id" || m.name == "outputs":
		case m.name == "metadata" && membersOf(m.value) != nil:
			metadata = membersOf(m.value)
		default:
			rest = append(rest, m)
		}
	}
	fields := append(metadataOf(metadata), metadataOf(rest)...)
	return Result{Raw: body, Outputs: found.outputs, Metadata: fields[:min(len(fields), maxMetadata)]}, decodeSmall(top), nil
}

// metadataOf returns members sorted by name. Values that are not strings are JSON.
func metadataOf(members []member) []Field {
	var fields []Field
	for _, m := range members {
		value := text(m.value)
		if value == "" {
			if value = string(bytes.TrimSpace(m.value)); value == `""` || value == "null" {
				continue
			}
		}
		fields = append(fields, Field{Name: Clip(m.name, 100), Value: Clip(value, maxMessage)})
	}
	slices.SortStableFunc(fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return fields
}
