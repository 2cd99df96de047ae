package simulator

import (
	"fmt"
	"time"
)

// FaultKind is a kind of trouble.
type FaultKind uint8

// What goes wrong instead of an answer, or with it.
const (
	// ResetBefore resets the connection before anything is answered.
	ResetBefore FaultKind = iota + 1
	// ResetMiddle resets it in the middle of the body.
	ResetMiddle
	// Truncated closes it in order, in the middle of the announced length.
	Truncated
	// SlowHeaders answers nothing until the client leaves.
	SlowHeaders
	// DripBody sends the right answer, a byte each second of the clock.
	DripBody
	// HugeBody sends 256 MiB of JSON.
	HugeBody
	// EndlessBody sends JSON that never ends, a kilobyte each second of the
	// clock: little, but for ever.
	EndlessBody

	// Status500 answers 500 with the error body {"error": text}.
	Status500
	// Gateway502HTML answers 502 with a gateway's HTML page.
	Gateway502HTML
	// Unavailable503 answers 503 with plain text, and with Retry-After if the
	// fault says so.
	Unavailable503
	// RateLimit429 answers 429, with Retry-After if the fault says so.
	RateLimit429
	// Unauthorized401 answers that the key is invalid: it was revoked.
	Unauthorized401
	// Forbidden403 answers that the model is not allowed.
	Forbidden403
	// NotFound404 answers that there is no such request.
	NotFound404
	// RedirectOther answers 302 to the fault's URL.
	RedirectOther
	// RedirectLoop answers 302 to the same address again and again, and
	// RedirectFile to a file on the client's own disk.
	RedirectLoop
	RedirectFile
	// EmptyBody answers 200 with nothing, NoContent204 answers 204.
	EmptyBody
	NoContent204
	// NotJSON answers 200 with an HTML page, as a hotel's log-in page does.
	NotJSON
	// NotObject answers 200 with JSON that is no object: null.
	NotObject

	// The kinds from here on need a task and hit status requests only.

	// WrongType sends the right answer as text/html.
	WrongType
	// UnknownStatus tells a status that the protocol does not know.
	UnknownStatus
	// WrongFieldTypes sends fields of other JSON types than documented.
	WrongFieldTypes
	// OtherID sends the answer of another request.
	OtherID
	// Backwards tells the state before the true one, as a replica that lags
	// behind does.
	Backwards
	// DeepNesting sends the right answer with a field of a hundred thousand
	// lists, each within the one before.
	DeepNesting

	// The kinds from here on are no trouble but answers that a client has to
	// understand, however odd they are. They too hit status requests only.

	// RedirectSame answers 302 to an address on the same origin that gives the
	// right answer.
	RedirectSame
	// ErrorObject tells a failure's error as an object with code and message,
	// and without an error_type.
	ErrorObject
	// ErrorNull sends "error": null, whatever the task's state.
	ErrorNull
	// ErrorEmpty sends "error": "", whatever the task's state.
	ErrorEmpty
	// NumberID sends the request id as a number.
	NumberID
	// PositionText sends a queue position in words.
	PositionText
	// DuplicateKeys sends each field that counts twice: first a lie, then the
	// truth, which is what most readers of JSON take.
	DuplicateKeys
	// InvalidUTF8 sends bytes that are no UTF-8, in a field of its own and at
	// the end of the error.
	InvalidUTF8
	// HostileText tells that the task has failed, whatever its true state, with
	// HostileError as the error.
	HostileText

	// GivenAnswer answers with the fault's Answer. It is among neither Kinds nor
	// OddAnswers, since the answer decides what it is.
	GivenAnswer
)

