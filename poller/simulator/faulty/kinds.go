package faulty

import (
	"net/http"
	"slices"

	"polltop/poller/simulator"
)

// serveFunc answers a request in place of the service.
type serveFunc = func(x *simulator.Exchange, f simulator.Fault)

// newKind returns a kind that disturbs any request.
func newKind(name string, serve serveFunc) *simulator.FaultKind {
	return &simulator.FaultKind{Name: name, Serve: serve}
}

// newStatusKind returns a kind that disturbs only status requests.
func newStatusKind(name string, serve serveFunc) *simulator.FaultKind {
	return &simulator.FaultKind{Name: name, Serve: serve, StatusOnly: true}
}

// The kinds that disturb any request.
var (
	// ResetBefore resets the connection without an answer.
	ResetBefore = newKind("ResetBefore", func(x *simulator.Exchange, _ simulator.Fault) { hijack(x, true) })
	// ResetMiddle resets the connection in the middle of the body.
	ResetMiddle = newKind("ResetMiddle", func(x *simulator.Exchange, _ simulator.Fault) { sendHalf(x, correctStatus(x), true) })
	// Truncated closes the connection normally, in the middle of the announced length.
	Truncated = newKind("Truncated", func(x *simulator.Exchange, _ simulator.Fault) { sendHalf(x, correctStatus(x), false) })
	// SlowHeaders answers nothing until the client leaves.
	SlowHeaders = newKind("SlowHeaders", slowHeaders)
	// DripBody sends the correct answer, a byte each second of the clock.
	DripBody = newKind("DripBody", dripBody)
	// HugeBody sends 256 MiB of JSON.
	HugeBody = newKind("HugeBody", hugeBody)
	// EndlessBody sends JSON that never ends, a kilobyte each second of the clock.
	EndlessBody = newKind("EndlessBody", endlessBody)
	// Status500 answers 500 with the error body {"error": text}.
	Status500 = newKind("Status500", func(x *simulator.Exchange, _ simulator.Fault) {
		x.JSON(http.StatusInternalServerError, map[string]string{"error": "Internal server error"})
	})
	// Unavailable503 answers 503 with plain text and the fault's Retry-After.
	Unavailable503 = newKind("Unavailable503", func(x *simulator.Exchange, f simulator.Fault) {
		x.RetryAfter(f)
		x.Text(http.StatusServiceUnavailable, "text/plain", "upstream connect error or disconnect/reset before headers")
	})
	// Unauthorized401 answers that the key is invalid.
	Unauthorized401 = newKind("Unauthorized401", func(x *simulator.Exchange, _ simulator.Fault) {
		x.Refuse(simulator.Unauthorized, "Invalid or missing API key")
	})
	// Forbidden403 answers that the model is not allowed.
	Forbidden403 = newKind("Forbidden403", func(x *simulator.Exchange, _ simulator.Fault) {
		x.Refuse(simulator.Forbidden, "Model not allowed for this user")
	})
	// RedirectOther answers 302 to the fault's URL.
	RedirectOther = newKind("RedirectOther", func(x *simulator.Exchange, f simulator.Fault) { redirect(x, f.URL) })
	// RedirectLoop answers 302 to the same address again and again, and
	// RedirectFile to a file on the client's own disk.
	RedirectLoop = newKind("RedirectLoop", redirectToItself)
	RedirectFile = newKind("RedirectFile", func(x *simulator.Exchange, _ simulator.Fault) { redirect(x, "file:///etc/passwd") })
	// EmptyBody answers 200 with nothing, NoContent204 answers 204.
	EmptyBody    = newKind("EmptyBody", func(x *simulator.Exchange, _ simulator.Fault) { x.Writer.WriteHeader(http.StatusOK) })
	NoContent204 = newKind("NoContent204", func(x *simulator.Exchange, _ simulator.Fault) { x.Writer.WriteHeader(http.StatusNoContent) })
	// NotJSON answers 200 with an HTML page, like the log-in page of a public network.
	NotJSON = newKind("NotJSON", func(x *simulator.Exchange, _ simulator.Fault) {
		x.Text(http.StatusOK, "text/html; charset=utf-8", portalPage)
	})
	// NotObject answers 200 with JSON that is no object: null.
	NotObject = newKind("NotObject", func(x *simulator.Exchange, _ simulator.Fault) { x.Text(http.StatusOK, "application/json", "null\n") })
)

// portalPage is the log-in page of a public network.
const portalPage = "<!DOCTYPE html><html><head><title>Guest Wi-Fi</title></head><body>Please log in to continue.</body></html>\n"

