package simulator

import (
	"io"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Fault is trouble of one kind in a window of time, of polls, or of both. Without a
// window it is always there.
type Fault struct {
	Kind *FaultKind
	// From and Until bound it in the scenario's time since the server's start:
	// From is in, Until is not; an Until of 0 is no end.
	From, Until time.Duration
	// FromPoll and UntilPoll bound it by the number of the task's status
	// requests, the first being 1, or, for a fault of the whole server, by that
	// of all requests. FromPoll is in, UntilPoll is not; 0 is no bound.
	FromPoll, UntilPoll int
	// RetryAfter is the pause that the answer asks for, in the scenario's time,
	// rounded up to a second of the clock; 0 asks for none.
	RetryAfter time.Duration
	// AsDate sends the pause as a date instead of as seconds.
	AsDate bool
	// URL is the target of a redirect.
	URL string
}

// FaultKind is a kind of trouble. Those of the demo are in this package, all others
// in package faulty.
type FaultKind struct {
	Name string
	// StatusOnly limits it to requests for the status of a task that exists.
	StatusOnly bool
	// CreateOnly limits it to requests that create a task.
	CreateOnly bool
	// Serve answers a request in place of the service.
	Serve func(x *Exchange, f Fault)
}

// String returns the kind's name.
func (k *FaultKind) String() string { return k.Name }

// The kinds of trouble that the demo shows.
var (
	// ResetBefore resets the connection before anything is answered.
	ResetBefore = &FaultKind{Name: "ResetBefore", Serve: func(x *Exchange, _ Fault) { x.Cut("", true) }}
	// Gateway502HTML answers 502 with a gateway's HTML page.
	Gateway502HTML = &FaultKind{Name: "Gateway502HTML", Serve: func(x *Exchange, _ Fault) {
		x.Text(http.StatusBadGateway, "text/html", gatewayPage)
	}}
	// RateLimit429 answers 429.
	RateLimit429 = &FaultKind{Name: "RateLimit429", Serve: func(x *Exchange, f Fault) { x.RateLimit(f) }}
	// NotFound404 answers that there is no such request.
	NotFound404 = &FaultKind{Name: "NotFound404", Serve: func(x *Exchange, _ Fault) { x.Refuse(noRequest, "Request not found") }}
)

// gatewayPage is nginx's page when nothing answers behind it.
const gatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n" +
	"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

// pick returns the first fault that is in force, and one without a kind if there is
// none. Those for statuses, or for creating, alone count only where that is asked for.
func pick(faults []Fault, now time.Duration, poll int, status, creates bool) Fault {
	for _, f := range faults {
		in := now >= f.From && (f.Until == 0 || now < f.Until) &&
			poll >= f.FromPoll && (f.UntilPoll == 0 || poll < f.UntilPoll)
		if in && (status || !f.Kind.StatusOnly) && (creates || !f.Kind.CreateOnly) {
			return f
		}
	}
	return Fault{}
}

// Text answers with a body of any type.
func (x *Exchange) Text(code int, contentType, body string) {
	x.Writer.Header().Set("Content-Type", contentType)
	x.Writer.WriteHeader(code)
	// An error means that the client has left, and nobody is there to tell.
	_, _ = io.WriteString(x.Writer, body)
}

// RateLimit answers 429 with the pause that the fault asks for.
func (x *Exchange) RateLimit(f Fault) {
	x.RetryUntil = x.RetryAfter(f)
	x.Refuse(RateLimited, "Too many requests, please slow down")
}

// RetryAfter sets the header Retry-After, and returns when the pause is over; the
// zero time, and no header, without a pause.
func (x *Exchange) RetryAfter(f Fault) time.Time {
	if f.RetryAfter <= 0 {
		return time.Time{}
	}
	// The header has whole seconds, and none must be too short.
	scaled := time.Duration(float64(f.RetryAfter) / x.server.config.Speed)
	seconds := (scaled + time.Second - 1) / time.Second
	until := time.Now().Add(seconds * time.Second)
	if !f.AsDate {
		x.Writer.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
		return until
	}
	if whole := until.Truncate(time.Second); whole.Before(until) {
		until = whole.Add(time.Second)
	}
	x.Writer.Header().Set("Retry-After", until.UTC().Format(http.TimeFormat))
	return until
}

// Cut sends the first half of an answer with this body, if there is one, and
// has the connection broken: by a reset, or by closing it in order.
func (x *Exchange) Cut(body string, reset bool) {
	conn, buffer, err := http.NewResponseController(x.Writer).Hijack()
	if err != nil {
		// HTTP/2 and recorders have no connection of the request's own: abort
		// the answer instead.
		panic(http.ErrAbortHandler)
	}
	x.broken = conn
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		// Without lingering, closing sends RST. It fails only on a closed one.
		_ = tcp.SetLinger(0)
	}
	if body == "" {
		return
	}
	answer := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	// Errors mean that the client was faster to break the connection.
	_, _ = buffer.WriteString(answer + body[:len(body)/2])
	_ = buffer.Flush()
}
