package simulator

import (
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Exchange is a request and its answer.
type Exchange struct {
	Writer     http.ResponseWriter
	Request    *http.Request
	ID         string    // of the task that the request is about; "" where there is none
	Poll       bool      // the request is for the status of that task
	Fault      Fault     // keeps the request from the service; its Kind is nil where none does
	Refused    *Refusal  // why the service refused the request; nil where it did not
	RetryUntil time.Time // the end of the pause that a 429 asked for
	ShowedEnd  bool      // the answer showed the end of the task
	Broken     net.Conn  // for Observer.Leave to close; nil to keep it

	server *Server
	target target
	body   []byte
	task   *task // the one of ID
	view   view  // the task's state at the request's arrival, which decides the answer
	inner  Fault // that the service makes for this task
	number int   // counts the requests
}

// Hop is the query of the target of a redirect. A request with it is not another poll.
const Hop = "hop"

// enter determines all that the answer to a request depends on, under one lock, so that an
// answer never mixes two states.
func (s *Server) enter(w http.ResponseWriter, r *http.Request) *Exchange {
	x := &Exchange{server: s, Writer: w, Request: r, target: s.dialect.parse(r.URL.EscapedPath())}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started.IsZero() {
		s.started = time.Now()
	}
	s.requests++
	x.number = s.requests
	elapsed := s.elapsed()
	x.Fault = pick(s.config.Faults, elapsed, x.number, false, r.Method == http.MethodPost && x.target.action == "create")
	t := s.tasks[x.target.id]
	if t == nil || s.dialect.app(t.queue.endpoint.Name) != x.target.endpoint {
		return x
	}
	x.task, x.ID = t, t.id
	x.Poll = r.Method == http.MethodGet && x.target.action == "status"
	if x.Poll && r.URL.RawQuery != Hop {
		t.polls++
	}
	x.view = s.viewOf(t, elapsed)
	x.inner = pick(t.plan.Faults, elapsed, t.polls, x.Poll, false)
	if x.inner.Kind == nil && x.Poll {
		x.inner = pick(s.config.Faults, elapsed, x.number, true, false)
	}
	return x
}

// Ended reports whether the task had ended when the request arrived.
func (x *Exchange) Ended() bool { return x.view.phase == completed }

// Fault is trouble of one kind in a window of time, of polls, or of both. The lower bound of a
// window is in it, the upper one is not; 0 is no bound.
type Fault struct {
	Kind        *FaultKind
	From, Until time.Duration // in the scenario's time since the server's start
	// FromPoll and UntilPoll count the task's status requests from 1 on or, for a fault of the
	// whole server, all requests.
	FromPoll, UntilPoll int
	// RetryAfter is the pause that the answer asks for, in the scenario's time, rounded up to
	// a second of the clock; 0 asks for none. AsDate sends it as a date instead of as seconds.
	RetryAfter time.Duration
	AsDate     bool
	URL        string // the target of a redirect
}

// FaultKind is a kind of trouble. Those of the demo are in this package, all others
// in package faulty.
type FaultKind struct {
	Name       string
	StatusOnly bool                       // it hits requests for the status of a task alone
	CreateOnly bool                       // it hits requests that create a task alone
	Serve      func(x *Exchange, f Fault) // answers a request in place of the service
}

func (k *FaultKind) String() string { return k.Name }

// The kinds of trouble that the demo shows.
var (
	// closedBefore closes the connection before anything is answered.
	closedBefore = &FaultKind{Name: "closedBefore", Serve: func(*Exchange, Fault) { panic(http.ErrAbortHandler) }}
	// Gateway502HTML answers 502 with a gateway's HTML page.
	Gateway502HTML = &FaultKind{Name: "Gateway502HTML", Serve: func(x *Exchange, _ Fault) {
		x.Text(http.StatusBadGateway, "text/html", gatewayPage)
	}}
	// RateLimit429 answers 429.
	RateLimit429 = &FaultKind{Name: "RateLimit429", Serve: (*Exchange).RateLimit}
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
	// An error means that the client has left, and nobody reads it.
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
	seconds := math.Ceil(f.RetryAfter.Seconds() / x.server.config.Speed)
	until, text := time.Now().Add(time.Duration(seconds)*time.Second), strconv.Itoa(int(seconds))
	if f.AsDate {
		until = until.Add(time.Second - 1).Truncate(time.Second)
		text = until.UTC().Format(http.TimeFormat)
	}
	x.Writer.Header().Set("Retry-After", text)
	return until
}