// The kinds that disturb only status answers.
var (
	// WrongType sends the correct answer as text/html.
	WrongType = newStatusKind("WrongType", func(x *simulator.Exchange, _ simulator.Fault) {
		x.Text(http.StatusOK, "text/html; charset=utf-8", correctStatus(x))
		x.ReportedEnd = x.Ended()
	})
	// UnknownStatus reports a status that the protocol does not know.
	UnknownStatus = newStatusKind("UnknownStatus", falsified(func(fields []field) []field { return set(fields, "status", `"PAUSED"`) }))
	// WrongFieldTypes sends fields of other JSON types than documented.
	WrongFieldTypes = newStatusKind("WrongFieldTypes", falsified(wrongTypes))
	// OtherID sends the answer about another request.
	OtherID = newStatusKind("OtherID", falsified(func(fields []field) []field { return set(fields, "request_id", otherID) }))
	// Backwards reports the previous state, as an outdated replica does.
	Backwards = newStatusKind("Backwards", falsified(previousState))
	// DeepNesting adds a field of a hundred thousand nested lists to the correct answer.
	DeepNesting = newStatusKind("DeepNesting", falsified(addDeepNesting))
)

// Correct status answers in unusual forms that a client must understand.
var (
	// RedirectSame answers 302 to an address on the same origin, which gives the correct answer.
	RedirectSame = newStatusKind("RedirectSame", redirectToItself)
	// ErrorObject reports a failure's error as an object with code and message,
	// and without an error_type.
	ErrorObject = newStatusKind("ErrorObject", reformatted(errorObject))
	// ErrorNull sends "error": null, whatever the task's state.
	ErrorNull = newStatusKind("ErrorNull", reformatted(moveToEnd("error", "null")))
	// ErrorEmpty sends "error": "", whatever the task's state.
	ErrorEmpty = newStatusKind("ErrorEmpty", reformatted(moveToEnd("error", `""`)))
	// NumberID sends the request id as a number.
	NumberID = newStatusKind("NumberID", reformatted(moveToEnd("request_id", "42")))
	// PositionText sends a queue position in words.
	PositionText = newStatusKind("PositionText", reformatted(moveToEnd("queue_position", `"three"`)))
	// DuplicateKeys sends the status and the request id twice: first wrong values, then the
	// correct ones, which most JSON decoders use.
	DuplicateKeys = newStatusKind("DuplicateKeys", reformatted(func(fields []field) []field {
		return append([]field{{"status", `"COMPLETED"`}, {"request_id", otherID}}, fields...)
	}))
	// InvalidUTF8 sends invalid UTF-8 in an additional field and at the end of the error.
	InvalidUTF8 = newStatusKind("InvalidUTF8", reformatted(invalidUTF8))
	// HostileText reports that the task has failed, whatever its true state, with
	// HostileError as the error.
	HostileText = newStatusKind("HostileText", func(x *simulator.Exchange, _ simulator.Fault) {
		writeObject(x, withHostileError(statusFields(x)))
		x.ReportedEnd = true
	})
)

// faultKinds and oddAnswers are all kinds, including those of the demo.
var (
	faultKinds = []*simulator.FaultKind{
		ResetBefore, ResetMiddle, Truncated, SlowHeaders, DripBody, HugeBody, EndlessBody, Status500,
		simulator.Gateway502HTML, Unavailable503, simulator.RateLimit429, Unauthorized401, Forbidden403, simulator.NotFound404,
		RedirectOther, RedirectLoop, RedirectFile, EmptyBody, NoContent204, NotJSON, NotObject,
		WrongType, UnknownStatus, WrongFieldTypes, OtherID, Backwards, DeepNesting,
	}
	oddAnswers = []*simulator.FaultKind{
		RedirectSame, ErrorObject, ErrorNull, ErrorEmpty, NumberID, PositionText, DuplicateKeys, InvalidUTF8, HostileText,
	}
)

// Kinds returns all kinds of faults; OddAnswers are none.
func Kinds() []*simulator.FaultKind { return slices.Clone(faultKinds) }

// OddAnswers returns the kinds that are correct answers in an unusual form.
func OddAnswers() []*simulator.FaultKind { return slices.Clone(oddAnswers) }

// CustomAnswer returns a kind that answers with the given HTTP answer. It is neither in Kinds nor in
// OddAnswers.
func CustomAnswer(code int, header http.Header, body string) *simulator.FaultKind {
	return newKind("CustomAnswer", func(x *simulator.Exchange, _ simulator.Fault) {
		for name, values := range header {
			x.Writer.Header()[http.CanonicalHeaderKey(name)] = values
		}
		x.Writer.WriteHeader(code)
		_, _ = x.Writer.Write([]byte(body)) // an error means that the client has left
	})
}
