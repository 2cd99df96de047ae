package faulty

import (
	"net/http"
	"slices"

	"polltop/poller/simulator"
)

// serves is what answers a request in place of the service.
type serves = func(x *simulator.Exchange, f simulator.Fault)

// kind returns a kind of trouble with any request.
func kind(name string, serve serves) *simulator.FaultKind {
	return &simulator.FaultKind{Name: name, Serve: serve}
}

// ofStatus returns a kind of trouble with status requests alone.
func ofStatus(name string, serve serves) *simulator.FaultKind {
	return &simulator.FaultKind{Name: name, Serve: serve, StatusOnly: true}
}

// Trouble that hits any request.
var (
	// ResetBefore resets the connection before anything is answered.
	ResetBefore = kind("ResetBefore", func(x *simulator.Exchange, _ simulator.Fault) { cut(x, true) })
	// ResetMiddle resets the connection in the middle of the body.
	ResetMiddle = kind("ResetMiddle", func(x *simulator.Exchange, _ simulator.Fault) { half(x, truth(x), true) })
	// Truncated closes it in order, in the middle of the announced length.
	Truncated = kind("Truncated", func(x *simulator.Exchange, _ simulator.Fault) { half(x, truth(x), false) })
	// SlowHeaders answers nothing until the client leaves.
	SlowHeaders = kind("SlowHeaders", slowHeaders)
	// DripBody sends the right answer, a byte each second of the clock.
	DripBody = kind("DripBody", drip)
	// HugeBody sends 256 MiB of JSON.
	HugeBody = kind("HugeBody", huge)
	// EndlessBody sends JSON that never ends, a kilobyte each second of the
	// clock: little, but for ever.
	EndlessBody = kind("EndlessBody", endless)
	// Status500 answers 500 with the error body {"error": text}.
	Status500 = kind("Status500", func(x *simulator.Exchange, _ simulator.Fault) {
		x.JSON(http.StatusInternalServerError, map[string]string{"error": "Internal server error"})
	})
	// Unavailable503 answers 503 with plain text, and with Retry-After if the
	// fault says so.
	Unavailable503 = kind("Unavailable503", func(x *simulator.Exchange, f simulator.Fault) {
		x.RetryAfter(f)
		x.Text(http.StatusServiceUnavailable, "text/plain", "upstream connect error or disconnect/reset before headers")
	})
	// Unauthorized401 answers that the key is invalid: it was revoked.
	Unauthorized401 = kind("Unauthorized401", func(x *simulator.Exchange, _ simulator.Fault) {
		x.Refuse(simulator.Unauthorized, "Invalid or missing API key")
	})
	// Forbidden403 answers that the model is not allowed.
	Forbidden403 = kind("Forbidden403", func(x *simulator.Exchange, _ simulator.Fault) {
		x.Refuse(simulator.Forbidden, "Model not allowed for this user")
	})
	// RedirectOther answers 302 to the fault's URL.
	RedirectOther = kind("RedirectOther", func(x *simulator.Exchange, f simulator.Fault) { redirect(x, f.URL) })
	// RedirectLoop answers 302 to the same address again and again, and
	// RedirectFile to a file on the client's own disk.
	RedirectLoop = kind("RedirectLoop", redirectToItself)
	RedirectFile = kind("RedirectFile", func(x *simulator.Exchange, _ simulator.Fault) { redirect(x, "file:///etc/passwd") })
	// EmptyBody answers 200 with nothing, NoContent204 answers 204.
	EmptyBody    = kind("EmptyBody", func(x *simulator.Exchange, _ simulator.Fault) { x.Writer.WriteHeader(http.StatusOK) })
	NoContent204 = kind("NoContent204", func(x *simulator.Exchange, _ simulator.Fault) { x.Writer.WriteHeader(http.StatusNoContent) })
	// NotJSON answers 200 with an HTML page, as a hotel's log-in page does.
	NotJSON = kind("NotJSON", func(x *simulator.Exchange, _ simulator.Fault) {
		x.Text(http.StatusOK, "text/html; charset=utf-8", portalPage)
	})
	// NotObject answers 200 with JSON that is no object: null.
	NotObject = kind("NotObject", func(x *simulator.Exchange, _ simulator.Fault) { x.Text(http.StatusOK, "application/json", "null\n") })
)

// portalPage is what a network says that wants a log-in first.
const portalPage = "<!DOCTYPE html><html><head><title>Guest Wi-Fi</title></head><body>Please log in to continue.</body></html>\n"