// kindNames are the kinds' names.
var kindNames = [...]string{
	ResetBefore: "ResetBefore", ResetMiddle: "ResetMiddle", Truncated: "Truncated", SlowHeaders: "SlowHeaders",
	DripBody: "DripBody", HugeBody: "HugeBody", EndlessBody: "EndlessBody", Status500: "Status500",
	Gateway502HTML: "Gateway502HTML", Unavailable503: "Unavailable503", RateLimit429: "RateLimit429",
	Unauthorized401: "Unauthorized401", Forbidden403: "Forbidden403", NotFound404: "NotFound404",
	RedirectOther: "RedirectOther", RedirectLoop: "RedirectLoop", RedirectFile: "RedirectFile",
	EmptyBody: "EmptyBody", NoContent204: "NoContent204", NotJSON: "NotJSON", NotObject: "NotObject",
	WrongType: "WrongType", UnknownStatus: "UnknownStatus", WrongFieldTypes: "WrongFieldTypes",
	OtherID: "OtherID", Backwards: "Backwards", DeepNesting: "DeepNesting",
	RedirectSame: "RedirectSame", ErrorObject: "ErrorObject", ErrorNull: "ErrorNull", ErrorEmpty: "ErrorEmpty",
	NumberID: "NumberID", PositionText: "PositionText", DuplicateKeys: "DuplicateKeys",
	InvalidUTF8: "InvalidUTF8", HostileText: "HostileText", GivenAnswer: "GivenAnswer",
}

// String returns the kind's name.
func (k FaultKind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("FaultKind(%d)", uint8(k))
}

// Kinds returns all kinds of trouble, which are those that are no OddAnswers.
func Kinds() []FaultKind { return kinds(ResetBefore, RedirectSame) }

// OddAnswers returns the kinds that are answers in an odd form, not trouble.
func OddAnswers() []FaultKind { return kinds(RedirectSame, GivenAnswer) }

// kinds returns the kinds from one on, up to another.
func kinds(from, to FaultKind) []FaultKind {
	var kinds []FaultKind
	for k := from; k < to; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

// distorts reports whether the kind changes a status answer rather than taking
// its place.
func (k FaultKind) distorts() bool { return k >= WrongType && k != GivenAnswer }

// Fault is trouble of one kind, or an odd answer, in a window of time, of polls, or of both. With
// neither it is there for good.
type Fault struct {
	Kind FaultKind
	// From and Until bound it in the scenario's time since the server's start:
	// From is in, Until is not; an Until of 0 is no end.
	From, Until time.Duration
	// FromPoll and UntilPoll bound it by the number of the task's status
	// requests, the first being 1, or, for a fault of the whole server, by that
	// of all requests. FromPoll is in, UntilPoll is not; 0 is no bound.
	FromPoll, UntilPoll int
	// RetryAfter is what RateLimit429 and Unavailable503 ask to wait, in the
	// scenario's time, rounded up to a second of the clock; 0 asks nothing.
	RetryAfter time.Duration
	// AsDate tells it as a date instead of as seconds.
	AsDate bool
	// URL is where RedirectOther leads.
	URL string
	// Answer is what GivenAnswer answers with.
	Answer Answer
	// OnResult has a task's fault hit the requests for its result alone; FromPoll
	// and UntilPoll count those then.
	OnResult bool
}

// in reports whether the fault is in force.
func (f Fault) in(now time.Duration, poll int) bool {
	return now >= f.From && (f.Until == 0 || now < f.Until) &&
		poll >= f.FromPoll && (f.UntilPoll == 0 || poll < f.UntilPoll)
}

// pick returns the first fault that is in force, and false if there is none.
// Those that distort a status answer count only where one is asked for.
func pick(faults []Fault, now time.Duration, poll int, status bool) (Fault, bool) {
	for _, f := range faults {
		if f.in(now, poll) && (status || !f.Kind.distorts()) {
			return f, true
		}
	}
	return Fault{}, false
}

// fault returns the first of the task's own faults that is in force for an action,
// and false if there is none.
func (t *task) fault(action string, now time.Duration) (Fault, bool) {
	for _, f := range t.plan.Faults {
		count := t.polls
		if f.OnResult {
			count = t.results
		}
		hits := !f.OnResult || action == "response"
		if hits && f.in(now, count) && (action == "status" || !f.Kind.distorts()) {
			return f, true
		}
	}
	return Fault{}, false
}