// Trouble with status answers.
var (
	// WrongType sends the right answer as text/html.
	WrongType = ofStatus("WrongType", func(x *simulator.Exchange, _ simulator.Fault) {
		x.Text(http.StatusOK, "text/html; charset=utf-8", truth(x))
		x.ReportedEnd = x.Ended()
	})
	// UnknownStatus reports a status that the protocol does not know.
	UnknownStatus = ofStatus("UnknownStatus", lies(func(fields []field) []field { return set(fields, "status", `"PAUSED"`) }))
	// WrongFieldTypes sends fields of other JSON types than documented.
	WrongFieldTypes = ofStatus("WrongFieldTypes", lies(wrongTypes))
	// OtherID sends the answer of another request.
	OtherID = ofStatus("OtherID", lies(func(fields []field) []field { return set(fields, "request_id", otherID) }))
	// Backwards reports the state before the true one, as a replica that lags
	// behind does.
	Backwards = ofStatus("Backwards", lies(backwards))
	// DeepNesting sends the right answer with a field of a hundred thousand
	// lists, each within the one before.
	DeepNesting = ofStatus("DeepNesting", lies(deep))
)

// Status answers that are no trouble, but that a client has to understand, however
// odd they are.
var (
	// RedirectSame answers 302 to an address on the same origin that gives the
	// right answer.
	RedirectSame = ofStatus("RedirectSame", redirectToItself)
	// ErrorObject reports a failure's error as an object with code and message,
	// and without an error_type.
	ErrorObject = ofStatus("ErrorObject", odd(errorObject))
	// ErrorNull sends "error": null, whatever the task's state.
	ErrorNull = ofStatus("ErrorNull", odd(last("error", "null")))
	// ErrorEmpty sends "error": "", whatever the task's state.
	ErrorEmpty = ofStatus("ErrorEmpty", odd(last("error", `""`)))
	// NumberID sends the request id as a number.
	NumberID = ofStatus("NumberID", odd(last("request_id", "42")))
	// PositionText sends a queue position in words.
	PositionText = ofStatus("PositionText", odd(last("queue_position", `"three"`)))
	// DuplicateKeys sends each field that counts twice: first a lie, then the
	// truth, which is what most readers of JSON take.
	DuplicateKeys = ofStatus("DuplicateKeys", odd(func(fields []field) []field {
		return append([]field{{"status", `"COMPLETED"`}, {"request_id", otherID}}, fields...)
	}))
	// InvalidUTF8 sends bytes that are no UTF-8, in a field of its own and at
	// the end of the error.
	InvalidUTF8 = ofStatus("InvalidUTF8", odd(invalidUTF8))
	// HostileText reports that the task has failed, whatever its true state, with
	// HostileError as the error.
	HostileText = ofStatus("HostileText", func(x *simulator.Exchange, _ simulator.Fault) {
		object(x, hostile(fields(x)))
		x.ReportedEnd = true
	})
)

// trouble and oddAnswers are the kinds, those of the demo included.
var (
	trouble = []*simulator.FaultKind{
		ResetBefore, ResetMiddle, Truncated, SlowHeaders, DripBody, HugeBody, EndlessBody, Status500,
		simulator.Gateway502HTML, Unavailable503, simulator.RateLimit429, Unauthorized401, Forbidden403, simulator.NotFound404,
		RedirectOther, RedirectLoop, RedirectFile, EmptyBody, NoContent204, NotJSON, NotObject,
		WrongType, UnknownStatus, WrongFieldTypes, OtherID, Backwards, DeepNesting,
	}
	oddAnswers = []*simulator.FaultKind{
		RedirectSame, ErrorObject, ErrorNull, ErrorEmpty, NumberID, PositionText, DuplicateKeys, InvalidUTF8, HostileText,
	}
)

// Kinds returns all kinds of trouble, which are those that are no OddAnswers.
func Kinds() []*simulator.FaultKind { return slices.Clone(trouble) }

// OddAnswers returns the kinds that are answers in an odd form, not trouble.
func OddAnswers() []*simulator.FaultKind { return slices.Clone(oddAnswers) }

// GivenAnswer returns a kind that answers with a whole HTTP answer in place of the
// API's: a gateway's page, or a body that no writer of JSON makes. It is among neither
// Kinds nor OddAnswers, since the answer decides what it is.
func GivenAnswer(code int, header http.Header, body string) *simulator.FaultKind {
	return kind("GivenAnswer", func(x *simulator.Exchange, _ simulator.Fault) {
		for name, values := range header {
			x.Writer.Header()[http.CanonicalHeaderKey(name)] = values
		}
		x.Writer.WriteHeader(code)
		// An error means that the client has left, and nobody reads it.
		_, _ = x.Writer.Write([]byte(body))
	})
}
